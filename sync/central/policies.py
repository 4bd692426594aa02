"""The policy documents that were published, read once each: what is in force where, what it keeps, what it says."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from threading import Lock

import msgspec
from sqlalchemy import Connection, Engine, select

from kiosk.errors import UsageError
from kiosk.lines import get_logger
from kiosk.model import ReasonCode
from kiosk.policy import OwnWords, PolicyDocument
from kiosk.staleness import Kind
from sync.central.passages import OwnCard, Passage
from sync.central.schema import document, event
from sync.downward.contents import read_content
from sync.downward.publication import Publication, in_force

KEPT = 200
"""So many documents are kept read: more than a company has in force."""
NO_WORDS: Mapping[ReasonCode, OwnWords] = {}

_log = get_logger()


class Policies:
    """Of one database. Any thread may call any method; each raises SQLAlchemyError."""

    def __init__(self, engine: Engine, wall_us: Callable[[], int]) -> None:
        self._engine = engine
        self._wall_us = wall_us
        self._lock = Lock()
        self._read: OrderedDict[tuple[str, str, int], PolicyDocument | None] = OrderedDict()

    def in_force(self, compound: str, gate: str = "") -> PolicyDocument | None:
        """The document by which a gate goes now, or the compound's gates without one of their own; None: none that is known.

        A kiosk to which none came down goes by its configuration, which nobody here knows.
        """
        with self._engine.connect() as connection:
            found = in_force(_published(connection, compound, {"", gate}), self._wall_us()).get(Kind.POLICY)
            return None if found is None else self._document(connection, found.publication)

    def body_in_force(self, compound: str, gate: str = "") -> bytes | None:
        """How the document in force is written; where none came down, one that ships and that a gate named last."""
        with self._engine.connect() as connection:
            found = in_force(_published(connection, compound, {"", gate}), self._wall_us()).get(Kind.POLICY)
            if found is not None:
                return _body(connection, found.publication)
            newest = select(event.c.header).where(event.c.compound == compound, event.c.kind == "decision")
            header = connection.execute(newest.order_by(event.c.at_us.desc()).limit(1)).scalar()
        named = "" if not header else msgspec.json.decode(header).get("policy")
        return next((body for document, body in shipped() if document.name == named), None)

    def retention(self, otherwise: Callable[[str], int]) -> Callable[[str], int]:
        """How many days a compound keeps what names a person: as its rules in force say, or else as configured."""

        def days_of(compound: str) -> int:
            document = self.in_force(compound)
            return otherwise(compound) if document is None else document.retention_days or otherwise(compound)

        return days_of

    def words(self, compound: str, named: str) -> Mapping[ReasonCode, OwnWords]:
        """What a document says for reasons of its own, by `id@version`: the one that was published last under that name."""
        document = self.named(compound, named)
        return NO_WORDS if document is None else document.words

    def named(self, compound: str, named: str) -> PolicyDocument | None:
        """The document of a name, `id@version`, that was published last under it, or ships; None: nobody here knows it."""
        with self._engine.connect() as connection:
            found = _published(connection, compound, None)
            for one in sorted(found, key=lambda one: one.publication.number, reverse=True):
                document = None if one.publication.withdrawn else self._document(connection, one.publication)
                if document is not None and document.name == named:
                    return document
        return next((each for each, _ in shipped() if each.name == named), None)

    def told(self, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
        """Add to passages what their rules say for reasons of their own."""
        known: dict[tuple[str, str], Mapping[ReasonCode, OwnWords]] = {}
        found = []
        for one in passages:
            key = (one.compound, one.policy)
            if key not in known:
                known[key] = self.words(*key) if one.policy else NO_WORDS
            own = known[key]
            cards = tuple(_card(code, own[code]) for code in map(ReasonCode, one.reasons) if code in own)
            found.append(replace(one, own=cards) if cards else one)
        return tuple(found)

    def document(self, one: Publication) -> PolicyDocument | None:
        """What a document says that was published; None where it was withdrawn, or cannot be read here."""
        if one.withdrawn or one.kind != Kind.POLICY:
            return None
        with self._engine.connect() as connection:
            return self._document(connection, one)

    def _document(self, connection: Connection, one: Publication) -> PolicyDocument | None:
        key = (one.compound, one.gate, one.number)
        with self._lock:
            if key in self._read:
                self._read.move_to_end(key)
                return self._read[key]
        read = read_policy(_body(connection, one), one.compound)
        with self._lock:
            self._read[key] = read
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return read


@cache
def shipped() -> tuple[tuple[PolicyDocument, bytes], ...]:
    """The documents that ship, read and as they are written, by name."""
    folder = files("kiosk") / "policies"
    bodies = [
        each.read_bytes() for each in sorted(folder.iterdir(), key=lambda each: each.name) if each.name.endswith(".toml")
    ]
    return tuple((found, body) for body in bodies if (found := read_policy(body, "")) is not None)


def _card(reason: ReasonCode, words: OwnWords) -> OwnCard:
    return OwnCard(reason, dict(words.visitor), dict(words.say), dict(words.do), words.call)


def _body(connection: Connection, one: Publication) -> bytes:
    query = select(document.c.body).where(
        document.c.compound == one.compound,
        document.c.gate == one.gate,
        document.c.kind == Kind.POLICY,
        document.c.number == one.number,
    )
    return bytes(connection.execute(query).scalar_one())


class _Published:
    """What `in_force` needs of a row."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication


def _published(connection: Connection, compound: str, gates: Iterable[str] | None) -> list[_Published]:
    query = select(document.c.statement).where(document.c.compound == compound, document.c.kind == Kind.POLICY)
    if gates is not None:
        query = query.where(document.c.gate.in_(sorted(gates)))
    rows = connection.execute(query).scalars()
    return [_Published(msgspec.json.decode(row, type=Publication)) for row in rows]


def read_policy(body: bytes, compound: str) -> PolicyDocument | None:
    """Read a document that was published, perhaps by another software; None where this one cannot."""
    try:
        found = read_content(Kind.POLICY, body, compound)
    except UsageError as error:
        _log.warning("published policy not read", compound=compound, reason=str(error))
        return None
    return found if isinstance(found, PolicyDocument) else None
