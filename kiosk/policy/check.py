"""What is wrong with a policy document that can be read: rules that cannot be meant so, and people left out. Pure.

Each finding is one sentence. What is asked is answered for all facts that there are (`kiosk.policy.space`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from kiosk.model import Answer, Need, ReasonCode
from kiosk.people import VisitorKind
from kiosk.policy.document import PolicyDocument, Rule
from kiosk.policy.space import MOST_STEPS, Box, Space, Undecided, lost
from kiosk.policy.timetable import begins, ends, overlaps

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "entangled": "the rules are too many and too entangled to be checked; write fewer, or such as exclude one another",
        "never_holds": "rule {rule!r} never holds: its conditions contradict one another",
        "contradicts": "rule {rule!r} contradicts {before!r}, which answers {answer} before it whenever it holds",
        "never_reached": "rule {rule!r} is never reached: {before!r} holds whenever it does",
        "always_answered": "rule {rule!r} is never reached: whenever it holds, one of the rules before it has answered",
        "left_out": "nobody may admit {kind}: no rule lets them in, and none says why not; add a [[person]] for them",
        "unchecked": "rule {rule!r} admits unchecked while the {need}, asked for by rule {stops!r}, "
        'cannot be had; put a rule with when = {{ unavailable = ["{need}"] }} before it',
        "idle_override": "[override] names {reason!r}, which no rule gives; correct or remove it",
        "no_words": "reason {reason!r} has no words for visitor and guard; write [reason.{reason}] in all four languages",
    }
)
"""What is said of a document, by the code of a finding. Other languages have words of their own for these codes."""


class Finding(str):
    """One sentence on what is wrong, with the code and the names that it was made of, for whoever says it otherwise."""

    __slots__ = ("code", "names")
    code: str
    names: Mapping[str, str]

    @classmethod
    def of(cls, code: str, **names: str) -> "Finding":
        """Make the sentence."""
        found = cls(SENTENCES[code].format(**names))
        found.code, found.names = code, names
        return found


ENTANGLED = Finding.of("entangled")


def findings(document: PolicyDocument, said: Collection[ReasonCode], most_steps: int = MOST_STEPS) -> tuple[Finding, ...]:
    """Return what is wrong with a document. `said` are the reasons for which there are words without its own."""
    space = Space.of(document, most_steps)
    try:
        found = [*_unreachable(document, space), *_left_out(document, space), *_unchecked(document, space)]
    except Undecided:
        found = [ENTANGLED]
    return (*found, *_unused_overrides(document), *_without_words(document, said))


def open_ends(document: PolicyDocument) -> tuple[Finding, ...]:
    """Return a sentence for each rule that admits although a check before it cannot be made.

    A lost part makes conditions on its fact false, so a rule that stops people no longer stops anyone. Unless
    a rule of its own answers for the loss, later rules admit unchecked.
    """
    try:
        return tuple(_unchecked(document, Space.of(document)))
    except Undecided:
        return (ENTANGLED,)


def between(documents: Sequence[PolicyDocument]) -> tuple[str, ...]:
    """Return gaps and overlaps between the times in which documents are in force."""
    found = [f"{one.name} and {other.name} are in force at the same time" for one, other in overlaps(documents)]
    last: PolicyDocument | None = None
    for after in sorted(documents, key=begins):
        if last is not None and ends(last) < begins(after):
            days = (begins(after) - ends(last)) / 86_400_000_000
            length = f"{days:,.0f}" if days >= 100 else f"{days:.3g}"
            found.append(f"nothing is in force between {last.name} and {after.name}, for {length} days")
        last = after if last is None else max(last, after, key=ends)
    return tuple(found)


def _unreachable(document: PolicyDocument, space: Space) -> Iterator[Finding]:
    for place, rule in enumerate(document.rules):
        boxes, earlier = space.boxes[rule.id], document.rules[:place]
        if not boxes:
            yield Finding.of("never_holds", rule=rule.id)
        elif rule.then is not None and not any(space.left(box, earlier) is not None for box in boxes):
            yield _shadowed(rule, boxes, earlier, space)


def _shadowed(rule: Rule, boxes: Sequence[Box], earlier: Sequence[Rule], space: Space) -> Finding:
    for before in earlier:
        if all(space.left(box, [before]) is None for box in boxes) and before.then is not None:
            if before.then is not rule.then:
                return Finding.of("contradicts", rule=rule.id, before=before.id, answer=before.then)
            return Finding.of("never_reached", rule=rule.id, before=before.id)
    return Finding.of("always_answered", rule=rule.id)


def _left_out(document: PolicyDocument, space: Space) -> Iterator[Finding]:
    for kind in VisitorKind:
        admitted = any(
            (both := space.meet(box, space.who(kind))) is not None and space.left(both, document.rules[:place]) is not None
            for place, rule in enumerate(document.rules)
            if rule.then is Answer.ADMIT
            for box in space.boxes[rule.id]
        )
        if not admitted and not any(_turns_away(rule, kind) for rule in document.rules):
            yield Finding.of("left_out", kind=kind)


def _turns_away(rule: Rule, kind: VisitorKind) -> bool:
    """Whether a rule is there to stop just these people."""
    match rule.when:
        case (condition,) if condition.name == "visitor" and rule.then is not Answer.ADMIT:
            return isinstance(condition.operand, frozenset) and kind in condition.operand
    return False


def _unchecked(document: PolicyDocument, space: Space) -> Iterator[Finding]:
    said: set[tuple[str, Need]] = set()
    for place, admits in enumerate(document.rules):
        if admits.then is not Answer.ADMIT:
            continue
        earlier = [rule for rule in document.rules[:place] if space.boxes[rule.id]]
        for stops, fact in _checks(earlier):
            if (admits.id, fact) not in said and _passes_by(earlier, admits, stops, fact, space):
                said.add((admits.id, fact))
                yield Finding.of("unchecked", rule=admits.id, need=fact, stops=stops.id)


def _checks(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Need]]:
    for rule in rules:
        if rule.then is not Answer.ADMIT and rule.then is not None:
            for fact in sorted({condition.fact for condition in rule.when if condition.fact is not None}):
                yield rule, fact


def _passes_by(earlier: Sequence[Rule], admits: Rule, stops: Rule, fact: Need, space: Space) -> bool:
    """Whether somebody is admitted while a fact is lost, whom a rule might have stopped had the fact been there."""
    for box in space.boxes[admits.id]:
        while_lost = space.meet(box, lost(fact))
        if while_lost is None:
            continue
        for checked in space.without(stops, fact):
            both = space.meet(while_lost, checked)
            if both is not None and space.left(both, earlier) is not None:
                return True
    return False


def _unused_overrides(document: PolicyDocument) -> Iterator[Finding]:
    for reason in document.overrides.keys() - set(document.reasons):
        yield Finding.of("idle_override", reason=reason)


def _without_words(document: PolicyDocument, said: Collection[ReasonCode]) -> Iterator[Finding]:
    for reason in document.reasons:
        if reason not in said and reason not in document.words:
            yield Finding.of("no_words", reason=reason)
