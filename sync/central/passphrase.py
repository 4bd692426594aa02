"""Where the vault's passphrase is read from: never the command line, which every process on the machine can see."""

import os
from pathlib import Path

from kiosk.errors import UsageError

SHORTEST = 12


def read_passphrase(source: str) -> bytes:
    """Read the vault's passphrase from `file:PATH`, `credential:NAME` (systemd's) or `env:NAME`. Raises UsageError."""
    found = read_secret(source, "[vault] passphrase")
    if len(found) < SHORTEST:
        raise UsageError(f"[vault] passphrase = {source!r}: a passphrase has at least {SHORTEST} characters")
    return found


def read_secret(source: str, key: str) -> bytes:
    """Read the secret that a key of the configuration names, in the same three ways. Raises UsageError."""
    kind, _, name = source.partition(":")
    if kind == "env":
        found = os.environ.get(name, "").encode()
        where = f"the environment has no {name}"
    else:
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "") if kind == "credential" else ""
        path = Path(folder) / name if folder or kind == "file" else None
        try:
            if path is not None and kind == "file" and path.stat().st_mode & 0o077:
                raise UsageError(f"{key}: {path} can be read by others; chmod 600 it, if nobody has")
            found = b"" if path is None else path.read_bytes()
            where = "systemd has given no credentials" if path is None else f"{path} is empty"
        except OSError as error:
            raise UsageError(f"{key} = {source!r} cannot be read: {error.strerror}") from error
    found = found.removesuffix(b"\n").removesuffix(b"\r")
    if not found:
        raise UsageError(f"{key} = {source!r} cannot be read: {where}")
    return found
