"""Policies that somebody has uploaded: kept as they came, until they are signed and published or thrown away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, insert, select, update

from kiosk.errors import GatepostError, UsageError
from kiosk.policy import PolicyDocument
from kiosk.staleness import Kind
from sync.central.access import WHO_LENGTH
from sync.central.database import changing
from sync.central.inserting import begin_compound
from sync.central.policies import read_policy
from sync.central.publishing import Documents
from sync.central.schema import policy_draft
from sync.downward.contents import read_content
from sync.downward.publication import Publication

MOST = 50
"""So many drafts of a compound may wait to be published."""
UNDER_WAY = 0
"""Stands in the place of a number while a draft is being published."""
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

    def upload(self, compound: str, body: bytes, who: str, gate: str = "") -> Draft:
        """Keep a document that can be read, whatever the check says of it. Raises UsageError."""
        document = read_draft(body, compound)
        if not who.strip() or len(who) > WHO_LENGTH:
            raise UsageError(f"whoever uploads a document is recorded: a name of 1 to {WHO_LENGTH} characters")
        now_us = self._wall_us()
        with changing(self._engine) as connection:
            begin_compound(connection, compound)
            waiting = select(func.count()).where(policy_draft.c.compound == compound, policy_draft.c.published.is_(None))
            if connection.execute(waiting).scalar_one() >= MOST:
                raise UsageError(f"{MOST} drafts wait already; publish or discard one")
            last = select(func.max(policy_draft.c.number)).where(policy_draft.c.compound == compound)
            number = int(connection.execute(last).scalar() or 0) + 1
            row = {"compound": compound, "number": number, "gate": gate, "uploaded_us": now_us, "body": body}
            connection.execute(insert(policy_draft).values({**row, "uploaded_by": who.strip()}))
        return Draft(compound, number, gate, now_us, who.strip(), body, document)

    def listed(self, compound: str) -> list[Draft]:
        """Every draft of a compound, newest first."""
        query = select(policy_draft).where(policy_draft.c.compound == compound).order_by(policy_draft.c.number.desc())
        with self._engine.connect() as connection:
            return [_draft(row) for row in connection.execute(query)]

    def find(self, compound: str, number: int) -> Draft:
        """One draft. Raises NoSuchDraft."""
        with self._engine.connect() as connection:
            return _found(connection, compound, number)

    def publish(self, compound: str, number: int, who: str, effective_us: int | None = None) -> Publication:
        """Sign a draft and let it come down to the gates. Raises NoSuchDraft, KeyUnusable or UsageError."""
        draft = self.find(compound, number)
        if not self._mark(draft, UNDER_WAY, who, instead_of=None):
            raise UsageError(f"draft {number} was published already")
        try:
            one = self._documents.publish(compound, Kind.POLICY, draft.body, who, gate=draft.gate, effective_us=effective_us)
        except BaseException:
            self._mark(draft, None, None, instead_of=UNDER_WAY)
            raise
        self._mark(draft, one.number, who, instead_of=UNDER_WAY)
        return one

    def discard(self, compound: str, number: int) -> None:
        """Throw a draft away that was not published. Raises NoSuchDraft or UsageError."""
        with changing(self._engine) as connection:
            if _found(connection, compound, number).published is not None:
                raise UsageError(f"draft {number} was published, and stays")
            connection.execute(delete(policy_draft).where(_is(compound, number)))

    def _mark(self, draft: Draft, published: int | None, who: str | None, *, instead_of: int | None) -> bool:
        """Note what became of a draft; False if something else had become of it before."""
        values = {"published": published, "published_by": None if who is None else who.strip()[:WHO_LENGTH]}
        # SQLAlchemy makes IS NULL of a comparison with None.
        as_it_was = and_(_is(draft.compound, draft.number), policy_draft.c.published == instead_of)
        with changing(self._engine) as connection:
            return connection.execute(update(policy_draft).where(as_it_was).values(values)).rowcount == 1


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
