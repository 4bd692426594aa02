"""How a document came to its answer: rule by rule, which held, which did not and by which condition. Pure."""

from dataclasses import dataclass

from kiosk.model import Answer, Decision, Facts, Need, ReasonCode
from kiosk.policy.document import Override, PolicyDocument
from kiosk.policy.evaluation import evaluate, override, trace


@dataclass(frozen=True, slots=True)
class Line:
    """How one rule fared. `fails`: the conditions that are false; `lacks`: the facts that it waits for."""

    rule: str
    holds: bool | None
    then: Answer | None
    reason: ReasonCode
    fails: tuple[str, ...] = ()
    lacks: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way to an answer: a decision, or what is needed first. `override`: who may let in whom the rules stop."""

    policy: str
    path: tuple[Line, ...]
    decision: Decision | None
    needs: tuple[Need, ...] = ()
    override: Override | None = None


def explain(document: PolicyDocument, facts: Facts) -> Explanation:
    """Return every rule that was asked, in order, and what came of it."""
    path = []
    for step in trace(document, facts):
        rule = step.rule
        fails = tuple(condition.name for condition in rule.when if condition.holds(facts) is False)
        path.append(Line(rule.id, step.holds, rule.then, rule.reason, fails, tuple(sorted(step.lacks))))
    answer = evaluate(document, facts)
    if not isinstance(answer, Decision):
        return Explanation(document.name, tuple(path), None, tuple(sorted(answer.wanted)))
    who = None if answer.answer is Answer.ADMIT else override(document, answer.reasons)
    return Explanation(document.name, tuple(path), answer, (), who)
