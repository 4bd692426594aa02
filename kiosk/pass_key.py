"""The private key that signs passes, as `gatepost pass key` keeps it: a PEM file that its owner alone may read."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kiosk.errors import UsageError


def read_pass_key(file: Path) -> Ed25519PrivateKey:
    """Read the key. Raises UsageError."""
    try:
        if file.stat().st_mode & 0o077:
            raise UsageError(f"{file}: can be read by others; chmod 600 it, if nobody has")
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise UsageError(f"{file}: the key cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{file}: is no private key; make one with `gatepost pass key`") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{file}: passes are signed with Ed25519 keys; make one with `gatepost pass key`")
    return key
