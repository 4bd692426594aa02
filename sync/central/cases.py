"""Cases on the server: what kiosks have opened, and what people have done about each since.

A case is the event with which its gate opened it, so nothing has to be made when it arrives. What is done about it is in
the record of accesses, which nobody can change; the chain of `kiosk.cases` says what may follow. Who may act is said here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, select

from kiosk.cases import Act as Deed
from kiosk.cases import Answers, Case, Cause, OutOfOrder, State, Step, after, answers, due, next_acts
from kiosk.errors import UsageError
from kiosk.records import CASE_OPENED, ZERO_CELSIUS_MK, millikelvin
from kiosk.units import Celsius, WallTime
from sync.central.access import Act, Asker, NotAllowed, Role, record
from sync.central.database import changing
from sync.central.holdings import EventName, NoSuchEvent
from sync.central.inserting import begin_compound
from sync.central.passages import body_c, code
from sync.central.schema import Timing, access, compound, event

SHOWN = 200
"""The newest so many cases are looked through for those that are open."""
TO_LENGTH = 200

MAY_ACT: Mapping[Deed, frozenset[Role]] = {
    Deed.MEASURE: frozenset({Role.GUARD, Role.MANAGER, Role.COMMITTEE, Role.ADMIN}),
    Deed.REPORT: frozenset({Role.GUARD, Role.MANAGER, Role.COMMITTEE, Role.ADMIN}),
    Deed.HAND_OVER: frozenset({Role.GUARD, Role.MANAGER, Role.COMMITTEE, Role.ADMIN}),
    Deed.CLOSE: frozenset({Role.MANAGER, Role.COMMITTEE, Role.ADMIN}),
}
"""Who may do what about a case: whoever opened it at the gate does not close it."""


class Overtaken(OutOfOrder):
    """Somebody else has acted since a person looked; `now` is the case as it stands."""

    def __init__(self, now: "Opened") -> None:
        super().__init__("somebody else has acted on this case meanwhile")
        self.now = now


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as it stands: where and when it was opened, on what reading, and what was done."""

    name: EventName
    gate: str
    visit: str
    at_us: int
    certain: bool
    body_c: float | None
    simulated: bool
    case: Case
    roles: tuple[str, ...] = ()
    """In what role each step was taken."""

    def told(self, now_us: int) -> dict[str, Any]:
        """The case as JSON, without anybody's name or words."""
        turn, until = answers(self.case, WallTime(now_us)), due(self.case)
        return {
            "case": str(self.name),
            "gate": self.gate,
            "visit": self.visit,
            "opened_us": self.at_us,
            "causes": sorted(self.case.causes),
            "body_c": self.body_c,
            "state": self.case.state,
            "next": list(next_acts(self.case)),
            "turn": turn,
            "due_us": until,
            "overdue": until is not None and now_us >= until,
            "simulated": self.simulated,
            "steps": [
                {"act": step.act, "at_us": step.at, "role": role, "body_c": step.body_c}
                for step, role in zip(self.case.steps, self.roles, strict=True)
            ],
        }


def cases(connection: Connection, of: str | None = None, limit: int = SHOWN) -> tuple[Opened, ...]:
    """The newest cases of a compound, or of all: the open ones first, the longest overdue at the top."""
    query = _believed().order_by(event.c.at_us.desc(), event.c.arrival.desc()).limit(limit)
    rows = connection.execute(query if of is None else query.where(event.c.compound == of)).all()
    done = _done(connection, {row.compound for row in rows})
    found = [_opened(row, done.get(_name(row), ())) for row in rows]
    return tuple(sorted(found, key=_urgency))


def waiting(connection: Connection, now_us: int) -> Mapping[tuple[str, Answers], int]:
    """How many open cases of each compound wait for whom: beyond the guard, nobody has acted in time."""
    found: Counter[tuple[str, Answers]] = Counter()
    for name in connection.execute(select(compound.c.compound)).scalars().all():
        turns = (answers(one.case, WallTime(now_us)) for one in cases(connection, name))
        found.update((name, turn) for turn in turns if turn is not None)
    return found


def find(connection: Connection, name: EventName) -> Opened:
    """One case. Raises NoSuchEvent."""
    row = connection.execute(_believed().where(_place(name))).first()
    if row is None:
        raise NoSuchEvent(f"{name} is no case")
    return _opened(row, _done(connection, {name.compound}).get(name, ()))


def act(
    engine: Engine,
    name: EventName,
    deed: Deed,
    asker: Asker,
    now_us: int,
    *,
    to: str = "",
    body_c: float | None = None,
    seen: int | None = None,
) -> Opened:
    """Record what somebody does about a case; the case as it then stands. `seen`: of how many steps they know.

    Raises NotAllowed, NoSuchEvent, Overtaken when there are other steps than they know of, or OutOfOrder when it does not
    follow, also because somebody else was faster.
    """
    if asker.role not in MAY_ACT[deed]:
        raise NotAllowed(f"a {asker.role} may not {deed.replace('_', ' ')} a case")
    if len(to) > TO_LENGTH:
        raise UsageError(f"to whom is said in at most {TO_LENGTH} characters")
    with changing(engine) as connection:
        # One act at a time in a compound: two people must not both take the same step.
        begin_compound(connection, name.compound)
        connection.execute(select(compound.c.compound).where(compound.c.compound == name.compound).with_for_update())
        found = find(connection, name)
        if seen is not None and len(found.case.steps) != seen:
            raise Overtaken(found)
        read = None if body_c is None else Celsius(body_c)
        after(found.case, Step(deed, WallTime(now_us), asker.who.strip(), to.strip(), read))
        subject: dict[str, object] = {"case": str(name), "act": deed, "to": to.strip()}
        if read is not None:
            subject["body_mk"] = millikelvin(read)
        record(connection, name.compound, asker, Act.CASE, subject, now_us)
        return find(connection, name)


def _believed() -> Any:
    columns = (event.c.compound, event.c.device, event.c.log_id, event.c.seq, event.c.header, event.c.at_us, event.c.timing)
    return select(*columns).where(event.c.kind == CASE_OPENED, event.c.forked.is_(False), event.c.faulty == "")


def _place(name: EventName) -> Any:
    return and_(
        event.c.compound == name.compound,
        event.c.device == name.device,
        event.c.log_id == name.log_id,
        event.c.seq == name.seq,
    )


def _name(row: Row[Any]) -> EventName:
    return EventName(row.compound, row.device, row.log_id, row.seq)


def _done(connection: Connection, compounds: Iterable[str]) -> Mapping[EventName, Sequence[tuple[Step, str]]]:
    """What was done about the cases of some compounds, in order."""
    query = select(access).where(access.c.compound.in_(sorted(compounds)), access.c.act == Act.CASE)
    found: dict[EventName, list[tuple[Step, str]]] = {}
    for row in connection.execute(query.order_by(access.c.compound, access.c.number)):
        said = msgspec.json.decode(row.subject)
        read = said.get("body_mk")
        shown = None if read is None else Celsius((read - ZERO_CELSIUS_MK) / 1000)
        step = Step(Deed(said["act"]), WallTime(row.at_us), row.who, said["to"], shown)
        found.setdefault(EventName.read(said["case"]), []).append((step, row.role))
    return found


def _opened(row: Row[Any], done: Sequence[tuple[Step, str]]) -> Opened:
    """Read a header, in which nothing is taken for granted, and take the acts one by one."""
    fields: dict[str, Any] = msgspec.json.decode(row.header)
    named = fields.get("causes")
    known = frozenset(Cause(one) for one in named if one in tuple(Cause)) if isinstance(named, list) else frozenset()
    case = Case(known, WallTime(row.at_us))
    for step, _ in done:
        case = after(case, step)
    return Opened(
        name=_name(row),
        gate=code(fields.get("gate")) or code(row.device),
        visit=code(fields.get("visit")),
        at_us=row.at_us,
        certain=row.timing != Timing.RECEIVED,
        body_c=body_c(fields),
        simulated=fields.get("simulated", False) is not False,
        case=case,
        roles=tuple(role for _, role in done),
    )


def _urgency(one: Opened) -> tuple[bool, int, str]:
    until = due(one.case)
    return (one.case.state is State.CLOSED, -one.at_us if until is None else until, str(one.name))
