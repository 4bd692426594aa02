"""Who may sign what: the four kinds of issuer that a trust list can name."""

import hashlib
from collections.abc import Mapping
from dataclasses import field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.credentials.dcc_content import Group
from kiosk.credentials.keys import PublicKey
from kiosk.evidence import HealthStatus
from kiosk.frozen import frozen
from kiosk.people import VisitorKind
from kiosk.units import WallTime

KEY_ID_BYTES = 8


def key_id(public_key: bytes) -> bytes:
    """Name a public key (32 bytes, raw): the first 8 bytes of its SHA-256."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


@frozen
class PassIssuer:
    """A key that may sign passes for these compounds and these kinds of visitor."""

    id: str
    public_key: bytes
    compounds: frozenset[str]
    visitors: frozenset[VisitorKind]
    key: Ed25519PublicKey = field(repr=False, compare=False)

    @property
    def key_id(self) -> bytes:
        """The name by which passes call this key."""
        return key_id(self.public_key)


@frozen
class TokenIssuer:
    """A service whose health codes are opaque tokens, and what its answers stand for.

    With one of `no_answer` it says that it could not find out: that is no answer about the token.
    """

    id: str
    hosts: frozenset[str]
    prefixes: frozenset[str]
    parameter: str
    statuses: Mapping[str, HealthStatus]
    no_answer: frozenset[str] = frozenset()

    def status(self, answer: str) -> HealthStatus:
        """What this issuer's answer stands for; one that is not mapped is UNKNOWN."""
        return self.statuses.get(answer, HealthStatus.UNKNOWN)


@frozen
class DocumentSigner:
    """A key that signs EU Digital COVID Certificates of these groups; `id` is its country, or its own name.

    `public_key` is its SubjectPublicKeyInfo. Where a certificate came with it, the key is good from `not_before` to
    `not_after`, both included.
    """

    id: str
    key_id: bytes
    public_key: bytes = field(repr=False)
    may_sign: frozenset[Group]
    not_before: WallTime | None = None
    not_after: WallTime | None = None
    key: PublicKey = field(repr=False, compare=False, kw_only=True)


@frozen
class CardKey:
    """A key that signs SMART Health Cards: an EC key on P-256, named by its thumbprint (RFC 7638)."""

    id: str
    public_key: bytes = field(repr=False)
    key: PublicKey = field(repr=False, compare=False)


@frozen
class CardIssuer:
    """An issuer of SMART Health Cards, by the address that its cards name, and the keys that are its own."""

    iss: str
    name: str = field(default="", compare=False)
    keys: Mapping[str, CardKey] = field(default_factory=dict)
