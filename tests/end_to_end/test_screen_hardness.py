"""The real screen where things go wrong: killed, without a display, and under hands that try everything."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.link import DoorMoved, FormAsked, GuardAsked, PartHealth
from kiosk.model import Answer, Need, Part, Phase, ReasonCode, VisitId
from kiosk.people import VisitorKind
from kiosk.supervisor import Process, Program
from kiosk.view import Badge, Step, StepState, View
from tests.end_to_end.shown_kiosk import (
    IDLE,
    METRICS,
    SIZE,
    ScriptedCore,
    configured,
    kill,
    now,
    program,
    session,
    shown_kiosk,
)
from tests.end_to_end.x_display import WITHIN_S
from ui.picture import Action
from ui.pin import hash_pin
from ui.staff import PIN_FOR

pytestmark = pytest.mark.end_to_end

STEPS = ((Step.TEMPERATURE, StepState.ACTIVE), (Step.CODE, StepState.ACTIVE), (Step.FORM, StepState.NOT_NEEDED))
REFUSED = View(
    Phase.AWAITING_GUARD, VisitId("v1"), now(), answer=Answer.REFUSE, reasons=(ReasonCode("pass_used"),), extendable=True
)


def test_a_screen_killed_in_mid_visit_comes_back_where_the_visit_is(tmp_path: Path) -> None:
    with shown_kiosk(tmp_path) as kiosk:
        kiosk.show(REFUSED)
        kiosk.shows("refuse", 0.3)
        before = kiosk.process.times_ready
        kill(kiosk.process)
        kiosk.core.hellos.get(timeout=WITHIN_S)
        assert kiosk.process.wait_ready_again(before, WITHIN_S)
        kiosk.shows("refuse", 0.3)
        kiosk.press(session(REFUSED), Action.GUARD)
        kiosk.core.hear(GuardAsked)


def test_without_a_display_the_screen_is_lost_and_says_so_and_nothing_else_waits(tmp_path: Path) -> None:
    config = configured(tmp_path)
    core = ScriptedCore(tmp_path / "run" / "core.sock")
    argv = [*program(), "kiosk", "--config", str(config), "--part", "screen"]
    nowhere = {"DISPLAY": ":4711", "WAYLAND_DISPLAY": ""}
    process = Process(Program("screen", argv, tmp_path / "screen.log", environment=nowhere))
    try:
        process.start()
        assert process.wait_ready(WITHIN_S) == "screen"
        health = core.hear(PartHealth)
        assert (health.part, health.well) == (Part.SCREEN, False)
        assert "no X server answers" in health.detail
        assert process.end() == 0
        assert process.restarts == 0
    finally:
        process.end()
        core.close()


def test_no_key_and_no_second_finger_leads_anywhere(tmp_path: Path) -> None:
    coming = View(Phase.COLLECTING, VisitId("v1"), now(), steps=STEPS, wanted=(Need.TEMPERATURE, Need.PASS))
    with shown_kiosk(tmp_path) as kiosk:
        kiosk.show(coming)
        kiosk.shows("accent", 0.1)
        kiosk.display.type("Escape", "F1", "F11", "alt+F4", "ctrl+q", "ctrl+e", "super")
        with kiosk.display.held(SIZE[0] // 2, SIZE[1] // 2):
            # The mouse's other buttons are no fingers, and would draw red dots for Kivy.
            with kiosk.display.held(SIZE[0] // 3, SIZE[1] // 2, button=3):
                pass
            with kiosk.display.held(SIZE[0] // 3, SIZE[1] // 2, button=2):
                pass
        kiosk.press(session(coming), Action.FORM)
        kiosk.core.hear(FormAsked)
        kiosk.shows("accent", 0.1)
        assert kiosk.display.share("#FF0000") == 0
        assert kiosk.process.restarts == 0


def test_the_staffs_door_opens_to_a_held_corner_and_a_pin_or_a_badge_and_nothing_less(tmp_path: Path) -> None:
    with shown_kiosk(tmp_path, staff_pin=hash_pin("2580", bytes(16))) as kiosk:
        idle = session(IDLE)
        kiosk.display.press(20, 20)
        kiosk.button_is(idle, Action.LANGUAGE, "zh", "accent")
        with kiosk.display.held(20, 20):
            kiosk.button_is(idle, Action.LANGUAGE, "zh", "surface")
        kiosk.enter("2580")
        kiosk.shows("done", 0.03)
        kiosk.display.press(SIZE[0] // 4, SIZE[1] - METRICS.gap - METRICS.target // 2)
        kiosk.button_is(idle, Action.LANGUAGE, "zh", "accent")
        again_from = now()
        with kiosk.display.held(20, 20):
            kiosk.button_is(idle, Action.LANGUAGE, "zh", "surface")
        while (kiosk.core.hear(DoorMoved).asks_until or 0.0) < again_from + PIN_FOR:
            pass  # that was when it asked for the PIN
        kiosk.show(replace(IDLE, badge=Badge(VisitorKind.TECHNICIAN, now())))
        kiosk.shows("done", 0.03)


def test_the_screen_tells_how_smoothly_it_ran(tmp_path: Path) -> None:
    with shown_kiosk(tmp_path) as kiosk:
        kiosk.show(REFUSED)
        kiosk.shows("refuse", 0.3)
        assert kiosk.process.end() == 0
    figures = json.loads((tmp_path / "screen.json").read_text(encoding="utf-8"))
    assert figures["frames"] >= 1
    assert figures["frame_ms"]["p99"] > 0
    assert figures["longest_stall_ms"] >= figures["frame_ms"]["max"] - 0.2
    assert figures["start_to_screen_s"] > 0
