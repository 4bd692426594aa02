"""SMART Health Cards held against a trust list of one issuer."""

import json
from typing import Any

from kiosk.bench.specimens import ISS, NOW, card, card_signer
from kiosk.credentials import TrustList, examine, read_trust
from kiosk.evidence import Credential
from kiosk.units import Seconds, WallTime

SIGNER, OTHER = card_signer(), card_signer()
JWS = SIGNER.jws(card())


def trusted(document: object) -> TrustList:
    """A trust list as it is read from JSON."""
    return read_trust(json.dumps(document).encode(), "trust.json")


def directory(*keys: object, iss: str = ISS, **members: object) -> TrustList:
    """A directory of one issuer with these keys."""
    entry = {"issuer": {"iss": iss, "name": "Issuer"}, "keys": list(keys)} | members
    return trusted({"time": "2021-05-01T00:00:00Z", "issuerInfo": [entry]})


TRUST = directory(SIGNER.jwk)


def wall(time: Any = NOW) -> WallTime:
    """A moment as the kiosk counts it."""
    return WallTime(round(time.timestamp() * 1_000_000))


def checked(text: str | bytes, trust: TrustList = TRUST, at: Any = NOW, tolerance_s: float = 0) -> Credential:
    """What a code is found to be."""
    content = text.encode() if isinstance(text, str) else text
    found = examine(content, trust, wall(at), Seconds(tolerance_s))
    assert isinstance(found, Credential)
    return found
