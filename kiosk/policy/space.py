"""All facts that a document can tell apart, as a space of finitely many cells. Pure.

Every condition reads one fact or two, and its operand divides what that fact can be into a few classes. A class of each
fact, taken together, is a cell; a rule holds in boxes of cells, one set of classes for each axis. What earlier rules leave
of a box is found by taking their boxes away, so whether a rule can ever decide is answered for all facts there are,
without going through them.

Only facts that are known or lost are looked at: a decision that is reached before all is known stands when it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from kiosk.conditions import Condition
from kiosk.evidence import (
    CERTIFICATES,
    Colour,
    ColourSeen,
    Credential,
    CredentialKind,
    Finding,
    FindingKind,
    HealthStatus,
    Reading,
    Verdict,
)
from kiosk.model import ClockState, Facts, LocalTime, Need
from kiosk.operands import Hours, Travel
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from kiosk.policy.document import PolicyDocument, Rule
from kiosk.units import Celsius, Monotonic

MOST_STEPS = 100_000
"""After so many steps a question is given up: about a second here."""

Box = Mapping[str, int]
"""Axis to the set of its classes, as bits. An axis that is not in it is not restricted."""

WHO, TOLD = "who", "told"
_AXES = {
    "temperature_at_least": ("body",),
    "temperature_below": ("body",),
    "samples_below": ("samples",),
    "ambient_outside": ("ambient",),
    "uncertainty_above": ("uncertainty",),
    "visitor": (WHO,),
    "pass": (WHO,),
    "pass_used": (WHO,),
    "form": (WHO,),
    "health": ("health",),
    "health_verdict": ("health",),
    "certificate": ("health",),
    "colour_seen": ("colour",),
    "consent": ("consent",),
    "filing": ("filing",),
    "stayed_in": ("stays", WHO),
    "first_return": ("first_return", WHO),
    "vehicle": ("vehicle", WHO),
    "group_above": ("group", WHO),
    "outside_hours": ("time",),
    "local_time": ("time",),
    "clock": ("clock",),
}
"""What each condition reads. What was declared is there only if anything was, which goes with who somebody is."""


class Undecided(Exception):
    """The question took too many steps."""


@dataclass(frozen=True, slots=True)
class Space:
    """The cells of one document, and the boxes in which each of its rules holds."""

    cells: Mapping[str, Sequence[Facts]]
    boxes: Mapping[str, tuple[Box, ...]]
    most_steps: int

    @classmethod
    def of(cls, document: PolicyDocument, most_steps: int = MOST_STEPS) -> "Space":
        """Divide the facts as this document's rules do; a question may take so many steps."""
        conditions = [condition for rule in document.rules for condition in rule.when]
        cells = {axis: _distinct(axis, candidates, conditions) for axis, candidates in _candidates(conditions).items()}
        cells |= {f"lost {need}": (Facts(), Facts(unavailable=frozenset({need}))) for need in Need}
        return cls(cells, {rule.id: tuple(_boxes(rule.when, cells)) for rule in document.rules}, most_steps)

    def without(self, rule: Rule, fact: Need) -> tuple[Box, ...]:
        """Return where a rule would hold if its conditions on one fact were left out."""
        return tuple(_boxes([condition for condition in rule.when if condition.fact is not fact], self.cells))

    def who(self, visitor: VisitorKind) -> Box:
        """Return the box of one kind of visitor."""
        classes = enumerate(self.cells[WHO])
        return {WHO: sum(1 << place for place, facts in classes if visitor_of(facts) is visitor)}

    def left(self, box: Box, earlier: Iterable[Rule]) -> Box | None:
        """Return some part of a box in which none of the earlier rules answers, or None. Raises Undecided."""
        taken = [other for rule in earlier if rule.then is not None for other in self.boxes[rule.id]]
        full = {axis: (1 << len(cells)) - 1 for axis, cells in self.cells.items()}
        return _left(dict(box), taken, _Steps(self.most_steps), full)

    def meet(self, box: Box, other: Box) -> Box | None:
        """Return what two boxes have in common."""
        return _meet(box, other)


def visitor_of(facts: Facts) -> VisitorKind | None:
    """Return who somebody is in a cell of the axis `who`, where they are believed to be anybody."""
    shown = facts.admission_pass
    if shown is None:
        return None if facts.declaration is None else facts.declaration.visitor
    return shown.visitor if shown.verdict is Verdict.VALID and not facts.pass_used else None


def lost(need: Need, yes: bool = True) -> Box:
    """Return the box in which a fact cannot be had, or can."""
    return {f"lost {need}": 2 if yes else 1}


class _Steps:
    def __init__(self, most: int) -> None:
        self._left = most

    def take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Undecided


def _left(box: dict[str, int], taken: list[Box], steps: _Steps, full: Mapping[str, int]) -> Box | None:
    steps.take()
    for place, other in enumerate(taken):
        if _meet(box, other) is None:
            continue
        rest = taken[place + 1 :]
        kept = dict(box)
        for axis, classes in other.items():
            before = kept.get(axis, full[axis])
            if outside := before & ~classes:
                found = _left({**kept, axis: outside}, rest, steps, full)
                if found is not None:
                    return found
            kept[axis] = before & classes
        return None
    return box


def _meet(box: Box, other: Box) -> Box | None:
    both = dict(box)
    for axis, classes in other.items():
        both[axis] = both.get(axis, classes) & classes
        if not both[axis]:
            return None
    return both


def _boxes(when: Iterable[Condition], cells: Mapping[str, Sequence[Facts]]) -> Iterator[Box]:
    found: list[Box] = [{}]
    for condition in when:
        found = [both for box in found for own in _holds_in(condition, cells) if (both := _meet(box, own)) is not None]
    yield from found


def _holds_in(condition: Condition, cells: Mapping[str, Sequence[Facts]]) -> Iterator[Box]:
    match condition.name, condition.operand:
        case "always", _:
            yield {}
            return
        case "unavailable", frozenset() as needs:
            yield from (lost(need) for need in sorted(needs))
            return
    axis, *also = _AXES[condition.name]
    box = {axis: _mask(cells[axis], condition.holds_of)}
    if also:
        box[WHO] = _mask(cells[WHO], lambda facts: facts.declaration is not None)
    if condition.fact is not None:
        box |= lost(condition.fact, yes=False)
    if all(box.values()):
        yield box


def _mask(cells: Sequence[Facts], holds: Callable[[Facts], bool]) -> int:
    return sum(1 << place for place, facts in enumerate(cells) if holds(facts))


def _distinct(axis: str, candidates: Iterable[Facts], conditions: Sequence[Condition]) -> tuple[Facts, ...]:
    """Keep one of those that no condition tells apart; on the axis `who`, of each kind of visitor and each way to tell."""
    reading = [condition for condition in conditions if axis in _AXES.get(condition.name, ())[:1]]
    kept: dict[tuple[object, ...], Facts] = {}
    for facts in candidates:
        told = (visitor_of(facts), facts.declaration is None) if axis == WHO else ()
        kept.setdefault((*told, *(condition.holds_of(facts) for condition in reading)), facts)
    return tuple(kept.values())


def _candidates(conditions: Sequence[Condition]) -> dict[str, list[Facts]]:
    """Return for each axis facts among which there is one of every class."""
    asked = {condition.fact for condition in conditions}
    return {
        "body": [_read(body=value) for value in _around(_operands(conditions, "temperature_"))],
        "samples": [_read(samples=int(value)) for value in _around(_operands(conditions, "samples_below"), 1.0)],
        "ambient": [_read(ambient=value) for value in _around(_flat(_operands(conditions, "ambient_outside")))],
        "uncertainty": [_read(uncertainty=value) for value in _around(_operands(conditions, "uncertainty_above"))],
        WHO: list(_whos(form_asked=Need.FORM in asked)),
        "health": list(_codes()),
        "colour": [Facts(), *(Facts(colour_seen=ColourSeen(colour, 1.0)) for colour in Colour)],
        "consent": [Facts(consent=answer) for answer in Consent],
        "filing": [Facts(filing=standing) for standing in Filing],
        "stays": list(_stays(_operands(conditions, "stayed_in"))),
        "first_return": [Facts(declaration=Declaration(first_return=how)) for how in FirstReturn],
        "vehicle": [Facts(declaration=Declaration(vehicle=vehicle)) for vehicle in Vehicle],
        "group": [
            Facts(declaration=Declaration(group=int(most))) for most in _around(_operands(conditions, "group_above"), 1.0)
        ],
        "time": list(_times(_operands(conditions, "outside_hours"))),
        "clock": [Facts(clock=state) for state in ClockState],
    }


def _operands(conditions: Iterable[Condition], name: str) -> list[object]:
    return [condition.operand for condition in conditions if condition.name.startswith(name)]


def _flat(pairs: Iterable[object]) -> list[object]:
    return [value for pair in pairs if isinstance(pair, tuple) for value in pair]


def _around(values: Iterable[object], step: float = 0.001) -> list[float]:
    """Each value, and what is just below and above it."""
    found = {value + by for value in values if isinstance(value, int | float) for by in (-step, 0.0, step)}
    return sorted(found) or [1.0]


def _read(*, body: float = 36.5, samples: int = 12, ambient: float = 22.0, uncertainty: float = 0.3) -> Facts:
    values = (Celsius(body - 2), Celsius(ambient), Celsius(body), Celsius(uncertainty))
    return Facts(Reading(*values, samples, "", Monotonic(0), Monotonic(0)))


def _whos(*, form_asked: bool) -> Iterator[Facts]:
    told = [Declaration()] if form_asked else [None, Declaration()]
    for verdict, visitor, used, declared in product(Verdict, (None, *VisitorKind), (False, True), told):
        yield Facts(
            admission_pass=Credential(CredentialKind.PASS, verdict, visitor=visitor), pass_used=used, declaration=declared
        )
    for visitor in VisitorKind:
        yield Facts(declaration=Declaration(visitor))


def _codes() -> Iterator[Facts]:
    for verdict, status in product(Verdict, HealthStatus):
        yield Facts(health_code=Credential(CredentialKind.HEALTH_TOKEN, verdict, health=status))
    kinds = tuple(FindingKind)
    for kind, chosen in product(sorted(CERTIFICATES), range(2 ** len(kinds))):
        told = tuple(Finding(each, "", 0) for place, each in enumerate(kinds) if chosen >> place & 1)
        yield Facts(health_code=Credential(kind, Verdict.VALID, findings=told))


def _stays(travels: Iterable[object]) -> Iterator[Facts]:
    """Return every set of stays that some of the conditions are true of, and others not."""
    listed = [travel for travel in travels if isinstance(travel, Travel)]
    kept: dict[frozenset[int], tuple[Stay, ...]] = {frozenset(): ()}
    regions = sorted({region for travel in listed for region in travel.regions})
    for region, days in product(regions, sorted({travel.days for travel in listed})):
        stay = Stay(region, days)
        of = frozenset(place for place, other in enumerate(listed) if other.covers(stay))
        for before, stays in list(kept.items()):
            kept.setdefault(before | of, (*stays, stay))
    yield from (Facts(declaration=Declaration(stays=stays)) for stays in kept.values())


def _times(spans: Iterable[object]) -> Iterator[Facts]:
    yield Facts()
    hours = [span for span in spans if isinstance(span, Hours)]
    edges = {0, *(minute for span in hours for minute in (span.begins, span.ends))}
    for weekday, minute in product(range(7), sorted(edges)):
        yield Facts(local_time=LocalTime(weekday, minute))
