"""Whom to believe: Gatepost's own trust list: keys that sign passes, services that answer for health codes."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from kiosk.errors import UsageError
from kiosk.model import HealthStatus, VisitorKind, WallTime

SCHEMA = 1
MAX_DOCUMENT = 8 * 1024 * 1024
KEY_ID_BYTES = 8
PASS_ID_BYTES = 12

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}\Z")]
Compound = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")]
Host = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?\Z")]
Prefix = Annotated[str, Meta(pattern=r"^[!-~]{3,32}\Z")]
Parameter = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
PassIdText = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]

# Points of small order on edwards25519 (RFC 8032), sign bit cleared: under such a "key", the all-zero placeholder
# among them, anybody can make signatures.
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """A service whose health codes are opaque tokens, and what its answers stand for."""

    id: str
    hosts: frozenset[str]
    prefixes: frozenset[str]
    parameter: str
    statuses: Mapping[str, HealthStatus]

    def status(self, answer: str) -> HealthStatus:
        """What this issuer's answer stands for; one that is not mapped is UNKNOWN."""
        return self.statuses.get(answer, HealthStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class TrustList:
    """One or several trust documents, ready for look-ups. An empty one trusts nobody."""

    documents: tuple[str, ...] = ()
    issued_at: WallTime | None = None
    pass_issuers: Mapping[bytes, PassIssuer] = field(default_factory=dict)
    token_issuers: tuple[TokenIssuer, ...] = ()
    revoked: frozenset[bytes] = frozenset()

    def for_compound(self, compound: str) -> "TrustList":
        """Return the list as one compound's gate must see it: no key may sign for any other compound."""
        narrowed = {
            name: replace(issuer, compounds=issuer.compounds & {compound}) for name, issuer in self.pass_issuers.items()
        }
        return replace(self, pass_issuers=MappingProxyType(narrowed))

    def token_issuer(self, identity: str) -> TokenIssuer | None:
        """The health code service of that id, or None."""
        return next((issuer for issuer in self.token_issuers if issuer.id == identity), None)


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of the document's objects."""


class _PassForm(_Form, frozen=True, tag_field="kind", tag="pass"):
    id: Id
    key: str
    compounds: Annotated[list[Compound], Meta(min_length=1)]
    visitors: Annotated[list[VisitorKind], Meta(min_length=1)]


class _TokenForm(_Form, frozen=True, tag_field="kind", tag="health_token"):
    id: Id
    map: dict[str, str]
    hosts: list[Host] = []
    prefixes: list[Prefix] = []
    parameter: Parameter = "t"


class _Document(_Form, frozen=True):
    schema: int
    id: Id
    issued_at: Annotated[datetime, Meta(tz=True)]
    issuers: list[_PassForm | _TokenForm]
    revoked: list[PassIdText] = []


def key_id(public_key: bytes) -> bytes:
    """Name a public key (32 bytes, raw): the first 8 bytes of its SHA-256."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


def parse_trust(data: bytes, where: str) -> TrustList:
    """Read a trust document (JSON). Raises UsageError: one sentence with file, place and what is wrong."""
    if len(data) > MAX_DOCUMENT:
        raise UsageError(f"{where}: is larger than {MAX_DOCUMENT // 1024 // 1024} MB, too large for a trust list")
    try:
        tree = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise UsageError(f"{where}: cannot be read: it is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: is not JSON: {error}") from error
    if isinstance(tree, dict) and tree.get("schema", SCHEMA) != SCHEMA:
        raise UsageError(f"{where}: schema is {tree['schema']!r}; this version reads schema {SCHEMA}")
    try:
        document = msgspec.convert(tree, _Document)
    except msgspec.ValidationError as error:
        finding, _, place = str(error).partition(" - at ")
        place = place.strip("`").removeprefix("$").removeprefix(".") or "the document"
        raise UsageError(f"{where}: {place}: {finding[:1].lower()}{finding[1:]}") from error
    parts = [_issuer(issuer, where) for issuer in document.issuers]
    since_epoch = document.issued_at - datetime(1970, 1, 1, tzinfo=UTC)
    head = TrustList(
        documents=(document.id,),
        issued_at=WallTime(since_epoch // timedelta(microseconds=1)),
        revoked=frozenset(map(bytes.fromhex, document.revoked)),
    )
    return _join([head, *parts], where)


def combine(*lists: TrustList) -> TrustList:
    """Make one list of several; `issued_at` is the oldest's. Raises UsageError where two contradict each other."""
    return _join(lists, "the trust lists")


def parse_statuses(names: Mapping[str, str], where: str) -> Mapping[str, HealthStatus]:
    """Read a mapping of an issuer's answers to our statuses. Raises UsageError naming the one that is none."""
    for answer, name in names.items():
        if name not in tuple(HealthStatus):
            raise UsageError(f"{where}: {answer!r} is mapped to {name!r}, which is none of {', '.join(HealthStatus)}")
    return MappingProxyType({answer: HealthStatus(name) for answer, name in names.items()})


def _issuer(form: _PassForm | _TokenForm, where: str) -> TrustList:
    place = f"{where}: issuer {form.id!r}"
    if isinstance(form, _PassForm):
        public = _public_key(form.key, place)
        issuer = PassIssuer(
            form.id,
            public,
            frozenset(form.compounds),
            frozenset(form.visitors),
            Ed25519PublicKey.from_public_bytes(public),
        )
        return TrustList(pass_issuers={issuer.key_id: issuer})
    if not (form.hosts or form.prefixes):
        raise UsageError(f"{place}: names neither hosts nor prefixes, so no code would ever be its; add one")
    for prefix in form.prefixes:
        if re.match(r"GP\d", prefix) or "://" in prefix:
            raise UsageError(f"{place}: the prefix {prefix!r} is that of a pass or of an address; use hosts instead")
    statuses = parse_statuses(form.map, f"{place}: map")
    return TrustList(
        token_issuers=(TokenIssuer(form.id, frozenset(form.hosts), frozenset(form.prefixes), form.parameter, statuses),)
    )


def _public_key(text: str, place: str) -> bytes:
    try:
        public = base64.b64decode(text, validate=True)
    except ValueError:
        public = b""
    if len(public) != 32 or base64.b64encode(public).decode() != text:
        raise UsageError(f"{place}: key must be an Ed25519 public key, 32 bytes in base64 (44 characters)")
    if public[:31] + bytes((public[31] & 0x7F,)) in _SMALL_ORDER:
        raise UsageError(f"{place}: key is a placeholder that everybody could sign for; put the real public key")
    return public


def _join(lists: "list[TrustList] | tuple[TrustList, ...]", where: str) -> TrustList:
    pass_issuers: dict[bytes, PassIssuer] = {}
    token_issuers: dict[str, TokenIssuer] = {}
    claimed: dict[str, str] = {}
    for one in lists:
        for name, issuer in one.pass_issuers.items():
            if pass_issuers.setdefault(name, issuer) != issuer:
                raise UsageError(
                    f"{where}: issuers {pass_issuers[name].id!r} and {issuer.id!r} have the same key but not the "
                    f"same rights; keep one"
                )
        for service in one.token_issuers:
            if token_issuers.setdefault(service.id, service) != service:
                raise UsageError(f"{where}: two issuers are called {service.id!r}; keep one or rename one")
            for match in sorted(service.hosts | service.prefixes):
                if claimed.setdefault(match, service.id) != service.id:
                    raise UsageError(f"{where}: issuers {claimed[match]!r} and {service.id!r} both claim {match!r}; keep one")
    return TrustList(
        documents=tuple(dict.fromkeys(name for one in lists for name in one.documents)),
        issued_at=min((one.issued_at for one in lists if one.issued_at is not None), default=None),
        pass_issuers=MappingProxyType(pass_issuers),
        token_issuers=tuple(token_issuers.values()),
        revoked=frozenset().union(*(one.revoked for one in lists)),
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
