"""Who may pass over what the rules say."""

import pytest

from kiosk import overriding, policy
from kiosk.model import Answer, Command, Decision, ReasonCode, Role
from kiosk.overriding import Way
from kiosk.remote import Unfit
from tests.kiosk.policy.visitors import TITLE

DOCUMENT = policy.parse(
    {
        "schema": 1,
        "id": "test",
        "version": 3,
        "title": TITLE,
        "temperature": {"raised": 37.3},
        "person": [{"who": ["resident"], "reason": "resident"}],
        "override": {"two_people": ["temperature_high"], "nobody": ["pass_forged"]},
    },
    "test.toml",
)
ONE, FEVER, FORGED = ReasonCode("pass_missing"), ReasonCode("temperature_high"), ReasonCode("pass_forged")


def command(second: str | None = None) -> Command:
    return Command("c0ffee", "Wang Fang", "the doctor is with her", second)


def stopped(*reasons: ReasonCode, answer: Answer = Answer.HOLD, role: Role = Role.POLICY) -> Decision:
    return Decision(answer, reasons, "rule", "test@3", role)


@pytest.mark.parametrize(
    ("reasons", "second", "why"),
    [
        ((), None, None),
        ((ONE,), None, None),
        ((FEVER,), None, Unfit.SECOND_PERSON),
        ((ONE, FEVER), None, Unfit.SECOND_PERSON),
        ((FEVER,), "Li Wei", None),
        ((FEVER,), "Wang Fang", Unfit.SECOND_PERSON),
        ((FEVER,), " wang FANG ", Unfit.SECOND_PERSON),
        ((FEVER,), "  ", Unfit.SECOND_PERSON),
        ((FORGED,), "Li Wei", Unfit.NOBODY_MAY),
        ((FEVER, FORGED), "Li Wei", Unfit.NOBODY_MAY),
    ],
    ids=str,
)
def test_the_strictest_reason_says_who_may(reasons: tuple[ReasonCode, ...], second: str | None, why: Unfit | None) -> None:
    assert overriding.unfit(DOCUMENT, command(second), reasons) is why


def test_what_was_answered_before_is_in_the_way_too_each_reason_once() -> None:
    before, now = stopped(FEVER, ONE), stopped(ONE, FORGED, answer=Answer.REFUSE)
    assert overriding.in_the_way(before, now) == (FEVER, ONE, FORGED)


def test_nothing_is_in_the_way_of_whoever_may_come_in_or_was_answered_by_a_person() -> None:
    assert overriding.in_the_way(None, stopped(answer=Answer.ADMIT), stopped(FEVER, role=Role.GUARD)) == ()


@pytest.mark.parametrize("way", Way)
def test_it_is_a_persons_admission_and_never_one_by_rule(way: Way) -> None:
    made = overriding.decision_of(command(), way, DOCUMENT, (FEVER,))
    assert (made.answer, made.role, made.policy) == (Answer.ADMIT, Role.GUARD, "test@3")
    assert (made.rule, made.reasons, made.overrides) == (str(way), (str(way),), (FEVER,))
    assert way not in {rule.id for rule in DOCUMENT.rules}
