"""Whoever steps out of the thermometer's spot or into it, in every phase of a visit."""

import pytest

from kiosk.dossier import Dossier
from kiosk.model import Celsius, Monotonic, Phase, Reading, VisitId
from kiosk.spot import may_measure, stepped_in, stepped_out
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
    assert (left == Left()) == (phase in LEAVABLE)


def test_whoever_holds_up_their_code_is_still_there_and_measured_anew() -> None:
    aside = measured(Phase.COLLECTING, code=NOW)
    assert stepped_out(aside, NOW, expected=False) is None
    assert aside.evidence.facts.reading is None


def test_whoever_called_the_guard_is_waited_for_unless_somebody_could_come_in_on_their_code() -> None:
    assert stepped_out(measured(Phase.COLLECTING), NOW, expected=True) is None
    assert stepped_out(measured(Phase.COLLECTING, code=LONG_AGO), NOW, expected=True) == Left()
    assert stepped_out(measured(Phase.AWAITING_GUARD), NOW, expected=True) == Left()


def test_whoever_steps_in_is_measured_anew_and_finds_no_decision_of_another() -> None:
    asking = measured(Phase.COLLECTING)
    assert stepped_in(asking, NOW) is None
    assert asking.evidence.facts.reading is None
    assert stepped_in(measured(Phase.COMMITTING), NOW) == Left()
    assert stepped_in(measured(Phase.COMMITTING, code=NOW), NOW) is None


@pytest.mark.parametrize("phase", Phase)
def test_whoever_was_measured_and_held_is_not_measured_again(phase: Phase) -> None:
    assert may_measure(measured(phase)) == (phase in ASKING)
    assert may_measure(Dossier(Visit(VisitId("v"), phase))) == (phase in ASKING | {Phase.AWAITING_GUARD})
