"""Journeys before a whole gate: a finger on the real screen, the real core behind it, a simulated world around both."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from drivers.simulated.observer import Observer
from drivers.simulated.protocol import VisitorReport
from kiosk.demo.cases import GUEST, LEVEL_2, RESIDENT, refused, unanswered
from kiosk.demo.scenarios import Scenario
from kiosk.demo.site import Site
from kiosk.demo.stage import Stage
from kiosk.errors import DeviceLost
from kiosk.link import HelloToo, ViewChanged, connect
from kiosk.model import Answer, Phase, VisitId
from kiosk.view import GuardCall, View
from tests.end_to_end.shown_kiosk import IDLE, METRICS, PALETTE, SIZE, ShownScreen, kill, now, program, session
from tests.end_to_end.x_display import WITHIN_S, x_display
from tests.end_to_end.x_display import until as soon
from ui.back_room import present_staff
from ui.desk import Desk, Page
from ui.picture import Action, Picture
from ui.pin import hash_pin
from ui.staff import Door, Staff

pytestmark = pytest.mark.end_to_end

STANDS = 90.0
"""Whoever waits for the test stands there so long."""
STROLLS = 3.0
"""Whoever is let in walks through so slowly that a busy machine's screen shows them that they are."""
CASES = {
    "resident": replace(RESIDENT, passage_s=STROLLS),
    "expired": replace(refused(replace(RESIDENT, made="expired"), "expired pass", "pass_expired"), patience_s=STANDS),
    "walk-in": replace(unanswered(RESIDENT, "walk-in"), visitor=None, patience_s=12.0),
    "back": replace(GUEST, title="back with the form", resumes=True, passage_s=STROLLS),
}
SCENARIO = Scenario("journeys", "one of each", LEVEL_2, tuple(CASES.values()))
GUARD, PIN = "王芳", "2580"


class Gate(ShownScreen):
    """A whole gate with its screen, whom the world lets come, and what the core shows."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__(stack.enter_context(x_display(folder, *SIZE)))
        self._site = Site(folder, SCENARIO, 11)
        self.stage = Stage(self._site, program(), screen={"DISPLAY": self.display.name, "WAYLAND_DISPLAY": ""})
        stack.callback(self.stage.close)
        config = self.stage.set_up()
        with config.open("a", encoding="utf-8") as file:
            file.write(f'[screen.guards]\n"{GUARD}" = "{hash_pin(PIN, bytes(16))}"\n')
        self.stage.start_kiosk(config)
        self.stage.wait_ready()
        soon(lambda: self.display.share(PALETTE["ground"]) > 0.3, 4 * WITHIN_S)
        self.view = IDLE
        self.views: list[View] = []
        self.reports: dict[str, VisitorReport] = {}
        link = stack.enter_context(closing(connect(folder / "run" / "core.sock")))
        link.send(HelloToo(os.getpid()))
        self._world = stack.enter_context(closing(Observer(self._site.world_socket)))

        def follow() -> None:
            while isinstance(message := link.receive(), ViewChanged) or message is not None:
                if isinstance(message, ViewChanged):
                    self.view = message.view
                    self.views.append(message.view)

        def watch() -> None:
            while True:
                record = self._world.receive()
                if isinstance(record, VisitorReport):
                    self.reports[record.name] = record

        for work in (follow, watch):
            threading.Thread(target=_until_gone, args=(work,), daemon=True).start()
        self._world.begin()

    def comes(self, case: str, parked: VisitId | None = None) -> str:
        """Let somebody come; return their name."""
        guest = self._site.guest(list(CASES).index(case), parked)
        self._site.write_tokens()
        self._world.add(guest.script)
        return guest.name

    def left(self, name: str) -> VisitorReport:
        """Wait until somebody has gone, and return what the world saw of them."""
        soon(lambda: name in self.reports)
        return self.reports[name]

    def touch(self, action: Action, value: str = "") -> None:
        """Press a button of what is shown to the visitor now."""
        self.press(session(self.view), action, value)

    def at_desk(self, desk: Desk) -> Picture:
        """What the guard sees."""
        staff = Staff(Door.OPEN, until=now(), desk=desk)
        picture = present_staff(session(self.view), staff, "", "", now(), lambda _: None)
        assert picture is not None
        return picture

    def is_empty(self) -> None:
        """Wait until nobody is there, and the screen is the site's own again."""
        soon(lambda: self.view.phase is Phase.IDLE and self.view.parked is None)
        self.button_is(session(IDLE), Action.LANGUAGE, "zh", "accent")


def _until_gone(work: object) -> None:
    try:
        work()  # type: ignore[operator]  # a function without arguments
    except DeviceLost:
        return


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with ExitStack() as stack:
        yield Gate(stack, tmp_path_factory.mktemp("gate"))


@pytest.fixture(autouse=True)
def nobody(gate: Gate) -> None:
    gate.is_empty()


def test_whoever_chose_a_language_is_admitted_in_it_and_the_next_one_finds_the_sites_own(gate: Gate) -> None:
    gate.touch(Action.LANGUAGE, "ja")
    gate.button_is(session(IDLE), Action.LANGUAGE, "ja", "accent")
    name = gate.comes("resident")
    gate.shows("admit", 0.5)
    assert gate.left(name).passed_at is not None
    gate.is_empty()


def test_the_refused_call_the_guard_the_screen_is_killed_and_the_guard_lets_them_in_under_their_name(gate: Gate) -> None:
    name = gate.comes("expired")
    gate.shows("refuse", 0.3)
    gate.touch(Action.GUARD)
    soon(lambda: gate.view.guard is GuardCall.RINGING)
    gate.shows("accent", 0.08)
    screen = gate.stage.supervisor.processes["screen"]
    before = screen.times_ready
    kill(screen)
    assert screen.wait_ready_again(before, WITHIN_S)
    gate.shows("accent", 0.08)

    with gate.display.held(20, 20):
        soon(lambda: 0.01 < gate.display.share(PALETTE["accent"]) < 0.05)
    gate.enter(PIN)
    card = gate.at_desk(Desk(GUARD))
    soon(lambda: gate.display.share(PALETTE["accent"], left_of=SIZE[0] // 3) > 0.05)
    gate.press_on(card, Action.LET_IN)
    soon(lambda: gate.display.share(PALETTE["accent"]) < 0.02)
    gate.display.press(*first_choice())
    gate.shows("done", 0.04)
    assert gate.left(name).relay_at is not None
    assert gate.views[-1].visit is not None
    admitted = [view for view in gate.views if view.answer is Answer.ADMIT and "override" in view.reasons]
    assert admitted
    gate.press_on(gate.at_desk(Desk(GUARD, Page.DONE)), Action.CLOSE)
    gate.is_empty()


def first_choice() -> tuple[int, int]:
    """Where the first reason is, from the upper left of the screen."""
    gap = METRICS.gap
    pane = SIZE[1] - METRICS.strip - METRICS.target - 2 * gap
    head = (pane - 2 * gap) * 0.14 / 1.14
    row = (pane - 2 * gap - head - 2 * gap) / 3
    return SIZE[0] // 4, round(METRICS.strip + 2 * gap + head + row / 2)


def test_whoever_fills_in_the_form_elsewhere_is_parked_and_resumes_with_one_scan(gate: Gate) -> None:
    name = gate.comes("walk-in")
    soon(lambda: gate.view.phase is Phase.COLLECTING)
    # The core is there before its screen is: before, a language is where the form will be.
    gate.button_is(session(gate.view), Action.CHOOSE, "", "surface")
    gate.touch(Action.FORM)
    soon(lambda: gate.view.form is not None)
    form = gate.view
    assert form.form is not None
    url = form.form.url
    soon(lambda: url in [code.text for code in zxingcpp.read_barcodes(np.ascontiguousarray(gate.display.look()))])
    assert gate.left(name).relay_at is None
    soon(lambda: gate.view.phase is Phase.IDLE and gate.view.parked is not None)
    gate.button_is(session(gate.view), Action.START_OVER, "", "accent")
    gate.touch(Action.START_OVER)
    gate.is_empty()
    gate.comes("back", form.visit)
    gate.shows("admit", 0.5)
    soon(lambda: any(view.visit == form.visit and view.phase is Phase.OPEN for view in gate.views))
