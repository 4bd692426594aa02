"""Credentials made by others (GATEPOST_TESTDATA), and one trust list for all of them."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kiosk.credentials import CardPart, CardParts, Examined, TrustList, combine, examine, examine_parts, read_trust
from kiosk.evidence import Credential
from kiosk.units import WallTime

TESTDATA = Path(os.environ.get("GATEPOST_TESTDATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
DCC, SHC = TESTDATA / "dcc", TESTDATA / "shc"
ABSENT = "the credentials made by others are not here (GATEPOST_TESTDATA)"
SHC_AT = WallTime(1_700_000_000 * 1_000_000)
"""After every good card began."""


@dataclass(frozen=True)
class DccVector:
    """One file of dgc-testdata."""

    name: str
    text: str
    certificate: str
    clock: str
    expected: Mapping[str, bool]
    picture: str | None

    @property
    def at(self) -> WallTime:
        return wall(self.clock)


def wall(text: str) -> WallTime:
    read = datetime.fromisoformat(text)
    return WallTime(round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1_000_000))


@cache
def dcc_vectors() -> tuple[DccVector, ...]:
    return tuple(_dcc(path) for path in sorted(DCC.rglob("*.json")))


@cache
def dcc_trust() -> TrustList:
    """Trust every certificate of the folder, from one list: each key has to be found by its id."""
    entries = [
        {
            "certificateType": "DSC",
            "country": Path(one.name).parts[0],
            "kid": _kid(one.certificate),
            "rawData": one.certificate,
        }
        for one in dcc_vectors()
    ]
    return read_trust(json.dumps({"certificates": entries}).encode(), "every signer")


@cache
def shc_trust() -> TrustList:
    """Trust the specification's example issuer, by its key set and the allow-list."""
    files = ("spec-example-issuer.jwks.json", "test-issuers.json")
    return combine(*(read_trust((SHC / file).read_bytes(), file) for file in files))


def examined(text: bytes, at: WallTime = SHC_AT) -> Examined:
    return examine(text, shc_trust(), at)


def together(texts: list[bytes]) -> Credential | None:
    """What the codes of one card come to; None while parts are missing. A code that is refused is the answer."""
    parts = CardParts()
    for text in texts:
        match examined(text):
            case CardPart() as part:
                parts = parts.with_part(part)
            case Credential() as found:
                return found
    return examine_parts(parts, shc_trust(), SHC_AT) if parts.complete else None


def params(vectors: Sequence[DccVector]) -> list[Any]:
    """Give pytest the vectors, or one that is skipped with the reason."""
    if not vectors:
        return [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))]
    return [pytest.param(vector, id=vector.name) for vector in vectors]


def _dcc(path: Path) -> DccVector:
    tree = json.loads(path.read_text(encoding="utf-8"))
    context = tree["TESTCTX"]
    expected = {stage.removeprefix("EXPECTED"): value for stage, value in tree["EXPECTEDRESULTS"].items()}
    picture = tree.get("2DCODE", tree.get("_2DCODE"))
    name = str(path.relative_to(DCC))
    return DccVector(name, tree["PREFIX"], context["CERTIFICATE"], context["VALIDATIONCLOCK"], expected, picture)


def _kid(certificate: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(certificate)).digest()[:8]).decode()
