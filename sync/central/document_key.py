"""The site's document key: made on first use, in a file that nobody but its owner may read.

Every server of a site has the same file. Whoever has it can give the gates their rules: keep a copy of it where the
vault's passphrase is, since a site that has lost it must give every kiosk a new one.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.errors import GatepostError

_DIGITS = 64


class KeyUnusable(GatepostError, OSError):
    """The document key is not there and cannot be made, or is not what it should be."""


class DocumentKey:
    """The key in a file, read when it is first wanted. Any thread may ask."""

    def __init__(self, path: Path, what: str = "document key") -> None:
        """`what`: how it is called; another kind of key is in a file of another kind, and is never taken for this one."""
        self._path = path
        self._what = what
        self._header = f"gatepost-{what.replace(' ', '-')}-1:".encode()
        self._key: Ed25519PrivateKey | None = None

    def private(self) -> Ed25519PrivateKey:
        """The key; made if there is none. Raises KeyUnusable."""
        if self._key is None:
            try:
                if not self._path.exists():
                    self._make()
                self._key = self._read()
            except OSError as error:
                if isinstance(error, GatepostError):
                    raise
                raise KeyUnusable(f"the {self._what} {self._path} cannot be used: {error.strerror}") from error
        return self._key

    def public(self) -> str:
        """Its public half, 64 hexadecimal digits: a kiosk's `[server] document_key`. Raises KeyUnusable."""
        return self.private().public_key().public_bytes_raw().hex()

    def _read(self) -> Ed25519PrivateKey:
        if self._path.stat().st_mode & 0o077:
            raise KeyUnusable(f"the {self._what} {self._path} can be read by others; chmod 600 it, if nobody has")
        data = self._path.read_bytes().strip()
        digits = data.removeprefix(self._header)
        try:
            if digits == data or len(digits) != _DIGITS:
                raise ValueError
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(digits.decode("ascii")))
        except ValueError:
            raise KeyUnusable(f"{self._path} is no {self._what}") from None

    def _make(self) -> None:
        """Make it whole or not at all; of two who do so at once, one's is everybody's."""
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(self._header + secrets.token_bytes(32).hex().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        finally:
            draft.unlink(missing_ok=True)
