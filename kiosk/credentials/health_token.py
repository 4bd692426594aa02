"""Health codes that are opaque tokens: an address of the issuer's, or a prefix, with a token only it can read.

Nothing in such a code can be believed by looking at it. The recogniser says whose it is; the issuer's gateway
says what it stands for.
"""

import re
from dataclasses import field
from urllib.parse import parse_qsl, urlsplit

from kiosk.credentials.signers import TokenIssuer
from kiosk.credentials.trust import TrustList
from kiosk.evidence import Credential, CredentialKind, HealthStatus, Verdict
from kiosk.frozen import frozen
from kiosk.holder import Holder

HTTPS_PORT = 443

_VISIBLE = re.compile(rb"[!-~]{1,2048}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")
_NOT_A_CODE = Credential(CredentialKind.UNRECOGNISED, Verdict.MALFORMED, detail="a code, but not one that opens a gate")


@frozen
class HealthToken:
    """A token that `issuer` (an id in the trust list) must be asked about. Never logged."""

    token: str = field(repr=False)
    issuer: str


def recognise(content: bytes, trust: TrustList) -> HealthToken | Credential:
    """Return the token and its issuer, or a credential that says why there is none. Never raises."""
    if not _VISIBLE.fullmatch(content):
        return _NOT_A_CODE
    text = content.decode("ascii")
    for issuer in trust.token_issuers:
        for prefix in issuer.prefixes:
            if text.startswith(prefix):
                return _token(text.removeprefix(prefix), issuer)
    return _from_address(text, trust)


def resolved(token: HealthToken, status: HealthStatus, person: Holder | None = None) -> Credential:
    """Return the credential that the issuer's answer makes of a token; `person`: whose it is, masked.

    An answer that is not understood makes it UNSUPPORTED, so that it can never count as a green code.
    """
    verdict, detail = Verdict.VALID, ""
    if status is HealthStatus.EXPIRED:
        verdict, detail = Verdict.EXPIRED, "its issuer says that it has expired"
    elif status is HealthStatus.UNKNOWN:
        verdict, detail = Verdict.UNSUPPORTED, "its issuer's answer is none that is known here"
    return Credential(
        CredentialKind.HEALTH_TOKEN,
        verdict,
        issuer=token.issuer,
        holder=token.token,
        health=status,
        detail=detail,
        person=person,
    )


def _from_address(text: str, trust: TrustList) -> HealthToken | Credential:
    # A backslash is a slash to some readers and not to others: nobody's address has one.
    if "\\" in text:
        return _NOT_A_CODE
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _NOT_A_CODE
    if parts.scheme != "https" or "@" in parts.netloc or parts.fragment or port not in (None, HTTPS_PORT):
        return _NOT_A_CODE
    issuer = next((issuer for issuer in trust.token_issuers if host in issuer.hosts), None)
    if issuer is None:
        return _NOT_A_CODE
    try:
        members = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=32)
    except ValueError:
        return _NOT_A_CODE
    tokens = [value for name, value in members if name == issuer.parameter]
    if not tokens:
        return _NOT_A_CODE
    return _token(tokens[0] if len(tokens) == 1 else "", issuer)


def _token(text: str, issuer: TokenIssuer) -> HealthToken | Credential:
    if not _TOKEN.fullmatch(text):
        detail = "a health code without one readable token"
        return Credential(CredentialKind.HEALTH_TOKEN, Verdict.MALFORMED, issuer=issuer.id, detail=detail)
    return HealthToken(text, issuer.id)
