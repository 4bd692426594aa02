"""Policies that somebody has uploaded: kept as they came, until they are signed and published or thrown away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, insert, select, update

from kiosk.errors import GatepostError, UsageError
from kiosk.policy import PolicyDocument
from kiosk.staleness import Kind
from sync.central.access import Act, Asker, record
from sync.central.database import changing
from sync.central.inserting import begin_compound
from sync.central.policies import read_policy
from sync.central.publishing import Documents
from sync.central.schema import compound as compounds
from sync.central.schema import policy_draft
from sync.downward.contents import read_content
from sync.downward.publication import Publication

MOST = 50
"""So many drafts of a compound may wait to be published."""
LARGEST = 256 * 1024
"""Bytes: ten times the largest that ships."""


class NoSuchDraft(GatepostError, LookupError):
    """The compound has no draft of that number."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One that was uploaded. `published`: its number, and who signed it; None while it was not.

    `document` is None where another software kept what this one cannot read.
    """

    compound: str
    number: int
    gate: str
    uploaded_us: int
    uploaded_by: str
    body: bytes
    document: PolicyDocument | None
    published: int | None = None
    published_by: str | None = None


class Drafts:
    """Of one database. Any thread may call any method; each raises SQLAlchemyError."""

    def __init__(self, engine: Engine, documents: Documents, wall_us: Callable[[], int]) -> None:
        self._engine = engine
        self._documents = documents
        self._wall_us = wall_us

    def upload(self, compound: str, body: bytes, asker: Asker, gate: str = "") -> Draft:
        """Keep a document that can be read, whatever the check says of it. Raises UsageError."""
        document = read_draft(body, compound)
        who, now_us = asker.who.strip(), self._wall_us()
        with changing(self._engine) as connection:
            begin_compound(connection, compound)
            # One at a time in a compound: each draft has a number of its own, and there are not too many.
            connection.execute(select(compounds.c.compound).where(compounds.c.compound == compound).with_for_update())
            waiting = select(func.count()).where(policy_draft.c.compound == compound, policy_draft.c.published.is_(None))
            if connection.execute(waiting).scalar_one() >= MOST:
                raise UsageError(f"{MOST} drafts wait already; publish or discard one")
            last = select(func.max(policy_draft.c.number)).where(policy_draft.c.compound == compound)
            number = int(connection.execute(last).scalar() or 0) + 1
            row = {"compound": compound, "number": number, "gate": gate, "uploaded_us": now_us, "body": body}
            connection.execute(insert(policy_draft).values({**row, "uploaded_by": who}))
            draft = Draft(compound, number, gate, now_us, who, body, document)
            self._record(connection, draft, asker, "brought")
        return draft

    def listed(self, compound: str) -> list[Draft]:
        """Every draft of a compound, newest first."""
        query = select(policy_draft).where(policy_draft.c.compound == compound).order_by(policy_draft.c.number.desc())
        with self._engine.connect() as connection:
            return [_draft(row) for row in connection.execute(query)]

    def find(self, compound: str, number: int) -> Draft:
        """One draft. Raises NoSuchDraft."""
        with self._engine.connect() as connection:
            return _found(connection, compound, number)

    def publish(self, compound: str, number: int, asker: Asker, effective_us: int | None = None) -> Publication:
        """Sign a draft and let it come down to the gates. Raises NoSuchDraft, KeyUnusable or UsageError."""
        draft, who = self.find(compound, number), asker.who.strip()

        def signed(connection: Connection, one: Publication) -> None:
            # In the transaction that publishes: a server that is killed meanwhile has done both, or nothing.
            open_still = and_(_is(compound, number), policy_draft.c.published.is_(None))
            values = {"published": one.number, "published_by": who}
            if connection.execute(update(policy_draft).where(open_still).values(values)).rowcount != 1:
                raise UsageError(f"draft {number} was published already, or thrown away")
            self._record(connection, draft, asker, "signed", published=one.number)

        return self._documents.publish(
            compound, Kind.POLICY, draft.body, who, gate=draft.gate, effective_us=effective_us, together=signed
        )

    def discard(self, compound: str, number: int, asker: Asker) -> None:
        """Throw a draft away that was not published. Raises NoSuchDraft or UsageError."""
        with changing(self._engine) as connection:
            draft = _found(connection, compound, number)
            open_still = and_(_is(compound, number), policy_draft.c.published.is_(None))
            if connection.execute(delete(policy_draft).where(open_still)).rowcount != 1:
                raise UsageError(f"draft {number} was published, and stays")
            self._record(connection, draft, asker, "discarded")

    def trying(self, compound: str, document: PolicyDocument, asker: Asker, gate: str = "") -> None:
        """Record that somebody tries a document on what was recorded, before they are told what comes of it."""
        with changing(self._engine) as connection:
            subject = {"document": document.name, "gate": gate, "did": "tried"}
            record(connection, compound, asker, Act.POLICY, subject, self._wall_us())

    def _record(self, connection: Connection, draft: Draft, asker: Asker, did: str, **more: int) -> None:
        named = "" if draft.document is None else draft.document.name
        subject = {"draft": draft.number, "document": named, "gate": draft.gate, "did": did, **more}
        record(connection, draft.compound, asker, Act.POLICY, subject, self._wall_us())


def read_draft(body: bytes, compound: str) -> PolicyDocument:
    """Read a document that somebody brings. Raises UsageError."""
    if len(body) > LARGEST:
        raise UsageError(f"policy: a document has at most {LARGEST // 1024} kB")
    content = read_content(Kind.POLICY, body, compound)
    if not isinstance(content, PolicyDocument):
        raise UsageError("policy: it is none")
    return content


def _found(connection: Connection, compound: str, number: int) -> Draft:
    row = connection.execute(select(policy_draft).where(_is(compound, number))).first()
    if row is None:
        raise NoSuchDraft(f"{compound} has no draft {number}")
    return _draft(row)


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        compound=row.compound,
        number=row.number,
        gate=row.gate,
        uploaded_us=row.uploaded_us,
        uploaded_by=row.uploaded_by,
        body=row.body,
        document=read_policy(row.body, row.compound),
        published=row.published,
        published_by=row.published_by,
    )


def _is(compound: str, number: int) -> ColumnElement[bool]:
    return and_(policy_draft.c.compound == compound, policy_draft.c.number == number)
