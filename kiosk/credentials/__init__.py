"""A scanned code in, a credential with a verdict out. Pure: the keys and the time are arguments.

`examine` takes any bytes that a camera may bring and never raises. A pass comes back checked; a health code that
only its issuer can read comes back as a token, and `resolved` makes a credential of the issuer's answer.
"""

from kiosk.credentials import health_token, passes
from kiosk.credentials.health_token import HealthToken, resolved
from kiosk.credentials.passes import EXACT, PassClaims, Uses
from kiosk.credentials.trust import TrustList, combine, key_id, parse_statuses, parse_trust
from kiosk.model import Credential, CredentialKind, Seconds, Verdict, WallTime

__all__ = [
    "Examined",
    "HealthToken",
    "PassClaims",
    "TrustList",
    "Uses",
    "combine",
    "examine",
    "key_id",
    "parse_statuses",
    "parse_trust",
    "resolved",
]

MAX_CONTENT = 4096
"""More than any QR code can hold (2953 bytes, version 40-L); longer content is nobody's."""

Examined = Credential | HealthToken


def examine(content: bytes, trust: TrustList, at: WallTime, tolerance_s: Seconds = EXACT) -> Examined:
    """Say what a code is worth. Never raises, whatever the bytes.

    Give a gate `TrustList.for_compound(its own)`, so that passes for elsewhere are not believed. `tolerance_s`
    widens a pass's validity at both ends, for a clock that is not exact.
    """
    if len(content) > MAX_CONTENT:
        return Credential(CredentialKind.UNRECOGNISED, Verdict.MALFORMED, detail="longer than any code can be")
    if passes.is_pass(content):
        return passes.verify(content, trust, at, tolerance_s)
    return health_token.recognise(content, trust)
