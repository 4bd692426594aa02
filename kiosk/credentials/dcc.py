"""EU Digital COVID Certificates: who signed one, whether it is in force, and what it says. Offline and pure.

    HC1:<Base45 of zlib of COSE_Sign1 of a CWT with the certificate in its claim -260>

Specification: eHealth Network, "Technical Specifications for EU Digital COVID Certificates", volumes 1 and 3, and
Implementing Decision (EU) 2021/1073, annexes I and IV.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from kiosk.credentials import base45, cose, dcc_content
from kiosk.credentials.bounded import Unreadable, cbor, inflate
from kiosk.credentials.dcc_content import Content
from kiosk.credentials.findings import SECOND, seconds
from kiosk.credentials.keys import signed_with
from kiosk.credentials.signers import DocumentSigner
from kiosk.credentials.trust import TrustList
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.frozen import frozen
from kiosk.units import Seconds, WallTime

PREFIX = b"HC1:"
MAX_INFLATED = 16 * 1024
"""Bytes. A certificate has 300 to 1500; the largest QR code holds no more than 2864 of its compressed form."""

ISSUER, EXPIRES_AT, NOT_BEFORE, ISSUED_AT, HCERT = 1, 4, 5, 6, -260
"""Claims of the CWT (RFC 8392; `hcert` by its specification)."""
EU_DCC = 1
"""The only member of `hcert`."""
EXACT = Seconds(0)

_ANY_DCC = re.compile(rb"\s*HC\d:")
_AROUND = b" \t\r\n"
"""White space that some put around a certificate. Base45 has the space, but none of its groups ends with one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Claims:
    """The CWT: what is certified, and from when to when."""

    begins_at: WallTime | None
    expires_at: WallTime
    content: Content


def is_dcc(content: bytes) -> bool:
    """Whether a text claims to be such a certificate, of this or another version."""
    return _ANY_DCC.match(content) is not None


def verify(content: bytes, trust: TrustList, at: WallTime, tolerance_s: Seconds = EXACT) -> Credential:
    """Check a certificate against the trust list at a moment. Never raises; the first check that fails wins.

    `tolerance_s` widens both ends, for a clock that is not exact. Nothing it says is passed on before its signature
    is believed, except the name of its key.
    """
    try:
        message = cose.read(_unpacked(content))
        claims = _claims(message.payload)
        algorithm = cose.supported(message)
    except Unreadable as error:
        return _verdict(error.verdict, str(error))
    key = None if message.key_id is None else message.key_id.hex()
    signers = trust.document_signers.get(message.key_id or b"", ())
    if not signers:
        return _verdict(Verdict.UNTRUSTED_ISSUER, "no trust list has its key", key=key)
    allowed = [signer for signer in signers if claims.content.group in signer.may_sign]
    if not allowed:
        detail = "its key may not sign for this kind of certificate"
        return _verdict(Verdict.UNTRUSTED_ISSUER, detail, signers[0].id, key)
    # Key ids are short: where several keys have the same, each may be the one.
    signed = message.signed()
    signer = next((one for one in allowed if signed_with(one.key, algorithm, message.signature, signed)), None)
    if signer is None:
        return _verdict(Verdict.BAD_SIGNATURE, "the signature is not that of the key it names", allowed[0].id, key)
    verdict, detail = _standing(claims, signer, trust, at, round(tolerance_s * SECOND))
    return Credential(
        CredentialKind.DCC,
        verdict,
        issuer=signer.id,
        key_id=key,
        expires_at=claims.expires_at,
        detail=detail or claims.content.note,
        person=claims.content.holder,
        findings=tuple(happening.on(at) for happening in claims.content.happenings),
    )


def revocation_mark(identifier: str) -> bytes:
    """By what a trust list names a revoked certificate: half the SHA-256 of its unique identifier."""
    return hashlib.sha256(identifier.encode()).digest()[:16]


def _unpacked(content: bytes) -> bytes:
    content = content.strip(_AROUND)
    if not content.startswith(PREFIX):
        raise Unreadable("it does not begin with HC1:")
    try:
        packed = base45.decode(content[len(PREFIX) :])
    except ValueError as error:
        raise Unreadable(f"not Base45: {error}") from error
    return inflate(packed, MAX_INFLATED)


def _claims(payload: bytes) -> Claims:
    claims = cbor(payload)
    if not isinstance(claims, Mapping):
        raise Unreadable("its claims are no map")
    expires_at = seconds(claims.get(EXPIRES_AT))
    begins = [seconds(claims[name]) for name in (ISSUED_AT, NOT_BEFORE) if claims.get(name) is not None]
    begins_at = max(begins, default=None)
    certificates = claims.get(HCERT)
    if not isinstance(certificates, Mapping):
        raise Unreadable("there is no health certificate in it")
    issued_on = (_EPOCH + timedelta(microseconds=begins_at or expires_at)).date().isoformat()
    return Claims(begins_at, expires_at, dcc_content.read(certificates.get(EU_DCC), issued_on))


def _standing(claims: Claims, signer: DocumentSigner, trust: TrustList, at: WallTime, tolerance: int) -> tuple[Verdict, str]:
    if claims.begins_at is not None and at < claims.begins_at - tolerance:
        return Verdict.NOT_YET_VALID, "its time has not begun"
    # The shell model of the EU's governance: the signer's own certificate must be in force as well.
    if signer.not_before is not None and at < signer.not_before - tolerance:
        return Verdict.NOT_YET_VALID, "the time of its signer's certificate has not begun"
    # To the moment itself: "after which a verifier must reject" it (specification, volume 1, 3.3.2), unlike a JWT.
    if at > claims.expires_at + tolerance:
        return Verdict.EXPIRED, "its time is over"
    if signer.not_after is not None and at > signer.not_after + tolerance:
        return Verdict.EXPIRED, "the time of its signer's certificate is over"
    if any(revocation_mark(identifier) in trust.revoked_certificates for identifier in claims.content.identifiers):
        return Verdict.REVOKED, "it was revoked"
    return Verdict.VALID, ""


def _verdict(verdict: Verdict, detail: str, issuer: str | None = None, key: str | None = None) -> Credential:
    return Credential(CredentialKind.DCC, verdict, issuer=issuer, key_id=key, detail=detail)
