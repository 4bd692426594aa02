"""Gatepost's own trust list, a JSON document: keys that sign passes and health certificates, services, what was revoked."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from kiosk.credentials import card_trust, dcc_trust, providers
from kiosk.credentials.bounded import json_tree
from kiosk.credentials.signers import CardIssuer, PassIssuer, TokenIssuer
from kiosk.credentials.trust import TrustList, join
from kiosk.errors import UsageError
from kiosk.evidence import HealthStatus
from kiosk.people import VisitorKind
from kiosk.units import WallTime

SCHEMA = 1

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}\Z")]
Compound = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")]
Host = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?\Z")]
Prefix = Annotated[str, Meta(pattern=r"^[!-~]{3,32}\Z")]
Parameter = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
PassIdText = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]
MarkText = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]

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
# Prefixes of texts that are checked here and never put to a service.
_TAKEN = re.compile(r"GP\d|HC\d:|shc:/|shlink:/")


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of the document's objects."""


class _PassForm(_Form, frozen=True, tag_field="kind", tag="pass"):
    id: Id
    key: str
    compounds: Annotated[list[Compound], Meta(min_length=1)]
    visitors: Annotated[list[VisitorKind], Meta(min_length=1)]


class _TokenForm(_Form, frozen=True, tag_field="kind", tag="health_token"):
    id: Id
    map: dict[str, str] | None = None
    provider: Id | None = None
    hosts: list[Host] = []
    prefixes: list[Prefix] = []
    parameter: Parameter = "t"


class _DccForm(_Form, frozen=True, tag_field="kind", tag="dcc"):
    id: Id
    certificates: Annotated[list[str], Meta(min_length=1)]


class _CardForm(_Form, frozen=True, tag_field="kind", tag="shc"):
    id: Id
    iss: str
    keys: Annotated[list[dict[str, object]], Meta(min_length=1)]


_IssuerForm = _PassForm | _TokenForm | _DccForm | _CardForm


class _Document(_Form, frozen=True):
    schema: int
    id: Id
    issued_at: Annotated[datetime, Meta(tz=True)]
    issuers: list[_IssuerForm]
    revoked: list[PassIdText] = []
    revoked_certificates: list[MarkText] = []


def parse_trust(data: bytes, where: str) -> TrustList:
    """Read a trust document (JSON). Raises UsageError: one sentence with file, place and what is wrong."""
    try:
        tree = json_tree(data)
    except ValueError as error:
        raise UsageError(f"{where}: is not JSON: {error}") from error
    return from_tree(tree, where)


def from_tree(tree: object, where: str) -> TrustList:
    """Read a trust document that is JSON already. Raises UsageError."""
    if isinstance(tree, dict) and tree.get("schema", SCHEMA) != SCHEMA:
        raise UsageError(f"{where}: schema is {tree['schema']!r}; this version reads schema {SCHEMA}")
    try:
        document = msgspec.convert(tree, _Document)
    except msgspec.ValidationError as error:
        finding, _, place = str(error).partition(" - at ")
        place = place.strip("`").removeprefix("$").removeprefix(".") or "the document"
        raise UsageError(f"{where}: {place}: {finding[:1].lower()}{finding[1:]}") from error
    parts = [_issuer(issuer, where) for issuer in document.issuers]
    head = TrustList(
        documents=(document.id,),
        issued_at=wall_time(document.issued_at),
        revoked=frozenset(map(bytes.fromhex, document.revoked)),
        revoked_certificates=frozenset(map(bytes.fromhex, document.revoked_certificates)),
    )
    return join([head, *parts], where)


def wall_time(moment: datetime) -> WallTime:
    """Return a moment as records have it."""
    return WallTime((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def parse_statuses(names: Mapping[str, str], where: str) -> Mapping[str, HealthStatus]:
    """Read a mapping of an issuer's answers to our statuses. Raises UsageError naming the one that is none."""
    for answer, name in names.items():
        if name not in tuple(HealthStatus):
            raise UsageError(f"{where}: {answer!r} is mapped to {name!r}, which is none of {', '.join(HealthStatus)}")
    return MappingProxyType({answer: HealthStatus(name) for answer, name in names.items()})


def _issuer(form: _IssuerForm, where: str) -> TrustList:
    place = f"{where}: issuer {form.id!r}"
    match form:
        case _PassForm():
            return _pass_issuer(form, place)
        case _TokenForm():
            return _token_issuer(form, place)
        case _DccForm():
            return join((dcc_trust.from_base64(text, place) for text in form.certificates), place)
        case _CardForm():
            keys = {key.id: key for key in (card_trust.key(jwk, place) for jwk in form.keys)}
            iss = card_trust.address(form.iss, place)
            return TrustList(card_issuers={iss: CardIssuer(iss, form.id, keys)})


def _pass_issuer(form: _PassForm, place: str) -> TrustList:
    public = _public_key(form.key, place)
    key = Ed25519PublicKey.from_public_bytes(public)
    issuer = PassIssuer(form.id, public, frozenset(form.compounds), frozenset(form.visitors), key)
    return TrustList(pass_issuers={issuer.key_id: issuer})


def _token_issuer(form: _TokenForm, place: str) -> TrustList:
    if not (form.hosts or form.prefixes):
        raise UsageError(f"{place}: names neither hosts nor prefixes, so no code would ever be its; add one")
    for prefix in form.prefixes:
        if _TAKEN.match(prefix) or "://" in prefix:
            raise UsageError(
                f"{place}: the prefix {prefix!r} is that of a pass, a health certificate or an address; use hosts instead"
            )
    read = _answers(form, place)
    hosts, prefixes = frozenset(form.hosts), frozenset(form.prefixes)
    issuer = TokenIssuer(form.id, hosts, prefixes, form.parameter, read.statuses, read.no_answer)
    return TrustList(token_issuers=(issuer,))


def _answers(form: _TokenForm, place: str) -> providers.Answers:
    if form.provider is None and form.map is not None:
        return providers.Answers(parse_statuses(form.map, f"{place}: map"))
    if form.provider is None or form.map is not None:
        raise UsageError(f"{place}: name either its provider or a map of its answers")
    try:
        return providers.answers_of(form.provider)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error


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
