"""A calibration as a file: its numbers, the residuals that they rest on, and a seal over both.

    {"calibration": {...}, "residuals": [{"ambient_mk", "object_mk", "reference_mk", "residual_mk"}, ...],
     "digest": SHA-256 of the canonical text of both, "signature": {"key_id", "value"} or null}

The digest tells a file that was changed by hand or cut short. A signature tells who made it: whoever has a key gives
`write` a callable that signs the canonical bytes, and `read` one that checks them.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kiosk.calibration import Calibration, Residual
from kiosk.errors import UsageError
from kiosk.events import NotCanonical, canonical

LARGEST = 1_000_000

Sign = Callable[[bytes], tuple[str, bytes]]
"""Canonical bytes to the name of the key and the signature."""
Check = Callable[[bytes, str, bytes], bool]
"""Canonical bytes, key and signature to whether they belong together."""


def write(path: Path, calibration: Calibration, residuals: Sequence[Residual], sign: Sign | None = None) -> None:
    """Write a calibration, whole or not at all. Raises UsageError when that cannot be."""
    body: dict[str, Any] = {
        "calibration": calibration.to_json(),
        "residuals": [residual.to_json() for residual in residuals],
    }
    sealed = canonical(body).encode()
    signature = None
    if sign is not None:
        key_id, value = sign(sealed)
        signature = {"key_id": key_id, "value": base64.b64encode(value).decode()}
    text = json.dumps({**body, "digest": hashlib.sha256(sealed).hexdigest(), "signature": signature}, indent=1)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def read(path: Path, check: Check | None = None) -> Calibration:
    """Read a calibration. Raises UsageError; with `check`, also where no signature stands that it accepts."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the calibration cannot be read: {error.strerror}") from error
    try:
        if len(data) > LARGEST:
            raise ValueError("it is too large")
        found = json.loads(data)
        sealed = canonical({"calibration": found["calibration"], "residuals": found["residuals"]}).encode()
        if not hmac.compare_digest(hashlib.sha256(sealed).hexdigest(), str(found["digest"])):
            raise ValueError("its digest is not that of its numbers: it was changed or cut short")
        if check is not None and not _signed(sealed, found["signature"], check):
            raise ValueError("it has no signature that this kiosk accepts")
        return Calibration.from_json(found["calibration"])
    except (ValueError, KeyError, TypeError, RecursionError, NotCanonical) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{path}: is no calibration ({reason}); make one with gatepost calibrate") from error


def _signed(sealed: bytes, signature: Any, check: Check) -> bool:
    if signature is None:
        return False
    return check(sealed, str(signature["key_id"]), base64.b64decode(signature["value"], validate=True))
