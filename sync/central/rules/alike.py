"""Whether a form and a health code were about the same person, as far as a recorded decision tells. Pure.

Whom they were about is sealed. But what the rules of then found of it is among their reasons, so that some pairs of persons
are ruled out: what a document makes of the others is what it would have answered.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from kiosk.evidence import Verdict
from kiosk.holder import Holder, Likeness, holder_of, masked_holder, matched
from kiosk.model import ReasonCode
from kiosk.operands import Identity
from kiosk.policy import PolicyDocument
from sync.central.rules.recorded import Pair, RecordedDecision

_BORN = "1990-01-01"
_SOMEBODY = holder_of("Wang", "Fang", _BORN)
PAIRS: Mapping[Likeness, tuple[Holder, Holder]] = MappingProxyType(
    {
        Likeness.SAME: (_SOMEBODY, _SOMEBODY),
        Likeness.CLOSE: (_SOMEBODY, holder_of("Wang", "Fang")),
        Likeness.UNDECIDED: (_SOMEBODY, masked_holder("Wang *")),
        Likeness.DIFFERENT: (_SOMEBODY, holder_of("Li", "Ming", "1970-12-31")),
    }
)
"""Persons who are alike in each way, to be put in the place of those who are sealed."""


def possible(document: PolicyDocument, one: RecordedDecision, then: PolicyDocument | None) -> tuple[Pair | None, ...]:
    """Return who may have been at the gate, one of those for whom the document answers the same. None: nobody was named.

    `then`: the rules by which it was answered, where they are known.
    """
    asked = [condition for _, condition in _identities(document)]
    code = one.facts.health_code
    if not asked or one.facts.declaration is None or code is None or code.verdict is not Verdict.VALID:
        return (None,)
    pairs = [pair for pair in (None, *PAIRS.values()) if then is None or _fits(pair, one, then)]
    return tuple({tuple(_found(pair, condition) for condition in asked): pair for pair in reversed(pairs)}.values())


def _fits(pair: Pair | None, one: RecordedDecision, then: PolicyDocument) -> bool:
    """Whether the rules of then gave the reasons that they give for such a pair."""
    # Where no rule of theirs answered, because time ran out or for what no document says, not all was told.
    answered = any(rule.id == one.rule for rule in then.rules)
    for reason in {reason for reason, _ in _identities(then)}:
        rules = [rule for rule in then.rules if rule.reason == reason]
        if any(len(rule.when) > 1 or not isinstance(rule.when[0].operand, Identity) for rule in rules):
            continue
        holds = any(_found(pair, condition) for named, condition in _identities(then) if named == reason)
        told = reason in one.reasons
        if (holds and not told and answered) or (told and not holds):
            return False
    return True


def _found(pair: Pair | None, wanted: Identity) -> bool:
    return pair is not None and matched(*pair, wanted.strictness) in wanted.found


def _identities(document: PolicyDocument) -> Iterator[tuple[ReasonCode, Identity]]:
    """The comparisons that a document asks for, each with the reason of its rule."""
    for rule in document.rules:
        for condition in rule.when:
            if isinstance(condition.operand, Identity):
                yield rule.reason, condition.operand
