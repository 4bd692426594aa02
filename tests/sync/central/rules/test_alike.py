"""Whom a form and a code may have been about, as far as a recorded answer tells."""

import pytest

from kiosk.holder import Likeness, compare
from kiosk.model import Answer, Decision, Facts, ReasonCode, Role
from kiosk.people import Declaration, VisitorKind
from kiosk.policy import DEFAULT_RULE
from sync.central.rules.alike import PAIRS, possible
from sync.central.rules.recorded import read
from tests.kiosk.policy.visitors import GREEN, SHIPPED, reading
from tests.sync.central.rules.test_recorded import header

LEVEL_2, NORMAL = SHIPPED["response-level-2"], SHIPPED["normal-times"]
NAMED = Facts(reading(36.5), None, GREEN, declaration=Declaration(VisitorKind.GUEST))
ADMITTED = Decision(Answer.ADMIT, (ReasonCode("guest_green"),), "guest", LEVEL_2.name, Role.POLICY)


def test_there_are_persons_who_are_alike_in_each_way() -> None:
    assert {likeness: compare(*pair) for likeness, pair in PAIRS.items()} == {likeness: likeness for likeness in Likeness}


@pytest.mark.parametrize(
    ("decision", "facts", "then", "count"),
    [
        (ADMITTED, NAMED, LEVEL_2, 1),
        (ADMITTED, NAMED, None, 2),
        (ADMITTED, NAMED, NORMAL, 2),
        (ADMITTED, Facts(reading(36.5), None, GREEN), None, 1),
        (ADMITTED, Facts(reading(36.5), declaration=Declaration(VisitorKind.GUEST)), None, 1),
        (Decision(Answer.HOLD, (ReasonCode("temperature_missing"),), DEFAULT_RULE, LEVEL_2.name), NAMED, LEVEL_2, 2),
        (Decision(Answer.HOLD, (ReasonCode("identity_differs"),), "identity-differs", LEVEL_2.name), NAMED, LEVEL_2, 1),
    ],
    ids=[
        "let in",
        "not known by what",
        "compared by none",
        "no form",
        "no code",
        "time ran out",
        "told to differ",
    ],
)
def test_what_the_rules_of_then_found_rules_others_out(decision: Decision, facts: Facts, then: object, count: int) -> None:
    found = read(header(decision, facts))
    assert found is not None
    assert len(possible(LEVEL_2, found, then)) == count  # type: ignore[arg-type]


def test_whoever_was_told_to_differ_does() -> None:
    told = Decision(Answer.HOLD, (ReasonCode("identity_differs"),), "identity-differs", LEVEL_2.name)
    found = read(header(told, NAMED))
    assert found is not None
    assert possible(LEVEL_2, found, LEVEL_2) == (PAIRS[Likeness.DIFFERENT],)
