"""EU certificates by a signer of the tests' own, and the layers of their texts."""

from typing import Any

from cbor2 import CBORTag, dumps

from kiosk.bench.specimens import NOW, dcc, ec_document_signer, pack
from kiosk.credentials import TrustList, examine
from kiosk.credentials.dcc_trust import read_certificate
from kiosk.evidence import Credential
from kiosk.units import Seconds, WallTime

SIGNER = ec_document_signer()
OTHER = ec_document_signer()
TRUST = read_certificate(SIGNER.certificate, "signer")


def wall(time: Any = NOW) -> WallTime:
    """A moment as the kiosk counts it."""
    return WallTime(round(time.timestamp() * 1_000_000))


def checked(text: str | bytes, trust: TrustList = TRUST, at: Any = NOW, tolerance_s: float = 0) -> Credential:
    """What a code is found to be."""
    content = text.encode() if isinstance(text, str) else text
    found = examine(content, trust, wall(at), Seconds(tolerance_s))
    assert isinstance(found, Credential)
    return found


def entry(**members: object) -> dict[str, Any]:
    """A vaccination, with these members instead."""
    return {**dcc()["v"][0], **members}


GOOD = SIGNER.text(dcc()).encode()
PAYLOAD = dumps({4: 1_700_000_000, 6: 1_600_000_000, -260: {1: dcc()}})
HEADER = {1: -7, 4: SIGNER.key_id}


def message(*items: object) -> str:
    """The text of a signed message with these items."""
    return pack(dumps(CBORTag(18, list(items))))
