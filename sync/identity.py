"""A kiosk's papers: the key that it made itself, and what the server gave it when it enrolled. In one folder.

    device.key        its Ed25519 key (PKCS 8, PEM), made once, never sent
    site-ca.pem       the only CA that it believes
    document-key      the public half of the key that signs what comes down from the server
    month-keys.json   what it seals to, where its configuration names no file
    device.json       its name and place; written last: while it is not there the kiosk is not enrolled

Each file is written whole, on the disk before it is used, and readable for its owner alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kiosk.errors import GatepostError
from sync.enrolment_wire import NOTHING, Enrolled, Place
from sync.replacing import replace_file

if TYPE_CHECKING:
    # Costs time to import, which a kiosk's start has no need of.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sync.signing import Signer

FOLDER = "identity"
KEY, CA, MONTH_KEYS, DOCUMENT_KEY, PLACE = "device.key", "site-ca.pem", "month-keys.json", "document-key", "device.json"
MAX_FILE = 64 * 1024


class PapersUnusable(GatepostError, OSError):
    """A file of the identity is there and cannot be read, or cannot be written."""


def papers_beside(log: Path) -> "Papers":
    """The papers of the kiosk whose log this is."""
    return Papers(log.parent / FOLDER)


class Papers:
    """The papers in a folder, which another process may renew. For any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[int, int] | None = None
        self._place: Place | None = None
        self._signer: Signer | None = None

    @property
    def month_keys(self) -> Path | None:
        """The document of month keys, if the server had one."""
        return self._if_there(MONTH_KEYS)

    @property
    def ca(self) -> Path | None:
        """The site CA's certificate; None when the server has no TLS."""
        return self._if_there(CA)

    def document_key(self) -> str | None:
        """What documents and commands are believed by, hexadecimal, if the server gave it. Raises PapersUnusable."""
        path = self._if_there(DOCUMENT_KEY)
        try:
            return None if path is None else path.read_text(encoding="ascii")[:MAX_FILE].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise PapersUnusable(f"{path}: {_reason(error)}") from error

    def place(self) -> Place | None:
        """Name and place; None while it is not enrolled. Raises PapersUnusable."""
        path = self.folder / PLACE
        try:
            found = path.stat()
            if self._seen != (now := (found.st_ino, found.st_mtime_ns)):
                self._place = msgspec.json.decode(path.read_bytes(), type=Place)
                self._signer, self._seen = None, now
        except FileNotFoundError:
            self._seen = self._place = self._signer = None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PapersUnusable(f"{path}: {_reason(error)}") from error
        return self._place

    def signer(self) -> "Signer | None":
        """What signs in this device's name; None while it is not enrolled. Raises PapersUnusable."""
        place = self.place()
        if place is not None and self._signer is None:
            from sync.signing import DEVICE, Signer

            self._signer = Signer(self.read_key(), f"{place.compound}/{place.device}", DEVICE)
        return self._signer

    def read_key(self) -> "Ed25519PrivateKey":
        """The device's key. Raises PapersUnusable, also when there is none."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = self.folder / KEY
        try:
            key = load_pem_private_key(path.read_bytes()[:MAX_FILE], None)
        except (OSError, ValueError, TypeError) as error:
            raise PapersUnusable(f"{path}: {_reason(error)}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise PapersUnusable(f"{path}: is a key of another kind")
        return key

    def unseal(self, box: bytes) -> bytes:
        """Open what the server sealed to this device. Raises NotForUs, also while it has no key."""
        from sync.device_box import NotForUs, open_box

        try:
            key = self.read_key()
        except PapersUnusable as error:
            raise NotForUs("this device has no key") from error
        return open_box(key.private_bytes_raw(), key.public_key().public_bytes_raw(), box)

    def make_key(self) -> "Ed25519PrivateKey":
        """The device's key, made and on the disk if there was none. Raises PapersUnusable."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        if (self.folder / KEY).exists():
            return self.read_key()
        key = Ed25519PrivateKey.generate()
        self._write(KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key

    def keep(self, enrolled: Enrolled) -> Place:
        """Keep what the server gave; from then on the kiosk is enrolled. Raises PapersUnusable."""
        given = {
            CA: None if enrolled.site_ca is None else enrolled.site_ca.encode(),
            MONTH_KEYS: None if enrolled.month_keys == NOTHING else bytes(enrolled.month_keys),
            DOCUMENT_KEY: None if enrolled.document_key is None else enrolled.document_key.encode(),
            PLACE: msgspec.json.encode(enrolled.place),
        }
        for name, data in given.items():
            self._write(name, data)
        return enrolled.place

    def _write(self, name: str, data: bytes | None) -> None:
        """Put a file in place, or take it away."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if data is None:
                (self.folder / name).unlink(missing_ok=True)
            else:
                replace_file(self.folder / name, data)
        except OSError as error:
            raise PapersUnusable(f"{self.folder}: {_reason(error)}") from error

    def _if_there(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.exists() else None


def _reason(error: Exception) -> str:
    """Why, without quoting what is in a file."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is damaged"
