from itertools import chain, combinations

import pytest

from kiosk.model import Need, Phase, VisitId
from kiosk.units import Monotonic
from kiosk.view import FormTicket, Step, StepState, View
from ui.guidance import to_do
from ui.translation import shown

FORM = FormTicket("https://gate.example/f/1", "gate.example/f/1", Monotonic(600.0))
WANTED = [*chain.from_iterable(combinations(Need, size) for size in range(len(Need) + 1))]


def view(
    phase: Phase = Phase.COLLECTING, wanted: tuple[Need, ...] = (), *, in_field: bool = False, form: bool = True
) -> View:
    return View(
        phase,
        VisitId("one"),
        Monotonic(0.0),
        steps=((Step.TEMPERATURE, StepState.ACTIVE if in_field else StepState.WAITING),),
        wanted=wanted,
        form=FORM if form else None,
    )


def test_whoever_is_being_measured_stands_still_or_shows_the_code_meanwhile() -> None:
    assert to_do(view(wanted=(Need.TEMPERATURE,), in_field=True)) == "do.stand_still"
    assert to_do(view(wanted=(Need.TEMPERATURE, Need.HEALTH_CODE), in_field=True)) == "do.hold_health_code"


def test_whoever_still_has_to_come_closer_is_asked_for_both_at_once() -> None:
    assert to_do(view(wanted=(Need.TEMPERATURE, Need.PASS))) == "do.measure_and_hold"


def test_without_a_server_the_form_is_honestly_not_there() -> None:
    assert to_do(view(Phase.AWAITING_FORM)) == "do.fill_form"
    assert to_do(view(Phase.AWAITING_FORM, form=False)) == "form.unavailable"


@pytest.mark.parametrize("phase", Phase)
def test_there_is_something_to_do_for_as_long_as_there_is_no_answer(phase: Phase) -> None:
    answered = {Phase.IDLE, Phase.OPENING, Phase.OPEN, Phase.PASSED, Phase.AWAITING_GUARD, Phase.PARKED, Phase.ENDED}
    for wanted in WANTED:
        for in_field in (True, False):
            key = to_do(view(phase, wanted, in_field=in_field))
            assert (key is None) is (phase in answered)
            assert key is None or key in shown("zh")
