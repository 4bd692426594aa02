"""A policy document tried on what gates have recorded: which visits would have ended differently under it.

A visit's last answer by the rules is held against what the document makes of the same facts. Nothing is changed anywhere.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, select

from kiosk.events import event_id
from kiosk.model import Answer, Decision, EventId, Need, Needs, ReasonCode, Role
from kiosk.operands import Travel
from kiosk.people import Stay, VisitorKind
from kiosk.policy import DEFAULT_RULE, PolicyDocument, evaluate
from kiosk.policy.timetable import TIME_RULE
from kiosk.rulebook import LIST_RULE
from kiosk.staleness import STALE_RULE
from kiosk.units import WallTime
from kiosk.weighing import decided
from sync.central.rules.alike import possible
from sync.central.rules.recorded import Pair, RecordedDecision, read
from sync.central.schema import event

DAYS = 7
DAY_US = 86_400 * 1_000_000
AT_ONCE = 1000
CIRCUMSTANCES = frozenset({STALE_RULE, LIST_RULE, TIME_RULE})
"""Rules named where an admission was held for what no document says: the gate's documents were old, a pass on no list."""

Known = Callable[[str], PolicyDocument | None]
"""The document of a name, `id@version`; None: nobody here knows it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a visit ended, or would have, as far as it is the rules' affair. `needs`: what would have been asked for first."""

    answer: Answer | None
    reasons: tuple[ReasonCode, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A visit that would have ended differently. Its event names it; nothing here names a person."""

    event: EventId
    gate: str
    at: WallTime
    visitor: VisitorKind | None
    before: Ending
    after: Ending


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it. `visits`: all that were tried. `unknown`: those of which something that counts is not known.

    `different`: other answers, first those that were let in and would not have been. `asked`: visits that would have been
    asked for something that nobody had asked them for, so that nobody can say how they would have ended.
    """

    document: str
    visits: int
    different: tuple[Difference, ...]
    asked: tuple[Difference, ...]
    unknown: int = 0
    unreadable: int = 0

    @property
    def turns(self) -> Mapping[tuple[Answer, Answer], int]:
        """How many visits would have gone from which answer to which other."""
        pairs = ((one.before.answer, one.after.answer) for one in self.different)
        return Counter((before, after) for before, after in pairs if before is not None and after is not None)


def replay(
    connection: Connection,
    compound: str,
    document: PolicyDocument,
    since_us: int,
    *,
    known: Known,
    gates: frozenset[str] | None = None,
) -> Replay:
    """Try a document on the visits of a compound since a moment, at some of its gates or at all."""
    unreadable = 0
    last: dict[tuple[str, str], tuple[EventId, RecordedDecision]] = {}
    for name, one in _decisions(connection, compound, since_us):
        if one is None:
            unreadable += 1
        elif one.role is Role.POLICY and (gates is None or one.gate in gates):
            last[one.device, one.visit] = name, one
    return _tried(document, last.values(), cache(known), unreadable)


def _decisions(connection: Connection, compound: str, since_us: int) -> Iterable[tuple[EventId, RecordedDecision | None]]:
    query = select(event.c.device, event.c.log_id, event.c.seq, event.c.header).where(
        event.c.compound == compound,
        event.c.kind == "decision",
        event.c.at_us >= since_us,
        event.c.forked.is_(False),
    )
    for row in connection.execute(query.order_by(event.c.arrival).execution_options(yield_per=AT_ONCE)):
        yield event_id(row.device, row.log_id, row.seq), read(row.header)


def _tried(
    document: PolicyDocument, visits: Iterable[tuple[EventId, RecordedDecision]], known: Known, unreadable: int
) -> Replay:
    different: list[Difference] = []
    asked: list[Difference] = []
    count = unknown = 0
    for name, one in visits:
        count += 1
        stays = _stays(document, one, known)
        if stays is None:
            unknown += 1
            continue
        endings = [ending(document, one, stays, persons) for persons in possible(document, one, known(one.policy))]
        if len({each.answer for each in endings}) > 1:
            unknown += 1
            continue
        before, after = Ending(one.answer, one.reasons), endings[0]
        if after.answer is None:
            asked.append(Difference(name, one.gate, one.at, one.visitor, before, after))
        elif after.answer is not before.answer:
            different.append(Difference(name, one.gate, one.at, one.visitor, before, after))
    different.sort(key=lambda each: (each.before.answer is not Answer.ADMIT, each.at, each.event))
    return Replay(document.name, count, tuple(different), tuple(asked), unknown, unreadable)


def _stays(document: PolicyDocument, one: RecordedDecision, known: Known) -> tuple[Stay, ...] | None:
    """Stays that amount to those that were told of, by which a document would answer the same; None: nobody can say.

    Where they were is sealed. But where the rules of then list the same regions and days, what they found is known.
    """
    listed = _listed(document)
    if not one.stays or not listed:
        return ()
    then = known(one.policy)
    if then is None or len(listed) > 1 or _listed(then).keys() != listed.keys():
        return None
    ((travel, reasons),) = _listed(then).items()
    return (Stay(min(travel.regions), 0),) if reasons & set(one.reasons) else ()


def _listed(document: PolicyDocument) -> Mapping[Travel, set[ReasonCode]]:
    """The lists of regions that a document asks for, and the reasons of the rules that do."""
    found: dict[Travel, set[ReasonCode]] = {}
    for rule in document.rules:
        for condition in rule.when:
            if isinstance(condition.operand, Travel):
                found.setdefault(condition.operand, set()).add(rule.reason)
    return found


def ending(
    document: PolicyDocument, one: RecordedDecision, stays: tuple[Stay, ...] = (), persons: Pair | None = None
) -> Ending:
    """How a visit would have ended by a document, on what was known when it was answered."""
    facts = one.facts_by(document.zone, stays, persons)
    answer = evaluate(document, facts)
    if isinstance(answer, Needs):
        if one.rule != DEFAULT_RULE:
            return Ending(None, needs=tuple(sorted(answer.wanted)))
        # Time ran out then; it would have now.
        answer = decided(document, facts, {})
    return _in_the_circumstances(answer, one)


def _in_the_circumstances(answer: Decision, one: RecordedDecision) -> Ending:
    if answer.answer is Answer.ADMIT and one.rule in CIRCUMSTANCES:
        return Ending(Answer.HOLD, one.reasons)
    return Ending(answer.answer, answer.reasons)
