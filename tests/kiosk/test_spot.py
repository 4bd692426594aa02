"""Whoever steps out of the thermometer's spot or into it, in every phase of a visit."""

from dataclasses import replace

import pytest

from kiosk.dossier import Dossier
from kiosk.evidence import Reading
from kiosk.model import Answer, Decision, Phase, VisitId
from kiosk.presence import ABSENCE
from kiosk.spot import PHONES_FOR, READS_FOR, begins_anew, may_measure, stepped_in, stepped_out, waited_for
from kiosk.units import Celsius, Monotonic, Seconds
from kiosk.visit import ASKING, LEAVABLE, Left, Visit

NOW = Monotonic(100.0)
LONG_AGO = Monotonic(90.0)


def measured(phase: Phase, **codes: Monotonic) -> Dossier:
    """Somebody who was measured and showed these codes, each seen last at its time."""
    dossier = Dossier(Visit(VisitId("v"), phase))
    dossier.evidence.measured(Reading(Celsius(34.5), Celsius(22.0), Celsius(36.6), Celsius(0.2), 4, "factory", LONG_AGO, NOW))
    dossier.evidence.seen.update({name.encode(): at for name, at in codes.items()})
    return dossier


@pytest.mark.parametrize("phase", Phase)
def test_whoever_steps_out_without_a_code_has_left_wherever_one_can_leave(phase: Phase) -> None:
    left = stepped_out(measured(phase), NOW, expected=False)
    assert (left == Left()) == (phase in LEAVABLE - {Phase.AWAITING_GUARD})


def test_whoever_holds_up_their_code_is_still_there_and_measured_anew() -> None:
    aside = measured(Phase.COLLECTING, code=NOW)
    assert stepped_out(aside, NOW, expected=False) is None
    assert aside.evidence.facts.reading is None


def test_whoever_called_the_guard_is_waited_for_unless_somebody_could_come_in_on_their_code() -> None:
    assert stepped_out(measured(Phase.COLLECTING), NOW, expected=True) is None
    assert stepped_out(measured(Phase.COLLECTING, code=LONG_AGO), NOW, expected=True) == Left()


def test_whoever_waits_for_the_guard_may_step_aside_and_what_was_measured_of_them_vouches_for_nobody() -> None:
    held = measured(Phase.AWAITING_GUARD)
    assert stepped_out(held, NOW, expected=False) is None
    assert held.evidence.facts.reading is None
    assert stepped_in(held, NOW, aside=False, guard_there=False) is None
    assert stepped_in(held, NOW, aside=True, guard_there=False) == Left()
    # A guard at the desk is nobody's who is not known to have one with them.
    assert stepped_in(held, NOW, aside=True, guard_there=True) == Left()
    assert stepped_in(replace(held, seen_to=True), NOW, aside=True, guard_there=True) is None


@pytest.mark.parametrize(
    ("answer", "again", "aside", "anew"),
    [
        (Answer.HOLD, False, True, True),
        (Answer.HOLD, False, False, False),
        (Answer.HOLD, True, True, False),
        (Answer.ADMIT, True, True, True),
        (Answer.ADMIT, True, False, False),
    ],
    ids=["another's", "their own second", "their own again", "their own, not recorded", "still held up, not recorded"],
)
def test_a_code_that_comes_up_beside_one_who_waits_for_the_guard_is_theirs_or_not(
    answer: Answer, again: bool, aside: bool, anew: bool
) -> None:
    waiting = measured(Phase.AWAITING_GUARD, code=LONG_AGO)
    waiting.visit = replace(waiting.visit, decision=Decision(answer, (), "a_rule", "a_document"))
    assert (begins_anew(waiting, again=again, aside=aside) == Left()) == anew


@pytest.mark.parametrize(("called_at", "waited"), [(None, READS_FOR), (NOW, 60.0 + PHONES_FOR)], ids=["refused", "called"])
def test_only_whoever_was_answered_is_waited_for_longer_than_a_moment(called_at: Monotonic | None, waited: float) -> None:
    for phase in Phase:
        visit = Visit(VisitId("v"), phase, called_at=called_at)
        assert waited_for(visit, Seconds(60.0)) == (waited if phase is Phase.AWAITING_GUARD else ABSENCE)


def test_whoever_steps_in_is_measured_anew_and_finds_no_decision_of_another() -> None:
    asking = measured(Phase.COLLECTING)
    assert stepped_in(asking, NOW, aside=False, guard_there=False) is None
    assert asking.evidence.facts.reading is None
    assert stepped_in(measured(Phase.COMMITTING), NOW, aside=False, guard_there=False) == Left()
    assert stepped_in(measured(Phase.COMMITTING, code=NOW), NOW, aside=False, guard_there=False) is None


@pytest.mark.parametrize("phase", Phase)
def test_whoever_was_measured_and_held_is_not_measured_again(phase: Phase) -> None:
    assert may_measure(measured(phase)) == (phase in ASKING)
    assert may_measure(Dossier(Visit(VisitId("v"), phase))) == (phase in ASKING | {Phase.AWAITING_GUARD})
