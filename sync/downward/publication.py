"""Documents as the server publishes them, and what both ends say of how they stand. JSON; formats that live for years.

    GET  /api/v1/documents?compound&gate&since&nonce  -> 200 with a Page
    POST /api/v1/documents?compound&gate                a Page's documents, given back -> 200 with how many were taken

A document's place is (gate, kind); the gate is empty where it is for the whole compound. Its number says which of two
in a place is newer: it is the time of publication in milliseconds, or one more than the compound's last number. So a
server that was restored from a backup goes on with higher numbers than those that it has forgotten.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from sync.downward.signing import NotSigned, Purpose, Signed, verified

WIRE = 1
MAX_BODY = 4 * 1024 * 1024
"""The most bytes of one document."""
MAX_PAGE = 8 * 1024 * 1024
"""The most bytes of one answer: any one document in base64 and its statement, or several small ones."""
PAGE_BODIES = 5 * 1024 * 1024
"""Bodies of an answer, in bytes: what goes beyond comes in the next one."""
AT_ONCE = 64
"""So many documents an answer has at most."""

Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Micros = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")]
Gate = Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,62})?\Z")]
KindName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{16,64}\Z")]
Place = tuple[str, str]
"""(gate, kind)."""


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """The statement of one document. `withdrawn`: from then on there is none in this place, and the body is empty."""

    compound: Name
    gate: Gate
    kind: KindName
    number: Number
    effective_us: Micros
    published_us: Micros
    digest: Digest
    withdrawn: bool

    @property
    def place(self) -> Place:
        """Where it belongs."""
        return self.gate, self.kind

    def effective(self, now_us: int) -> bool:
        """Whether its time has come. One that counted when it was published counts for a clock that was never set."""
        return self.effective_us <= max(now_us, self.published_us)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a standing."""

    gate: Gate
    kind: KindName
    number: Number
    digest: Digest


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the server holds for one gate at `at_us`. The nonce is the asker's own: nobody can replay it."""

    compound: Name
    gate: Name
    nonce: Nonce
    at_us: Micros
    number: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    documents: list[Held]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it travels and as a kiosk keeps it: its signed statement and its body (base64 in JSON)."""

    statement: str
    signature: bytes
    body: bytes


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `more`: ask again from the number of the last document."""

    wire: int
    standing: Signed
    documents: list[Sent]
    more: bool = False


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that a kiosk has and its server does not."""

    documents: Annotated[list[Sent], Meta(max_length=AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose signature and digest were verified."""

    publication: Publication
    sent: Sent

    @property
    def body(self) -> bytes:
        """What it says."""
        return self.sent.body


class HasPublication(Protocol):
    """Anything that a publication goes with."""

    @property
    def publication(self) -> Publication:
        """The statement."""


Published = TypeVar("Published", bound=HasPublication)


def digest_of(body: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def authentic(sent: Sent, key: Ed25519PublicKey, compound: str, gate: str | None = None) -> Document:
    """Believe a document: signed by the site, whole, for this compound and, where one is named, this gate.

    Raises NotSigned.
    """
    publication = verified(Signed(sent.statement, sent.signature), Purpose.DOCUMENT, key, Publication)
    if digest_of(sent.body) != publication.digest:
        raise NotSigned("the document is not the one that was signed")
    if publication.compound != compound or (gate is not None and publication.gate not in ("", gate)):
        raise NotSigned("the document is for another gate")
    return Document(publication, sent)


def relevant(documents: Iterable[Published], now_us: int) -> list[Published]:
    """Return what still matters, by number: in each place the newest whose time has come, and all newer ones."""
    by_place: dict[Place, list[Published]] = {}
    for one in sorted(documents, key=lambda one: one.publication.number):
        rest = by_place.setdefault(one.publication.place, [])
        if one.publication.effective(now_us):
            rest.clear()
        rest.append(one)
    return sorted((one for rest in by_place.values() for one in rest), key=lambda one: one.publication.number)


def in_force(documents: Iterable[Published], now_us: int) -> dict[str, Published]:
    """Return the document of each kind that counts at one gate: its own before the compound's, unless it is withdrawn."""
    found: dict[str, Published] = {}
    for one in relevant(documents, now_us):
        publication = one.publication
        if not publication.effective(now_us) or publication.withdrawn:
            continue
        known = found.get(publication.kind)
        if known is None or not known.publication.gate:
            found[publication.kind] = one
    return found


def next_number(last: int, now_us: int) -> int:
    """The number of a new document after the last one."""
    return max(last + 1, now_us // 1000)


def paged(documents: Sequence[Document]) -> tuple[list[Document], bool]:
    """As many of the first documents as fit one answer, at least one; and whether there are more."""
    size = 0
    for count, one in enumerate(documents):
        size += len(one.body)
        if count == AT_ONCE or (count and size > PAGE_BODIES):
            return list(documents[:count]), True
    return list(documents), False
