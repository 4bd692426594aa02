"""Whole journeys on the real screen: what it shows, and what a finger on it does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.link import Finished, FormAsked, GuardAsked, TimeAsked
from kiosk.model import Answer, Need, Phase, ReasonCode, VisitId
from kiosk.units import Monotonic
from kiosk.view import FormTicket, GuardCall, Hint, ParkedTicket, Step, StepState, View
from tests.end_to_end.shown_kiosk import IDLE, SIZE, ShownKiosk, now, session, shown_kiosk
from tests.end_to_end.x_display import until
from ui.picture import Action

pytestmark = pytest.mark.end_to_end

URL = "https://gate.example/f/riverside/7KQ2MX"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShownKiosk]:
    with shown_kiosk(tmp_path_factory.mktemp("screen")) as running:
        yield running


@pytest.fixture(autouse=True)
def nobody(kiosk: ShownKiosk) -> Iterator[None]:
    """Each journey begins and ends with an empty gate."""
    kiosk.show(IDLE)
    kiosk.button_is(session(IDLE), Action.LANGUAGE, "zh", "accent")
    yield
    kiosk.show(IDLE)


def visit(phase: Phase, **parts: object) -> View:
    return View(phase, VisitId("v1"), now(), **parts)  # type: ignore[arg-type]


def coming(**parts: object) -> View:
    steps = ((Step.TEMPERATURE, StepState.DONE), (Step.CODE, StepState.ACTIVE), (Step.FORM, StepState.NOT_NEEDED))
    return visit(Phase.COLLECTING, steps=steps, wanted=(Need.PASS,), **parts)


def stopped(answer: Answer, reason: str, **parts: object) -> View:
    return visit(Phase.AWAITING_GUARD, answer=answer, reasons=(ReasonCode(reason),), **parts)


def test_the_admitted_see_green_over_the_whole_screen(kiosk: ShownKiosk) -> None:
    kiosk.show(coming())
    kiosk.shows("accent", 0.03)
    kiosk.show(visit(Phase.OPEN, answer=Answer.ADMIT, reasons=(ReasonCode("resident"),)))
    kiosk.shows("admit", 0.5)
    kiosk.show(IDLE)
    kiosk.shows("ground", 0.4)


def test_the_refused_call_the_guard_who_rings_and_can_be_phoned(kiosk: ShownKiosk) -> None:
    refused = stopped(Answer.REFUSE, "pass_used")
    kiosk.show(refused)
    kiosk.shows("refuse", 0.3)
    kiosk.press(session(refused), Action.GUARD)
    kiosk.core.hear(GuardAsked)
    kiosk.show(replace(refused, guard=GuardCall.RINGING))
    kiosk.shows("accent", 0.08)
    kiosk.show(replace(refused, guard=GuardCall.UNANSWERED, guard_phone="021 5555 0100"))
    kiosk.shows("hold", 0.08)
    again = session(replace(refused, guard=GuardCall.UNANSWERED, guard_phone="021 5555 0100"))
    kiosk.press(again, Action.GUARD)
    kiosk.core.hear(GuardAsked)


def test_the_held_see_amber_and_may_start_again(kiosk: ShownKiosk) -> None:
    held = stopped(Answer.HOLD, "temperature_high", guard=GuardCall.RINGING)
    kiosk.show(held)
    kiosk.shows("hold", 0.35)
    kiosk.press(session(held), Action.START_OVER)
    kiosk.core.hear(Finished)


def test_whoever_has_no_code_scans_the_form_is_parked_and_comes_back(kiosk: ShownKiosk) -> None:
    kiosk.show(coming())
    kiosk.shows("accent", 0.03)
    kiosk.press(session(coming()), Action.FORM)
    kiosk.core.hear(FormAsked)
    form = visit(Phase.AWAITING_FORM, form=FormTicket(URL, "gate.example/7KQ2", Monotonic(now() + 100)), extendable=True)
    kiosk.show(form)
    until(lambda: URL in [code.text for code in zxingcpp.read_barcodes(np.ascontiguousarray(kiosk.display.look()))])
    kiosk.press(session(form), Action.MORE_TIME)
    kiosk.core.hear(TimeAsked)
    parked = visit(Phase.PARKED, parked=ParkedTicket("K7Q2", Monotonic(now() + 600)))
    kiosk.show(parked)
    kiosk.button_is(session(parked), Action.START_OVER, "", "accent")
    kiosk.press(session(parked), Action.START_OVER)
    kiosk.core.hear(Finished)
    kiosk.show(IDLE)
    kiosk.button_is(session(IDLE), Action.LANGUAGE, "zh", "accent")
    kiosk.show(visit(Phase.OPEN, answer=Answer.ADMIT, reasons=(ReasonCode("guest"),)))
    kiosk.shows("admit", 0.5)


def test_a_language_is_chosen_by_touch_and_forgotten_after_the_visit(kiosk: ShownKiosk) -> None:
    chosen = kiosk.press(session(IDLE), Action.LANGUAGE, "ja")
    kiosk.button_is(chosen, Action.LANGUAGE, "ja", "accent")
    kiosk.show(coming())
    kiosk.shows("accent", 0.03)
    choosing = kiosk.press(replace(chosen, view=coming()), Action.CHOOSE)
    kiosk.button_is(choosing, Action.LANGUAGE, "ja", "accent")
    chosen = kiosk.press(choosing, Action.LANGUAGE, "ko")
    kiosk.show(IDLE)
    kiosk.button_is(session(IDLE), Action.LANGUAGE, "zh", "accent")


def test_a_hint_stands_out(kiosk: ShownKiosk) -> None:
    kiosk.show(coming(hint=Hint.NOT_RECOGNISED))
    kiosk.shows("hold", 0.05)


def test_an_admission_that_is_not_durable_yet_is_not_shown(kiosk: ShownKiosk) -> None:
    kiosk.show(visit(Phase.COMMITTING, answer=Answer.ADMIT, steps=coming().steps))
    kiosk.shows("accent", 0.03)
    assert kiosk.display.share("#0B6B3A") < 0.02


def test_a_core_that_goes_is_admitted_and_leaves_nothing_of_the_visitor(tmp_path: Path) -> None:
    with shown_kiosk(tmp_path) as kiosk:
        kiosk.show(stopped(Answer.REFUSE, "pass_used"))
        kiosk.shows("refuse", 0.3)
        kiosk.core.close()
        kiosk.shows("ground", 0.8)
        picture = cv2.cvtColor(np.ascontiguousarray(kiosk.display.look()), cv2.COLOR_RGB2GRAY)
        assert picture.shape == SIZE[::-1]
        assert float((picture < 128).mean()) > 0.005, "it says: one moment"
