"""A pass for a single use has one."""

from dataclasses import replace

import pytest

from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.model import EventId, GateOutcome
from kiosk.spent import ELSEWHERE_AT_MOST, SpentPasses, UsedElsewhere, spend_of
from kiosk.units import WallTime

SINGLE = Credential(
    CredentialKind.PASS, Verdict.VALID, serial="0123456789ab", single_use=True, expires_at=WallTime(1_000_000)
)
ADMISSION = EventId("gate-1/log/7")


def spent(outcome: GateOutcome | None = None, *, gives_back: bool = True) -> SpentPasses:
    passes = SpentPasses(gives_back=gives_back)
    spend = spend_of(SINGLE)
    assert spend is not None
    passes.admitted(ADMISSION, spend)
    if outcome is not None:
        passes.ended(ADMISSION, outcome)
    return passes


@pytest.mark.parametrize(
    "credential",
    [None, replace(SINGLE, single_use=False), replace(SINGLE, serial=None)],
    ids=["no pass", "a pass for many uses", "no number"],
)
def test_what_may_be_shown_again_uses_nothing_up(credential: Credential | None) -> None:
    assert spend_of(credential) is None


def test_the_mark_does_not_give_the_pass_away() -> None:
    spend = spend_of(SINGLE)
    assert spend is not None
    assert SINGLE.serial is not None
    assert SINGLE.serial not in spend.mark


def test_a_pass_is_used_from_its_admission_on() -> None:
    assert not SpentPasses().used(SINGLE)
    assert spent().used(SINGLE)
    assert not spent().used(replace(SINGLE, serial="ba9876543210"))


@pytest.mark.parametrize(
    ("outcome", "used"),
    [
        (GateOutcome.PASSED, True),
        (GateOutcome.UNKNOWN, True),
        (GateOutcome.NOT_PASSED, False),
        (GateOutcome.NOT_OPENED, False),
        (GateOutcome.FAILED, False),
    ],
)
def test_only_where_nobody_came_in_the_use_is_given_back(outcome: GateOutcome, used: bool) -> None:
    assert spent(outcome).used(SINGLE) is used


def test_a_gate_without_a_passage_sensor_gives_nothing_back() -> None:
    assert spent(GateOutcome.NOT_PASSED, gives_back=False).used(SINGLE)


def test_the_outcome_of_another_admission_gives_nothing_back() -> None:
    passes = spent()
    assert passes.ended(EventId("gate-1/log/8"), GateOutcome.NOT_PASSED) is False
    assert passes.used(SINGLE)


def test_what_the_log_remembers_is_used() -> None:
    spend = spend_of(SINGLE)
    assert spend is not None
    assert SpentPasses([spend.mark]).used(SINGLE)


def test_what_was_given_back_here_is_not_used_because_the_log_remembers_it_still() -> None:
    spend = spend_of(SINGLE)
    assert spend is not None
    passes = spent(GateOutcome.NOT_PASSED)
    passes.learn([spend.mark])
    assert not passes.used(SINGLE)
    passes.admitted(ADMISSION, spend)
    passes.learn([])
    assert passes.used(SINGLE)


def test_a_pass_that_was_used_at_another_gate_is_used_here_until_its_use_is_given_back() -> None:
    passes = SpentPasses()
    spend = spend_of(SINGLE)
    assert spend is not None
    assert not passes.used(SINGLE)
    passes.hear(UsedElsewhere(spend.mark, used=True))
    assert passes.used(SINGLE)
    passes.hear(UsedElsewhere(spend.mark, used=False))
    assert not passes.used(SINGLE)


def test_what_was_used_here_stays_used_whatever_others_say() -> None:
    passes = SpentPasses()
    spend = spend_of(SINGLE)
    assert spend is not None
    passes.admitted(ADMISSION, spend)
    passes.hear(UsedElsewhere(spend.mark, used=False))
    assert passes.used(SINGLE)


def test_of_all_the_passes_in_the_world_only_so_many_are_remembered() -> None:
    passes = SpentPasses()
    spend = spend_of(SINGLE)
    assert spend is not None
    passes.hear(UsedElsewhere(spend.mark, used=True))
    for number in range(ELSEWHERE_AT_MOST - 1):
        passes.hear(UsedElsewhere(f"{number:032x}", used=True))
    assert passes.used(SINGLE)
    passes.hear(UsedElsewhere("f" * 32, used=True))
    assert not passes.used(SINGLE)
