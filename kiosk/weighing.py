"""What the rules' answer means for a visit as it stands, and the answer that it gets in any case. Pure."""

from collections.abc import Mapping

from kiosk import policy
from kiosk.model import Answer, Decision, Facts, Need, Needs, Phase, ReasonCode
from kiosk.policy import PolicyDocument
from kiosk.staleness import Kind, held_back
from kiosk.units import Seconds
from kiosk.visit import ASKING, ELSEWHERE, AnswerAwaited, ConsentWanted, Event, FactsComplete, FactsWanted, Visit

MISSING: Mapping[Need, ReasonCode] = {
    Need.TEMPERATURE: ReasonCode("temperature_missing"),
    Need.PASS: ReasonCode("pass_missing"),
    Need.HEALTH_CODE: ReasonCode("health_code_missing"),
    Need.FORM: ReasonCode("form_missing"),
    Need.CONSENT: ReasonCode("consent_missing"),
    Need.FILING: ReasonCode("filing_missing"),
}
"""Why somebody is held of whom the rules still want to know something, in the order in which it is said."""
UNSETTLED = ReasonCode("temperature_unreliable")
"""Why, where there is a reading that the rules would have measured on."""
HOST_ALONE = frozenset({Need.CONSENT})


def judged(document: PolicyDocument, facts: Facts, ages: Mapping[Kind, Seconds | None]) -> Decision | Needs:
    """Return what the rules make of the facts, given how old the documents are that can age, by the rules' own limits."""
    return held_back(policy.evaluate(document, facts), facts, ages, document.stale_after_h)


def wants_host(answer: Decision | Needs, facts: Facts) -> bool:
    """Whether the rules lack nothing but the consent of whoever is visited, and a form says who that is."""
    return isinstance(answer, Needs) and answer.wanted == HOST_ALONE and facts.declaration is not None


def weighed(visit: Visit, answer: Decision | Needs, facts: Facts) -> Event | None:
    """Return what happens to a visit on this answer of the rules to these facts."""
    if visit.phase is Phase.AWAITING_GUARD:
        # A better code may still be shown; the same answer is not given twice.
        return FactsComplete() if isinstance(answer, Decision) and not _the_same(answer, visit.decision) else None
    if visit.phase not in ASKING:
        return None
    if isinstance(answer, Decision):
        return FactsComplete()
    if visit.phase in ELSEWHERE:
        return None
    if wants_host(answer, facts):
        return ConsentWanted()
    if wanted := answer.wanted - facts.pending:
        asked_for = visit.phase is Phase.COLLECTING and wanted == visit.wanted
        return None if asked_for else FactsWanted(wanted)
    return None if visit.phase is Phase.CHECKING else AnswerAwaited(facts.pending)


def decided(document: PolicyDocument, facts: Facts, ages: Mapping[Kind, Seconds | None]) -> Decision:
    """Return the rules' answer; where they have none yet, or rely on a stale document, the guard decides.

    The guard is told what is missing.
    """
    answer = judged(document, facts, ages)
    return answer if isinstance(answer, Decision) else unanswered(answer, facts, document)


def unanswered(answer: Needs, facts: Facts, document: PolicyDocument) -> Decision:
    """Leave to the guard whoever does not bring what is still wanted."""
    missing = tuple(
        UNSETTLED if need is Need.TEMPERATURE and facts.reading is not None else MISSING[need]
        for need in MISSING
        if need in answer.wanted
    )
    return Decision(Answer.HOLD, missing, policy.DEFAULT_RULE, document.name)


def _the_same(answer: Decision, before: Decision | None) -> bool:
    # More that is in the way does not change what was said.
    return before is not None and (answer.answer, answer.rule, answer.role) == (before.answer, before.rule, before.role)
