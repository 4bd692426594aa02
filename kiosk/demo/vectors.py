"""Credentials made by others, for the demo's phones: read from GATEPOST_TESTDATA, never copied into the project."""

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from kiosk.errors import UsageError

BESIDE = Path(__file__).parents[3] / "shared" / "data"
CARD_TRUST = ("spec-example-issuer.jwks.json", "test-issuers.json")
"""The cards' example issuer: its keys, and the list of issuers that may use them."""


def folder() -> Path:
    """Return where the credentials are, if they are anywhere."""
    return Path(os.environ.get("GATEPOST_TESTDATA", BESIDE))


def missing(names: Iterable[str]) -> str | None:
    """Return the first of these files that is not there."""
    return next((name for name in names if not (folder() / name).is_file()), None)


def text_of(name: str) -> str:
    """Return what the code of a credential holds. Raises UsageError."""
    data = _read(name)
    if name.startswith("dcc/"):
        return str(json.loads(data)["PREFIX"])
    return data.decode("ascii").strip()


def trust_files(names: Iterable[str]) -> dict[str, bytes]:
    """Return the files that make a kiosk trust these credentials' signers, each key in one list of all. Raises UsageError."""
    names = list(names)
    signers = [json.loads(_read(name))["TESTCTX"]["CERTIFICATE"] for name in names if name.startswith("dcc/")]
    entries = [
        {"certificateType": "DSC", "country": "EU", "kid": _key_id(certificate), "rawData": certificate}
        for certificate in signers
    ]
    files = {"signers.json": json.dumps({"certificates": entries}).encode()} if entries else {}
    if len(entries) < len(names):
        files |= {name: _read(f"shc/{name}") for name in CARD_TRUST}
    return files


def _key_id(certificate: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(certificate)).digest()[:8]).decode()


def _read(name: str) -> bytes:
    path = folder() / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: the credentials made by others cannot be read: {error.strerror}; set GATEPOST_TESTDATA"
        ) from error
