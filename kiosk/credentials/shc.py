"""SMART Health Cards: who signed one, whether it is in force, and what it says. Offline and pure.

    shc:/<two digits for each character of a JWS>, or in parts: shc:/1/2/<digits>, shc:/2/2/<digits>

The JWS (RFC 7515) is signed with ES256; its payload is JSON, compressed with raw DEFLATE. Specification: VCI/HL7,
"SMART Health Cards Framework" (https://spec.smarthealth.cards).
"""

import re
from collections.abc import Mapping
from dataclasses import field

from kiosk.credentials import fhir
from kiosk.credentials.bounded import Unreadable, inflate, json_tree
from kiosk.credentials.card_trust import is_address
from kiosk.credentials.fhir import Bundle
from kiosk.credentials.findings import SECOND, seconds
from kiosk.credentials.jwk import base64url
from kiosk.credentials.keys import Algorithm, signed_with
from kiosk.credentials.trust import TrustList
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.frozen import frozen
from kiosk.units import Seconds, WallTime

PREFIX = b"shc:/"
HEALTH_CARD = "https://smarthealth.cards#health-card"
MAX_ALONE = 1195
"""Characters of a JWS in one code (version 22-L)."""
MAX_PART = 1191
"""Characters of a JWS in one of several codes, whose prefix is longer."""
MAX_PARTS = 16
MAX_INFLATED = 64 * 1024
"""Bytes. A card has 1 to 3 thousand; the largest in parts holds some 14 thousand of its compressed form."""
EXACT = Seconds(0)

_ANY_CARD = re.compile(rb"shc:|shlink:/|eyJ[A-Za-z0-9_-]*\.")
_TEXT = re.compile(rb"shc:/(?:(\d{1,3})/(\d{1,3})/)?((?:\d\d)+)")
_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CARD_ID = re.compile(r"[A-Za-z0-9_-]{1,24}")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OFFSET = ord("-")
_LAST = ord("z") - _OFFSET


@frozen
class CardPart:
    """One code of several that hold a card together; `index` begins with 1."""

    index: int
    total: int
    text: str = field(repr=False)


@frozen
class CardParts:
    """The parts that were seen, in whatever order. A value: `with_part` makes the next one."""

    total: int = 0
    seen: Mapping[int, str] = field(default_factory=dict, repr=False)

    @property
    def complete(self) -> bool:
        """Whether every part was seen."""
        return 0 < self.total == len(self.seen)

    def with_part(self, part: CardPart) -> "CardParts":
        """Add a part. One that does not fit the others begins another card."""
        if part.total != self.total or self.seen.get(part.index, part.text) != part.text:
            return CardParts(part.total, {part.index: part.text})
        return CardParts(self.total, {**self.seen, part.index: part.text})

    def joined(self) -> str:
        """Return the card's JWS. Raises Unreadable when it would have needed fewer parts, or one is missing."""
        jws = "".join(self.seen[index] for index in sorted(self.seen))
        if not self.complete or len(jws) <= MAX_ALONE or -(-len(jws) // MAX_PART) != self.total:
            raise Unreadable("it is in more parts than it needs, or one is missing")
        return jws


@frozen
class Claims:
    """What a card's payload says, its signature not yet checked."""

    iss: str
    begins_at: WallTime
    expires_at: WallTime | None
    card_id: str | None
    bundle: Bundle


def is_card(content: bytes) -> bool:
    """Whether a text claims to be such a card, a link to one, or the JWS of one."""
    return _ANY_CARD.match(content) is not None


def read(content: bytes) -> str | CardPart:
    """Return the JWS in a text, or a part of one. Raises Unreadable."""
    if content.startswith(b"shlink:/"):
        raise Unreadable("a link to a card, which only a network could follow", Verdict.UNSUPPORTED)
    if content.startswith(b"eyJ"):
        return content.decode("ascii", "replace")
    parts = _TEXT.fullmatch(content)
    if parts is None:
        raise Unreadable("it is not shc:/ and pairs of digits")
    text = _characters(parts[3])
    if parts[1] is None:
        if len(text) > MAX_ALONE:
            raise Unreadable("it is too long for one code")
        return text
    index, total = int(parts[1]), int(parts[2])
    if not 1 <= index <= total <= MAX_PARTS or total < 2 or len(text) > MAX_PART:
        raise Unreadable("it is no part of a card as cards are divided")
    return CardPart(index, total, text)


def verify(jws: str, trust: TrustList, at: WallTime, tolerance_s: Seconds = EXACT) -> Credential:
    """Check a card against the trust list at a moment. Never raises; the first check that fails wins.

    `tolerance_s` widens both ends, for a clock that is not exact. Nothing it says is passed on before its signature
    is believed, except the name of its key.
    """
    try:
        if not _JWS.fullmatch(jws):
            raise Unreadable("it is no JWS")
        header, payload, signature = (_bytes(part) for part in jws.split("."))
        key_id, algorithm = _header(header)
        claims = _claims(inflate(payload, MAX_INFLATED, raw=True))
        if algorithm != Algorithm.ES256:
            raise Unreadable("it is signed in a way that this software does not know", Verdict.UNSUPPORTED)
    except Unreadable as error:
        return refused(error)
    key = trust.card_key(claims.iss, key_id)
    if key is None:
        return _verdict(Verdict.UNTRUSTED_ISSUER, "no trust list has its issuer with this key", key=key_id)
    signed = jws.rpartition(".")[0].encode()
    if not signed_with(key.key, Algorithm.ES256, signature, signed):
        detail = "the signature is not that of the key it names"
        return _verdict(Verdict.BAD_SIGNATURE, detail, claims.iss, key_id)
    verdict, detail = _standing(claims, key_id, trust, at, round(tolerance_s * SECOND))
    return Credential(
        CredentialKind.SHC,
        verdict,
        issuer=claims.iss,
        key_id=key_id,
        expires_at=claims.expires_at,
        detail=detail or claims.bundle.note,
        person=claims.bundle.holder,
        findings=tuple(happening.on(at) for happening in claims.bundle.happenings),
    )


def refused(error: Unreadable) -> Credential:
    """Return the credential of a text that is no card that can be read."""
    return _verdict(error.verdict, str(error))


def _characters(digits: bytes) -> str:
    """Turn pairs of digits into the characters that they stand for, from `-` on. Raises Unreadable."""
    values = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if max(values) > _LAST:
        raise Unreadable("two digits stand for no character of a JWS")
    return "".join(chr(value + _OFFSET) for value in values)


def _header(data: bytes) -> tuple[str, str]:
    match _json(data, "header"):
        case {"alg": str() as algorithm, "kid": str() as key_id, "zip": "DEF"} if _KEY_ID.fullmatch(key_id):
            return key_id, algorithm
        case {"alg": str(), "kid": str(), "zip": str() as packing} if packing != "DEF":
            raise Unreadable("it is packed in a way that this software does not know", Verdict.UNSUPPORTED)
        case _:
            raise Unreadable("its header does not say how it is signed, packed, and with which key")


def _claims(data: bytes) -> Claims:
    # What stands around the JSON object, were it only white space, was not put there by an issuer that keeps the rules.
    if not (data.startswith(b"{") and data.endswith(b"}")):
        raise Unreadable("its payload is no JSON object by itself")
    claims = _json(data, "payload")
    match claims.get("vc"):
        case {"type": [*types], "credentialSubject": {"fhirVersion": str(), "fhirBundle": bundle}, **others}:
            kinds = frozenset(kind for kind in types if isinstance(kind, str))
        case _:
            raise Unreadable("there is no credential in it")
    if HEALTH_CARD not in kinds:
        raise Unreadable("its types do not say that it is a health card")
    iss = claims.get("iss")
    if not isinstance(iss, str) or not is_address(iss):
        raise Unreadable("its issuer is no https address without a slash at its end")
    begins_at = seconds(claims.get("nbf"))
    expires_at = None if claims.get("exp") is None else seconds(claims["exp"])
    if expires_at is not None and expires_at <= begins_at:
        raise Unreadable("it ends before it begins")
    card_id = others.get("rid")
    if card_id is not None and not (isinstance(card_id, str) and _CARD_ID.fullmatch(card_id)):
        raise Unreadable("its id for revocation is none")
    return Claims(iss, begins_at, expires_at, card_id, fhir.read(bundle, kinds))


def _standing(claims: Claims, key: str, trust: TrustList, at: WallTime, tolerance: int) -> tuple[Verdict, str]:
    if at < claims.begins_at - tolerance:
        return Verdict.NOT_YET_VALID, "its time has not begun"
    if claims.expires_at is not None and at >= claims.expires_at + tolerance:
        return Verdict.EXPIRED, "its time is over"
    revoked = trust.revoked_cards.get(key, {})
    if claims.card_id is not None and claims.card_id in revoked:
        before = revoked[claims.card_id]
        if before is None or claims.begins_at < before:
            return Verdict.REVOKED, "it was revoked"
    return Verdict.VALID, ""


def _json(data: bytes, what: str) -> dict[str, object]:
    try:
        tree = json_tree(data)
    except ValueError as error:
        raise Unreadable(f"its {what} is not JSON") from error
    if not isinstance(tree, dict):
        raise Unreadable(f"its {what} is no JSON object")
    return tree


def _bytes(text: str) -> bytes:
    try:
        return base64url(text)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def _verdict(verdict: Verdict, detail: str, issuer: str | None = None, key: str | None = None) -> Credential:
    return Credential(CredentialKind.SHC, verdict, issuer=issuer, key_id=key, detail=detail)
