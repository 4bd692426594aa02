r"""Gatepost's own signed pass: who may come in, where and when, in one QR code that needs no network to check.

    GP1:<Base45 of payload || Ed25519 signature, 64 bytes>

The signature is over `gatepost pass v1\0` || payload. The payload, numbers big-endian (`docs/credentials.md`):

    key id 8 | pass id 12 | kind, uses, language 1 | not before 4 | not after 4 | compound, unit, holder: length 1, UTF-8

Times are seconds since 1970 UTC. There is one encoding of a pass and no other is read. A pass for some gates, hours
or one vehicle only, or for a whole company, is of version 2: `GP2:`, `gatepost pass v2\0`, and its terms
(`kiosk.credentials.pass_terms`) after the texts.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature

from kiosk.credentials import base45
from kiosk.credentials.pass_terms import ANYWHERE_ALWAYS, Here, Terms, judged, packed, unpacked
from kiosk.credentials.signers import KEY_ID_BYTES
from kiosk.credentials.trust import TrustList
from kiosk.errors import GatepostError, UsageError
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.frozen import frozen
from kiosk.people import VisitorKind
from kiosk.units import Seconds, WallTime

PREFIX, PREFIX_2 = b"GP1:", b"GP2:"
CONTEXT, CONTEXT_2 = b"gatepost pass v1\0", b"gatepost pass v2\0"
PASS_ID_BYTES = 12
SIGNATURE_BYTES = 64
MAX_CHARACTERS = 311
"""What a QR code of version 10 at error level M holds in alphanumeric mode (ISO/IEC 18004)."""
MAX_TEXT_BYTES = 20
"""The longest unit or holder, so that the longest compound still fits."""
OWN_ACCOUNT = "own/"
"""A holder that begins so has come on their own account: nobody of the house has agreed. The visit that the pass brings
back follows."""

EXACT = Seconds(0)
"""No tolerance for the clock."""

_ANY_PASS = re.compile(rb"GP\d{1,3}:")
_HEAD = struct.Struct(f">{KEY_ID_BYTES}s{PASS_ID_BYTES}sBII")
_COMPOUND = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KINDS = {
    VisitorKind.RESIDENT: 1,
    VisitorKind.GUEST: 2,
    VisitorKind.COURIER: 3,
    VisitorKind.STAFF: 4,
    VisitorKind.DOMESTIC_HELP: 5,
    VisitorKind.UTILITY_REPAIR: 6,
    VisitorKind.ESTATE_AGENT: 7,
    VisitorKind.RENOVATION: 8,
    VisitorKind.OTHER: 9,
    VisitorKind.GUARD: 10,
    VisitorKind.TECHNICIAN: 11,
}
_VISITORS = {code: kind for kind, code in _KINDS.items()}
_MULTIPLE = 0x10
_LANGUAGES = {None: 0x00, "zh": 0x20, "en": 0x40, "ja": 0x60, "ko": 0x80}
_SPOKEN = {code: language for language, code in _LANGUAGES.items()}
_LANGUAGE_BITS = 0xE0
_SECOND = 1_000_000


class Uses(StrEnum):
    """How often a pass opens the gate."""

    SINGLE = "single"
    MULTIPLE = "multiple"


class PassUnreadable(GatepostError, ValueError):
    """A text is no pass that this version reads; `verdict` is MALFORMED or UNSUPPORTED."""

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(detail)
        self.verdict = verdict


@frozen
class PassClaims:
    """What a pass says. `holder` is a pseudonym, never a name; times are whole seconds, the end not included.

    `language`: in which the gate speaks to whoever shows it, zh, en, ja or ko; None: in its own. `terms`: for which gates,
    hours, vehicle and company it is.
    """

    pass_id: bytes = field(repr=False)
    compound: str
    visitor: VisitorKind
    not_before: WallTime
    not_after: WallTime
    uses: Uses = Uses.SINGLE
    unit: str | None = field(default=None, repr=False)
    holder: str | None = field(default=None, repr=False)
    language: str | None = None
    terms: Terms = ANYWHERE_ALWAYS


@frozen
class SignedPass:
    """A pass as read, its signature not yet checked."""

    claims: PassClaims
    key_id: bytes
    signed: bytes = field(repr=False)
    signature: bytes


def is_pass(content: bytes) -> bool:
    """Whether a text claims to be a pass of this or a later version."""
    return _ANY_PASS.match(content) is not None


def encode(claims: PassClaims, sign: Callable[[bytes], bytes], key_id: bytes) -> str:
    """Write and sign a pass. Raises UsageError when the claims cannot stand in one.

    `sign` makes an Ed25519 signature (64 bytes) with the key that `key_id` names.
    """
    payload = _payload(claims, key_id)
    prefix, context = (PREFIX_2, CONTEXT_2) if claims.terms else (PREFIX, CONTEXT)
    signature = sign(context + payload)
    if len(signature) != SIGNATURE_BYTES:
        raise UsageError(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes, not {len(signature)}")
    text = prefix.decode() + base45.encode(payload + signature)
    if len(text) > MAX_CHARACTERS:
        raise UsageError("the pass does not fit into a code that phones show well; name fewer gates, or shorter texts")
    return text


def read(content: bytes) -> SignedPass:
    """Read a pass without believing it. Raises PassUnreadable."""
    with_terms = content.startswith(PREFIX_2)
    if not with_terms and not content.startswith(PREFIX):
        if is_pass(content):
            raise PassUnreadable(Verdict.UNSUPPORTED, "a pass of a version that this software does not read")
        raise PassUnreadable(Verdict.MALFORMED, "not a pass")
    if len(content) > MAX_CHARACTERS:
        raise PassUnreadable(Verdict.MALFORMED, "longer than a pass can be")
    try:
        data = base45.decode(content[len(PREFIX) :])
    except ValueError as error:
        raise PassUnreadable(Verdict.MALFORMED, f"not Base45: {error}") from error
    payload, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if len(payload) <= _HEAD.size:
        raise PassUnreadable(Verdict.MALFORMED, "shorter than a pass can be")
    named, pass_id, flags, not_before, not_after = _HEAD.unpack_from(payload)
    (compound, unit, holder), rest = _texts(payload[_HEAD.size :])
    terms = _terms(rest, with_terms=with_terms)
    if not (compound and _COMPOUND.fullmatch(compound)):
        raise PassUnreadable(Verdict.MALFORMED, "the compound is not a name")
    if not_before >= not_after:
        raise PassUnreadable(Verdict.MALFORMED, "it ends before it begins")
    visitor = _VISITORS.get(flags & ~_MULTIPLE & ~_LANGUAGE_BITS)
    if visitor is None or flags & _LANGUAGE_BITS not in _SPOKEN:
        raise PassUnreadable(Verdict.UNSUPPORTED, "a kind or a language of pass that this software does not know")
    claims = PassClaims(
        pass_id,
        compound,
        visitor,
        WallTime(not_before * _SECOND),
        WallTime(not_after * _SECOND),
        Uses.MULTIPLE if flags & _MULTIPLE else Uses.SINGLE,
        unit,
        holder,
        _SPOKEN[flags & _LANGUAGE_BITS],
        terms,
    )
    return SignedPass(claims, named, (CONTEXT_2 if with_terms else CONTEXT) + payload, signature)


def verify(
    content: bytes, trust: TrustList, at: WallTime, tolerance_s: Seconds = EXACT, here: Here | None = None
) -> Credential:
    """Check a pass against the trust list at a moment. Never raises; the first check that fails wins.

    For which gates and hours it is, is looked at last, and only where it says so and `here` is known.
    `tolerance_s` widens both ends, for a clock that is not exact. Nothing a pass claims is passed on before its
    signature is believed, except the name of its key.
    """
    try:
        found = read(content)
    except PassUnreadable as error:
        return _verdict(error.verdict, str(error))
    claims, key = found.claims, found.key_id.hex()
    issuer = trust.pass_issuers.get(found.key_id)
    if issuer is None:
        return _verdict(Verdict.UNTRUSTED_ISSUER, "no trust list has this key", key=key)
    if claims.compound not in issuer.compounds:
        detail = "this key may not sign for the compound that the pass names"
        return _verdict(Verdict.UNTRUSTED_ISSUER, detail, issuer.id, key)
    if claims.visitor not in issuer.visitors:
        detail = f"this key may not sign for a {claims.visitor}"
        return _verdict(Verdict.UNTRUSTED_ISSUER, detail, issuer.id, key)
    try:
        issuer.key.verify(found.signature, found.signed)
    except InvalidSignature:
        detail = "the signature is not that of the key it names"
        return _verdict(Verdict.BAD_SIGNATURE, detail, issuer.id, key)
    verdict, detail = _standing(claims, trust, at, round(tolerance_s * _SECOND), here)
    return Credential(
        CredentialKind.PASS,
        verdict,
        issuer=issuer.id,
        key_id=key,
        holder=claims.holder and claims.holder.removeprefix(OWN_ACCOUNT),
        visitor=claims.visitor,
        expires_at=claims.not_after,
        detail=detail,
        serial=claims.pass_id.hex(),
        unit=claims.unit,
        single_use=claims.uses is Uses.SINGLE,
        language=claims.language,
        invited=not (claims.holder or "").startswith(OWN_ACCOUNT),
        plate=claims.terms.plate,
        asks_name=claims.terms.company,
    )


def _standing(claims: PassClaims, trust: TrustList, at: WallTime, tolerance: int, here: Here | None) -> tuple[Verdict, str]:
    if at < claims.not_before - tolerance:
        return Verdict.NOT_YET_VALID, "its time has not begun"
    if at >= claims.not_after + tolerance:
        return Verdict.EXPIRED, "its time is over"
    if claims.pass_id in trust.revoked:
        return Verdict.REVOKED, "it was revoked"
    return judged(claims.terms, here)


def _verdict(verdict: Verdict, detail: str, issuer: str | None = None, key: str | None = None) -> Credential:
    return Credential(CredentialKind.PASS, verdict, issuer=issuer, key_id=key, detail=detail)


def _payload(claims: PassClaims, key_id: bytes) -> bytes:
    if len(key_id) != KEY_ID_BYTES or len(claims.pass_id) != PASS_ID_BYTES:
        raise UsageError(f"a key id has {KEY_ID_BYTES} bytes and a pass id {PASS_ID_BYTES}")
    if not _COMPOUND.fullmatch(claims.compound):
        raise UsageError(f"a pass cannot name the compound {claims.compound!r}; use small letters, digits and -")
    times = (claims.not_before, claims.not_after)
    if any(time % _SECOND or not 0 <= time // _SECOND < 2**32 for time in times):
        raise UsageError("the times of a pass are whole seconds from 1970 to 2106")
    if claims.not_before >= claims.not_after:
        raise UsageError("a pass must end after it begins")
    if claims.language not in _LANGUAGES:
        raise UsageError(f"a pass cannot ask for the language {claims.language!r}; it can for zh, en, ja and ko")
    flags = _KINDS[claims.visitor] | (_MULTIPLE if claims.uses is Uses.MULTIPLE else 0) | _LANGUAGES[claims.language]
    out = _HEAD.pack(key_id, claims.pass_id, flags, *(time // _SECOND for time in times))
    for name, text in (("unit", claims.unit), ("holder", claims.holder)):
        if text is not None and not _plain(text):
            raise UsageError(f"the {name} of a pass is plain text of 1 to {MAX_TEXT_BYTES} bytes")
    for text in (claims.compound, claims.unit, claims.holder):
        data = (text or "").encode()
        out += bytes((len(data),)) + data
    return out + packed(claims.terms) if claims.terms else out


def _terms(data: bytes, *, with_terms: bool) -> Terms:
    if not with_terms:
        if data:
            raise PassUnreadable(Verdict.MALFORMED, "the lengths do not add up")
        return ANYWHERE_ALWAYS
    try:
        return unpacked(data)
    except ValueError as error:
        raise PassUnreadable(Verdict.MALFORMED, f"its gates and hours cannot be read: {error}") from error


def _texts(data: bytes) -> tuple[tuple[str | None, str | None, str | None], bytes]:
    texts: list[str | None] = []
    for _ in range(3):
        if not data or len(data) <= data[0]:
            raise PassUnreadable(Verdict.MALFORMED, "a text is cut short")
        text, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        try:
            texts.append(text.decode() or None)
        except UnicodeDecodeError:
            raise PassUnreadable(Verdict.MALFORMED, "a text is not UTF-8") from None
    compound, unit, holder = texts
    if any(text is not None and not _plain(text) for text in (unit, holder)):
        raise PassUnreadable(Verdict.MALFORMED, "a text is too long or not plain")
    return (compound, unit, holder), data


def _plain(text: str) -> bool:
    # isprintable() also keeps out control, bidirectional and lone surrogate characters.
    return text.isprintable() and text == text.strip() and 1 <= len(text.encode()) <= MAX_TEXT_BYTES
