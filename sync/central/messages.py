"""Messages for now in the database: issued and recorded, fetched or expired, and gone by the next day.

A short-lived table rather than a server's memory: a command may come from any process, several servers on one database
need nothing between them, and who issued one can ask what became of it.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, select, update

from kiosk.gate_mode import GateMode
from sync.central.access import Act, Asker, NotAllowed, Role, record
from sync.central.database import changing
from sync.central.document_key import DocumentKey
from sync.central.enrolled import find
from sync.central.recipients import Recipient
from sync.central.schema import document, message
from sync.downward.message import EXPIRES_US, MODE, OPEN, Message, ModeBody, OpenBody
from sync.downward.signing import Purpose, Signed, sign

KEPT_US = 60_000_000
"""So long after it has expired a message's row is kept, for whoever issued it to ask."""
MAY_OPEN = frozenset({Role.MANAGER, Role.COMMITTEE, Role.GUARD})
LOOK_S = 0.1

Address = tuple[str, str]
"""(compound, gate); the gate is empty for all of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A message that has not expired."""

    id: str
    issued_us: int
    expires_us: int
    signed: Signed

    @property
    def cursor(self) -> str:
        """Where whoever has it goes on; cursors of one recipient are in the order of issue."""
        return f"{self.issued_us:016d}-{self.id}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What waits for whom, and the number of the documents of each compound and gate, at one moment."""

    messages: Mapping[Recipient, tuple[Standing, ...]]
    numbers: Mapping[Address, int]

    def number_of(self, compound: str, gate: str) -> int:
        """The number of the newest document that matters to a gate; 0 where there is none."""
        return max(self.numbers.get((compound, ""), 0), self.numbers.get((compound, gate), 0))


def announce(connection: Connection, key: DocumentKey, said: Message) -> None:
    """Sign a message and lay it ready, in a transaction of the caller's. Raises KeyUnusable."""
    signed = sign(key.private(), Purpose.MESSAGE, said)
    connection.execute(
        insert(message).values(
            compound=said.compound,
            gate=said.gate,
            device=said.device,
            id=said.id,
            issued_us=said.issued_us,
            expires_us=said.expires_us,
            statement=signed.statement,
            signature=signed.signature,
        )
    )


def issue_open(
    engine: Engine, key: DocumentKey, to: Recipient, asker: Asker, now_us: int, second: str | None = None
) -> Message:
    """Command a device to let in whoever stands at its gate; that it was, by whom and why, is recorded with it.

    `second`: who agrees, where the gate's rules want two people for what is in the way. Raises NotAllowed or UsageError.
    """
    body = OpenBody(**_commanded(asker, second))
    return _issue(engine, key, to, asker, now_us, Act.OPEN_GATE, OPEN, body)


def issue_mode(
    engine: Engine,
    key: DocumentKey,
    to: Recipient,
    asker: Asker,
    now_us: int,
    mode: GateMode,
    *,
    lasts_s: int | None = None,
    second: str | None = None,
) -> Message:
    """Order a device to hold its gate open for so long, to lock it, or neither; recorded likewise. Raises the same."""
    body = ModeBody(**_commanded(asker, second), mode=mode, lasts_s=lasts_s)
    return _issue(engine, key, to, asker, now_us, Act.GATE_MODE, MODE, body)


def _commanded(asker: Asker, second: str | None) -> dict[str, Any]:
    """Say who commands, in what role, why, and who agrees. Raises NotAllowed or UsageError."""
    agreed = None if second is None else replace(asker, who=second).who.strip()
    if asker.role not in MAY_OPEN:
        raise NotAllowed(f"a {asker.role} may not open a gate from afar")
    return {"issuer": asker.who.strip(), "role": asker.role, "reason": asker.reason.strip(), "second": agreed}


def _issue(
    engine: Engine, key: DocumentKey, to: Recipient, asker: Asker, now_us: int, act: Act, kind: str, body: OpenBody
) -> Message:
    said = Message(
        compound=to.compound,
        gate=to.gate,
        device=to.device,
        id=secrets.token_hex(16),
        kind=kind,
        issued_us=now_us,
        expires_us=now_us + EXPIRES_US,
        body=msgspec.to_builtins(body),
    )
    forget_expired(engine, now_us)
    with changing(engine) as connection:
        record(connection, to.compound, asker, act, _subject(said, body.second), now_us)
        announce(connection, key, said)
    return said


def _subject(said: Message, second: str | None) -> dict[str, str]:
    named = {"gate": said.gate, "device": said.device, "command": said.id}
    if isinstance(mode := said.body.get("mode"), str):
        named["mode"] = mode
    return named if second is None else {**named, "second": second}


def fetched(engine: Engine, said: Message, wall_us: Callable[[], int], wait: Callable[[float], object] = time.sleep) -> bool:
    """Wait until a message was fetched (True) or has expired (False)."""
    query = select(message.c.fetched_us).where(_named(Recipient(said.compound, said.gate, said.device), [said.id]))
    while True:
        expired = wall_us() >= said.expires_us
        with engine.connect() as connection:
            if connection.execute(query).scalar() is not None:
                return True
        if expired:
            return False
        wait(LOOK_S)


def forget_expired(engine: Engine, now_us: int) -> int:
    """Delete the messages that nobody asks about any more; how many."""
    with engine.begin() as connection:
        return connection.execute(delete(message).where(message.c.expires_us < now_us - KEPT_US)).rowcount


def take(engine: Engine, to: Recipient, ids: list[str], now_us: int) -> set[str]:
    """Note that messages are being fetched; which of them have not expired meanwhile.

    None of them for a device that was revoked or replaced while it waited.
    """
    ours = and_(_named(to, ids), message.c.expires_us > now_us)
    with changing(engine) as connection:
        enrolment = find(connection, to.compound, to.device)
        if enrolment is not None and enrolment.ended_as is not None:
            return set()
        connection.execute(update(message).where(ours, message.c.fetched_us.is_(None)).values(fetched_us=now_us))
        return set(connection.execute(select(message.c.id).where(ours)).scalars())


def snapshot(engine: Engine, now_us: int) -> Snapshot:
    """Read what waits for whom now."""
    with engine.connect() as connection:
        return Snapshot(_standing(connection, now_us), _numbers(connection))


def _standing(connection: Connection, now_us: int) -> Mapping[Recipient, tuple[Standing, ...]]:
    found: dict[Recipient, tuple[Standing, ...]] = {}
    query = select(message).where(message.c.expires_us > now_us).order_by(message.c.issued_us, message.c.id)
    for row in connection.execute(query):
        one = Standing(row.id, row.issued_us, row.expires_us, Signed(row.statement, row.signature))
        to = Recipient(row.compound, row.gate, row.device)
        found[to] = (*found.get(to, ()), one)
    return found


def _numbers(connection: Connection) -> Mapping[Address, int]:
    columns = (document.c.compound, document.c.gate, func.max(document.c.number).label("number"))
    query = select(*columns).group_by(document.c.compound, document.c.gate)
    return {(row.compound, row.gate): row.number for row in connection.execute(query)}


def _named(to: Recipient, ids: Iterable[str]) -> ColumnElement[bool]:
    theirs = and_(message.c.compound == to.compound, message.c.gate == to.gate, message.c.device == to.device)
    return and_(theirs, message.c.id.in_(list(ids)))
