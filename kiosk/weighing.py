"""What the rules make of the facts, as events for the flow and as an answer in any case. Pure."""

from kiosk import policy
from kiosk.model import Answer, Decision, Facts, ReasonCode
from kiosk.policy import PolicyDocument
from kiosk.visit import AnswerAwaited, Event, FactsComplete, FactsWanted, Phase, Visit

ASKING = frozenset({Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING, Phase.AWAITING_FORM, Phase.AWAITING_CONSENT})
"""Where the facts are still coming together."""
ELSEWHERE = frozenset({Phase.AWAITING_FORM, Phase.AWAITING_CONSENT})
"""What is wanted comes from the visitor's or the resident's phone."""
FACTS_MISSING = ReasonCode("facts_missing")


def weigh(document: PolicyDocument, visit: Visit, facts: Facts) -> Event | None:
    """Return what the flow should be told of the facts as they are now; None when it knows already."""
    if visit.phase not in ASKING and visit.phase is not Phase.AWAITING_GUARD:
        return None
    answer = policy.evaluate(document, facts)
    if visit.phase is Phase.AWAITING_GUARD:
        # A better code may still be shown; the same answer is not given twice.
        return FactsComplete() if isinstance(answer, Decision) and answer != visit.decision else None
    if isinstance(answer, Decision):
        return FactsComplete()
    if visit.phase in ELSEWHERE:
        return None
    if wanted := answer.wanted - facts.pending:
        return FactsWanted(wanted) if visit.phase is not Phase.COLLECTING or wanted != visit.wanted else None
    return AnswerAwaited(facts.pending) if visit.phase is not Phase.CHECKING else None


def decide(document: PolicyDocument, facts: Facts) -> Decision:
    """Return the rules' answer; where they have none yet, the guard decides."""
    answer = policy.evaluate(document, facts)
    if isinstance(answer, Decision):
        return answer
    return Decision(Answer.HOLD, (FACTS_MISSING,), policy.DEFAULT_RULE, document.name)
