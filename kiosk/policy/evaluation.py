"""From a document and the facts to a decision, or to what is still needed. Pure.

Evaluation is three-valued. A condition on a fact that is not known yet is neither true nor false; a rule that
may yet turn out true keeps every later rule from deciding, so that a decision once reached stands whatever
the visitor is asked for afterwards.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import dropwhile

from kiosk.model import Answer, Decision, Facts, Need, Needs, ReasonCode
from kiosk.policy.document import DEFAULT_RULE, NO_RULE_APPLIES, Override, PolicyDocument, Rule

AT_HAND = frozenset({Need.TEMPERATURE, Need.PASS, Need.HEALTH_CODE})
"""What visitors bring themselves. Nobody else is troubled for a rule while one of these may still rule it out."""

_STRICTNESS = tuple(Override)


@dataclass(frozen=True, slots=True)
class Step:
    """How one rule fared: true, false, or None with the facts it lacks."""

    rule: Rule
    holds: bool | None
    lacks: frozenset[Need] = frozenset()


def evaluate(document: PolicyDocument, facts: Facts) -> Decision | Needs:
    """Apply the rules in order: a decision, or the facts without which there is none.

    Needs whose answer is pending count as wanted too: they are not met yet. An admission has one reason; whoever is
    stopped is told everything that is known to be in the way, first what decided.
    """
    wanted: frozenset[Need] = frozenset()
    for step in trace(document, facts):
        wanted |= step.lacks
        if step.holds and not wanted and step.rule.then is not None:
            reasons = _reasons(document, step.rule, facts)
            return Decision(step.rule.then, reasons, step.rule.id, document.name)
    if wanted:
        return Needs(wanted)
    return Decision(Answer.HOLD, (NO_RULE_APPLIES,), DEFAULT_RULE, document.name)


def trace(document: PolicyDocument, facts: Facts) -> Iterator[Step]:
    """Yield how each rule fares, in order, up to and with the first that is true and answers."""
    for rule in document.rules:
        step = fared(rule, facts)
        yield step
        if step.holds:
            return


def fared(rule: Rule, facts: Facts) -> Step:
    """Return how a rule fares by itself. One that measures on is never true: what it is about is not known yet."""
    answers = [(condition, condition.holds(facts)) for condition in rule.when]
    if any(holds is False for _, holds in answers):
        return Step(rule, holds=False)
    if lacks := frozenset(c.fact for c, holds in answers if holds is None and c.fact is not None):
        return Step(rule, holds=None, lacks=lacks & AT_HAND or lacks)
    if rule.then is None:
        return Step(rule, holds=None, lacks=frozenset({Need.TEMPERATURE}))
    return Step(rule, holds=True)


def override(document: PolicyDocument, reasons: Iterable[ReasonCode]) -> Override:
    """Return who may let somebody in who is stopped for these reasons: the strictest that one of them calls for."""
    asked = [document.overrides.get(reason, Override.ONE_GUARD) for reason in reasons]
    return max(asked, key=_STRICTNESS.index, default=Override.ONE_GUARD)


def _reasons(document: PolicyDocument, decided: Rule, facts: Facts) -> tuple[ReasonCode, ...]:
    if decided.then is Answer.ADMIT:
        return (decided.reason,)
    later = dropwhile(lambda rule: rule is not decided, document.rules)
    found = [rule.reason for rule in later if _stops(rule) and fared(rule, facts).holds]
    return tuple(dict.fromkeys((decided.reason, *found)))


def _stops(rule: Rule) -> bool:
    # What is left for everybody else finds no fault with anybody.
    return rule.then is not Answer.ADMIT and rule.when[0].name != "always"
