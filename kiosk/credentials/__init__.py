"""A scanned code in, a credential with a verdict out. Pure: the keys and the time are arguments.

`examine` takes any bytes that a camera may bring and never raises. A pass or a health certificate comes back checked;
a health code that only its issuer can read comes back as a token, and `resolved` makes a credential of the issuer's
answer. A part of a card comes back as such, and `examine_parts` checks what the parts make together.
"""

from kiosk.credentials import dcc, health_token, passes, shc
from kiosk.credentials.bounded import Unreadable
from kiosk.credentials.health_token import HealthToken, resolved
from kiosk.credentials.pass_terms import Here
from kiosk.credentials.passes import EXACT, PassClaims, Uses
from kiosk.credentials.shc import CardPart, CardParts
from kiosk.credentials.signers import key_id
from kiosk.credentials.trust import TrustList, combine
from kiosk.credentials.trust_document import parse_statuses, parse_trust
from kiosk.credentials.trust_files import read_trust
from kiosk.evidence import MAX_CODE, Credential, CredentialKind, Verdict
from kiosk.units import Seconds, WallTime

__all__ = [
    "CardPart",
    "CardParts",
    "Examined",
    "HealthToken",
    "Here",
    "PassClaims",
    "TrustList",
    "Uses",
    "combine",
    "examine",
    "examine_parts",
    "key_id",
    "parse_statuses",
    "parse_trust",
    "read_trust",
    "resolved",
]

Examined = Credential | HealthToken | CardPart


def examine(
    content: bytes, trust: TrustList, at: WallTime, tolerance_s: Seconds = EXACT, here: Here | None = None
) -> Examined:
    """Say what a code is worth. Never raises, whatever the bytes.

    Give a gate `TrustList.for_compound(its own)`, so that passes for elsewhere are not believed. `tolerance_s`
    widens a validity at both ends, for a clock that is not exact. `here`: for a pass that is for some gates or hours.
    """
    if len(content) > MAX_CODE:
        return Credential(CredentialKind.UNRECOGNISED, Verdict.MALFORMED, detail="longer than any code can be")
    if passes.is_pass(content):
        return passes.verify(content, trust, at, tolerance_s, here)
    if dcc.is_dcc(content):
        return dcc.verify(content, trust, at, tolerance_s)
    if shc.is_card(content):
        return _card(content, trust, at, tolerance_s)
    return health_token.recognise(content, trust)


def examine_parts(parts: CardParts, trust: TrustList, at: WallTime, tolerance_s: Seconds = EXACT) -> Credential:
    """Say what a card is worth of which every part was seen. Never raises."""
    try:
        return shc.verify(parts.joined(), trust, at, tolerance_s)
    except Unreadable as error:
        return shc.refused(error)


def _card(content: bytes, trust: TrustList, at: WallTime, tolerance_s: Seconds) -> Credential | CardPart:
    try:
        found = shc.read(content)
    except Unreadable as error:
        return shc.refused(error)
    return found if isinstance(found, CardPart) else shc.verify(found, trust, at, tolerance_s)
