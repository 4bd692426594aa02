"""What the rules' answer means for a visit as it stands."""

from pathlib import Path

import pytest

from kiosk.bootstrap.documents import load_policy
from kiosk.model import Answer, Decision, Facts, Need, Needs, Phase, ReasonCode, VisitId
from kiosk.visit import ASKING, AnswerAwaited, Event, FactsComplete, FactsWanted, Visit
from kiosk.weighing import decided, weighed
from tests.kiosk.policy.visitors import reading

DECISION = Decision(Answer.ADMIT, (ReasonCode("resident"),), "rule", "policy@1")
REFUSED = Decision(Answer.REFUSE, (ReasonCode("pass_expired"),), "rule", "policy@1")
BOTH = frozenset({Need.PASS, Need.HEALTH_CODE})
HEALTH = frozenset({Need.HEALTH_CODE})
NOTHING: frozenset[Need] = frozenset()


def standing(phase: Phase, wanted: frozenset[Need] = NOTHING, decision: Decision | None = None) -> Visit:
    return Visit(VisitId("v"), phase, wanted=wanted, decision=decision)


@pytest.mark.parametrize("phase", Phase)
def test_an_answer_is_taken_only_while_the_rules_are_asking(phase: Phase) -> None:
    taken = weighed(standing(phase), DECISION, Facts()) is not None
    assert taken == (phase in ASKING | {Phase.AWAITING_GUARD})


WAYS: dict[str, tuple[Visit, frozenset[Need], frozenset[Need], Event | None]] = {
    "something is wanted": (standing(Phase.APPROACHING), BOTH, NOTHING, FactsWanted(BOTH)),
    "the same is wanted still": (standing(Phase.COLLECTING, BOTH), BOTH, NOTHING, None),
    "something else is wanted": (standing(Phase.COLLECTING, BOTH), HEALTH, NOTHING, FactsWanted(HEALTH)),
    "the rest is on its way": (standing(Phase.COLLECTING, BOTH), HEALTH, HEALTH, AnswerAwaited(HEALTH)),
    "it is on its way still": (standing(Phase.CHECKING, HEALTH), HEALTH, HEALTH, None),
    "more is wanted than is on its way": (
        standing(Phase.CHECKING, HEALTH),
        BOTH,
        HEALTH,
        FactsWanted(frozenset({Need.PASS})),
    ),
    "a phone has to bring it": (standing(Phase.AWAITING_FORM), BOTH, NOTHING, None),
}


@pytest.mark.parametrize(("visit", "wanted", "pending", "event"), WAYS.values(), ids=WAYS.keys())
def test_what_is_wanted_leads_on(
    visit: Visit, wanted: frozenset[Need], pending: frozenset[Need], event: Event | None
) -> None:
    assert weighed(visit, Needs(wanted), Facts(pending=pending)) == event


def test_whoever_was_answered_is_answered_anew_only_by_another_answer() -> None:
    refused = standing(Phase.AWAITING_GUARD, decision=REFUSED)
    assert weighed(refused, REFUSED, Facts()) is None
    assert weighed(refused, DECISION, Facts()) == FactsComplete()
    assert weighed(refused, Needs(BOTH), Facts()) is None


def test_where_the_rules_have_no_answer_yet_the_guard_decides() -> None:
    answer = decided(load_policy("shipped:response-level-2", Path()), Facts(), {})
    assert (answer.answer, answer.reasons) == (Answer.HOLD, ("temperature_missing", "pass_missing", "health_code_missing"))


def test_a_reading_that_was_to_be_measured_on_is_not_one_that_is_missing() -> None:
    # Borderline to the last, and never settled.
    answer = decided(load_policy("shipped:response-level-2", Path()), Facts(reading(37.2, samples=5)), {})
    assert answer.reasons == ("temperature_unreliable", "pass_missing", "health_code_missing")
