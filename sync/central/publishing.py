"""Documents on the server: checked, signed, numbered in their compound, and kept as they were signed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, func, insert, or_, select, update

from kiosk.cards import reasons
from kiosk.errors import UsageError
from kiosk.lines import get_logger
from kiosk.policy import PolicyDocument
from kiosk.staleness import Kind
from sync.central.access import WHO_LENGTH
from sync.central.database import changing
from sync.central.document_key import DocumentKey
from sync.central.inserting import begin_compound
from sync.central.schema import compound as compounds
from sync.central.schema import document
from sync.downward.contents import read_content, see_sound
from sync.downward.publication import (
    Document,
    Held,
    Place,
    Publication,
    Sent,
    Standing,
    authentic,
    digest_of,
    next_number,
    relevant,
)
from sync.downward.signing import Purpose, Signed, sign

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""From a document's members to what they are to be."""
Together = Callable[[Connection, Publication], None]
"""What else changes in the transaction that publishes a document: both are done, or neither is."""
UPCOMING = 8
"""So many documents of one place may wait for their time."""

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Listed:
    """A document without its body, whose size is in bytes."""

    publication: Publication
    published_by: str
    size: int


class Documents:
    """The documents of one database. Any thread may call any method; each raises SQLAlchemyError and KeyUnusable."""

    def __init__(self, engine: Engine, key: DocumentKey, wall_us: Callable[[], int]) -> None:
        self._engine = engine
        self._key = key
        self._wall_us = wall_us

    def publish(
        self,
        compound: str,
        kind: Kind,
        body: bytes,
        who: str,
        *,
        gate: str = "",
        effective_us: int | None = None,
        together: Together | None = None,
    ) -> Publication:
        """Publish a document from `effective_us` on, by default now, or when a policy itself says that it begins.

        Raises UsageError when a kiosk would refuse it.
        """
        content = read_content(kind, body, compound)
        if isinstance(content, PolicyDocument):
            see_sound(content, reasons())
            effective_us = beginning(content, effective_us, self._wall_us())
        return self._publish(compound, (gate, kind), body, who, effective_us, together)

    def withdraw(self, compound: str, kind: Kind, who: str, *, gate: str = "") -> Publication:
        """Take a document back: a gate goes by its compound's again, and a compound by its kiosks' configuration.

        Raises UsageError when there is none.
        """
        place = (gate, kind)
        with self._engine.connect() as connection:
            newest = _newest(connection, compound, place)
        if newest is None or newest.withdrawn:
            raise UsageError(f"there is no {kind} of {gate or compound} that could be withdrawn")
        return self._publish(compound, place, None, who, None)

    def amend(
        self, compound: str, kind: Kind, change: Change, who: str, *, begin_with: Mapping[str, Any] | None = None
    ) -> None:
        """Publish a compound's JSON document of a kind anew, changed, and that of each gate that goes by one of its own.

        What `change` leaves as it is, is not published again. `begin_with`: what a compound without one begins with.
        """
        with changing(self._engine) as connection:
            _hold(connection, compound)
            gates = select(document.c.gate).where(document.c.compound == compound, document.c.kind == kind)
            found = connection.execute(gates.distinct().order_by(document.c.gate)).scalars().all()
            for gate in sorted({"", *found}):
                newest = _newest(connection, compound, (gate, kind))
                if newest is not None and not newest.withdrawn:
                    before = json.loads(_sent(connection, newest).body)
                elif not gate and begin_with is not None:
                    before = dict(begin_with)
                else:
                    continue
                after = change(before)
                if after == before:
                    continue
                body = json.dumps(after).encode()
                read_content(kind, body, compound)
                self._insert_now(connection, compound, (gate, kind), body, who)

    def standing(self, compound: str, gate: str, nonce: str) -> Signed:
        """Vouch for what there is now for one gate."""
        now_us = self._wall_us()
        with self._engine.connect() as connection:
            found = [one.publication for one in _relevant_to(connection, compound, gate, now_us)]
        held = [Held(gate=one.gate, kind=one.kind, number=one.number, digest=one.digest) for one in found]
        number = max((one.number for one in found), default=0)
        said = Standing(compound=compound, gate=gate, nonce=nonce, at_us=now_us, number=number, documents=held)
        return sign(self._key.private(), Purpose.STANDING, said)

    def since(self, compound: str, gate: str, number: int) -> list[Document]:
        """What matters to one gate and is newer than `number`, by number."""
        with self._engine.connect() as connection:
            found = [one.publication for one in _relevant_to(connection, compound, gate, self._wall_us())]
            return [Document(one, _sent(connection, one)) for one in found if one.number > number]

    def take_back(self, compound: str, gate: str, sent: Sequence[Sent]) -> int:
        """Take documents that a kiosk has and this server has lost; how many were news. Raises NotSigned.

        Each was signed here, and keeps its number: what was newer stays newer, whoever gives it back first. One that
        something newer has taken the place of stays lost.
        """
        public = self._key.private().public_key()
        given = sorted((authentic(one, public, compound, gate) for one in sent), key=lambda one: one.publication.number)
        taken = 0
        with changing(self._engine) as connection:
            _hold(connection, compound)
            for one in given:
                lost = one.publication
                known = _newest(connection, compound, lost.place)
                if known is not None and known.number == lost.number and known.digest != lost.digest:
                    # Published here since, by a clock that had gone back: what a person did last is what counts.
                    again = msgspec.structs.replace(known, number=known.number + 1)
                    body = _sent(connection, known).body
                    _insert(
                        connection,
                        again,
                        sign(self._key.private(), Purpose.DOCUMENT, again),
                        body,
                        f"again, after {gate} gave another back",
                    )
                    continue
                if known is not None and known.number >= lost.number:
                    continue
                signed = Signed(one.sent.statement, one.sent.signature)
                _insert(connection, lost, signed, one.body, f"given back by {gate}")
                _log.warning("document given back", compound=compound, kind=lost.kind, number=lost.number)
                taken += 1
        return taken

    def listed(self, compound: str) -> list[Listed]:
        """Every document of a compound, oldest first."""
        query = _columns().where(document.c.compound == compound).order_by(document.c.number)
        with self._engine.connect() as connection:
            return [_listed(row) for row in connection.execute(query)]

    def _insert_now(self, connection: Connection, compound: str, place: Place, body: bytes, who: str) -> None:
        """Publish within a transaction that holds the compound."""
        now_us = self._wall_us()
        publication = Publication(
            compound=compound,
            gate=place[0],
            kind=place[1],
            number=next_number(_last(connection, compound), now_us),
            effective_us=now_us,
            published_us=now_us,
            digest=digest_of(body),
            withdrawn=False,
        )
        _insert(connection, publication, sign(self._key.private(), Purpose.DOCUMENT, publication), body, who.strip())

    def _publish(
        self,
        compound: str,
        place: Place,
        body: bytes | None,
        who: str,
        effective_us: int | None,
        together: Together | None = None,
    ) -> Publication:
        if not who.strip() or len(who) > WHO_LENGTH:
            raise UsageError(f"whoever publishes a document is recorded: a name of 1 to {WHO_LENGTH} characters")
        gate, kind = place
        with changing(self._engine) as connection:
            _hold(connection, compound)
            now_us = self._wall_us()
            waiting = select(func.count()).where(_of(compound, place), document.c.effective_us > now_us)
            if connection.execute(waiting).scalar_one() >= UPCOMING:
                raise UsageError(f"{UPCOMING} documents of {kind} wait for their time already")
            publication = Publication(
                compound=compound,
                gate=gate,
                kind=kind,
                number=next_number(_last(connection, compound), now_us),
                effective_us=now_us if effective_us is None else effective_us,
                published_us=now_us,
                digest=digest_of(body or b""),
                withdrawn=body is None,
            )
            signed = sign(self._key.private(), Purpose.DOCUMENT, publication)
            _insert(connection, publication, signed, body or b"", who.strip())
            if together is not None:
                together(connection, publication)
        return publication


def beginning(document: PolicyDocument, wanted_us: int | None, now_us: int) -> int | None:
    """When a policy is to count that somebody wants to count from a moment on; None: at once. Raises UsageError."""
    begins_us, ends_us = document.begins_at, document.ends_at
    if begins_us is not None and wanted_us is not None and wanted_us < begins_us:
        raise UsageError("policy: it is to count before the time that it names with from; correct one of the two")
    if wanted_us is None and begins_us is not None and begins_us > now_us:
        wanted_us = begins_us
    if ends_us is not None and ends_us <= (now_us if wanted_us is None else wanted_us):
        raise UsageError("policy: the time that it names with until is over before it would count; correct it")
    return wanted_us


def _insert(connection: Connection, publication: Publication, signed: Signed, body: bytes, who: str) -> None:
    connection.execute(
        insert(document).values(
            compound=publication.compound,
            gate=publication.gate,
            kind=publication.kind,
            number=publication.number,
            effective_us=publication.effective_us,
            statement=signed.statement,
            signature=signed.signature,
            body=body,
            published_by=who,
        )
    )


def _hold(connection: Connection, compound: str) -> None:
    """Let one at a time publish in a compound: numbers become visible in their order."""
    begin_compound(connection, compound)
    held = compounds.c.compound == compound
    connection.execute(update(compounds).where(held).values(next_access=compounds.c.next_access))


def _last(connection: Connection, compound: str) -> int:
    query = select(func.max(document.c.number)).where(document.c.compound == compound)
    return int(connection.execute(query).scalar() or 0)


def _newest(connection: Connection, compound: str, place: Place) -> Publication | None:
    query = select(document.c.statement).where(_of(compound, place)).order_by(document.c.number.desc()).limit(1)
    statement = connection.execute(query).scalar()
    return None if statement is None else msgspec.json.decode(statement, type=Publication)


def _relevant_to(connection: Connection, compound: str, gate: str, now_us: int) -> list[Listed]:
    """What still matters to one gate: in each place the newest whose time has come, and all newer ones."""
    ours = and_(document.c.compound == compound, document.c.gate.in_(("", gate)))
    begun = (
        select(document.c.gate, document.c.kind, func.max(document.c.number).label("number"))
        .where(ours, document.c.effective_us <= now_us)
        .group_by(document.c.gate, document.c.kind)
    )
    newest = [_numbered(compound, (row.gate, row.kind), row.number) for row in connection.execute(begun)]
    rows = connection.execute(_columns().where(ours, or_(document.c.effective_us > now_us, *newest)))
    return relevant(map(_listed, rows), now_us)


def _sent(connection: Connection, publication: Publication) -> Sent:
    query = select(document.c.statement, document.c.signature, document.c.body).where(
        _numbered(publication.compound, publication.place, publication.number)
    )
    row = connection.execute(query).one()
    return Sent(statement=row.statement, signature=row.signature, body=row.body)


def _numbered(compound: str, place: Place, number: int) -> ColumnElement[bool]:
    return and_(_of(compound, place), document.c.number == number)


def _of(compound: str, place: Place) -> ColumnElement[bool]:
    gate, kind = place
    return and_(document.c.compound == compound, document.c.gate == gate, document.c.kind == kind)


def _columns() -> Select[tuple[str, str, int]]:
    return select(document.c.statement, document.c.published_by, func.length(document.c.body).label("size"))


def _listed(row: Row[tuple[str, str, int]]) -> Listed:
    return Listed(msgspec.json.decode(row.statement, type=Publication), row.published_by, row.size)
