"""A vault in one file: everything in one secret box (XSalsa20, Poly1305) under a key that Argon2id makes of a passphrase.

    {"vault": 1, "kdf": "argon2id", "salt", "ops", "mem", "box"}       ops, mem: Argon2id's; salt, box: base64

A file is replaced whole, and what it held before is overwritten: a destroyed key is in no file of ours. What a disk
or a backup keeps of older files is out of reach; `docs/central.md` says what to do about it.
"""

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from nacl.bindings import crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from sync.central.vault import KeyDestroyed, KeyMissing, KeyRecord, VaultClosed
from sync.replacing import replace_file
from sync.sealing import CannotUnseal, MonthKey, key_named, unseal

VERSION = 1
MAX_FILE = 16 * 1024 * 1024
MAX_MEMORY = 1024 * 1024 * 1024
MAX_OPS = 16
PERSON = b"gatepost-blind-1"
"""BLAKE2b's personalisation: a digest made here is of use nowhere else."""
DIGEST_BYTES = 16


class _Key(msgspec.Struct, kw_only=True):
    compound: str
    month: str
    public_key: str
    private_key: bytes | None
    created_us: int
    destroyed_us: int | None = None


class _Content(msgspec.Struct, kw_only=True):
    keys: list[_Key] = []
    index_keys: dict[str, bytes] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    vault: int
    kdf: str
    salt: bytes
    ops: int
    mem: int
    box: bytes


class FileVault:
    """The vault in a file. Other processes may change it meanwhile: it is read again whenever it was replaced."""

    def __init__(
        self, path: Path, passphrase: bytes, *, ops: int = argon2id.OPSLIMIT_MODERATE, mem: int = argon2id.MEMLIMIT_MODERATE
    ) -> None:
        """Open the file; one that is not there is made with the first key. Raises VaultClosed.

        `ops` and `mem` (bytes) are what Argon2id shall cost for a new file.
        """
        self._path = path
        self._passphrase = passphrase
        self._new = (secrets.token_bytes(argon2id.SALTBYTES), ops, mem)
        self._derived: tuple[tuple[bytes, int, int], bytes] | None = None
        self._lock = threading.RLock()
        self._seen: tuple[int, ...] | None = None
        self._content = _Content()
        self._by_id: dict[str, _Key] = {}
        self._private: dict[str, PrivateKey] = {}
        self._refresh()

    def unseal(self, compound: str, sealed: bytes) -> bytes:
        """Open a sealed part of a compound. Raises CannotUnseal, KeyMissing, KeyDestroyed or VaultClosed."""
        name = key_named(sealed)
        if name is None:
            raise CannotUnseal("the sealed part is of no known form")
        with self._lock:
            self._refresh()
            key = self._by_id.get(name)
            if key is None or key.compound != compound:
                raise KeyMissing(f"the vault has no key {name} of {compound}")
            if key.private_key is None:
                raise KeyDestroyed(f"the key {name} of {compound} for {key.month} was destroyed")
            private_key = self._private[name]
        return unseal(private_key, sealed)

    def mac(self, compound: str, text: bytes) -> bytes:
        """Return the keyed digest of a text under the compound's index key. Raises KeyMissing or VaultClosed."""
        with self._lock:
            # An index key is made once and never changed.
            if compound not in self._content.index_keys:
                self._refresh()
            key = self._content.index_keys.get(compound)
        if key is None:
            raise KeyMissing(f"the vault has no keys of {compound}")
        return hashlib.blake2b(text, key=key, digest_size=DIGEST_BYTES, person=PERSON).digest()

    def records(self) -> list[KeyRecord]:
        """Every month key that there is or was, by compound and month. Raises VaultClosed."""
        with self._lock:
            self._refresh()
            return sorted(map(_record, self._content.keys), key=lambda record: (record.compound, record.key.month))

    def create(self, compound: str, months: list[str], now_us: int) -> list[KeyRecord]:
        """Make the keys of these months, and the compound's index key. Return the new ones. Raises VaultClosed."""
        with self._changing() as content:
            content.index_keys.setdefault(compound, secrets.token_bytes(32))
            made_before = {key.month for key in content.keys if key.compound == compound}
            new = [_new_key(compound, month, now_us) for month in months if month not in made_before]
            content.keys += new
        return [_record(key) for key in new]

    def destroy(self, key_id: str, now_us: int) -> KeyRecord:
        """Destroy a private key for good; its record stays. Raises KeyMissing or VaultClosed."""
        with self._changing() as content:
            for key in content.keys:
                if _record(key).key.id == key_id:
                    key.private_key = None
                    key.destroyed_us = now_us if key.destroyed_us is None else key.destroyed_us
                    return _record(key)
            raise KeyMissing(f"the vault has no key {key_id}")

    def _refresh(self) -> None:
        """Read the file if it is another than the one last read. Raises VaultClosed."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                raise VaultClosed(f"the vault {self._path} has gone") from None
            return
        except OSError as error:
            raise VaultClosed(f"the vault {self._path} cannot be read: {error.strerror}") from error
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._content = self._read()
            self._by_id = {_record(key).key.id: key for key in self._content.keys}
            self._private = {
                name: PrivateKey(key.private_key) for name, key in self._by_id.items() if key.private_key is not None
            }
            self._seen = seen

    def _read(self) -> _Content:
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_FILE)
            found = msgspec.json.decode(data, type=_File)
        except OSError as error:
            raise VaultClosed(f"the vault {self._path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise VaultClosed(f"{self._path} is no vault") from error
        if found.vault != VERSION or found.kdf != "argon2id" or len(found.salt) != argon2id.SALTBYTES:
            raise VaultClosed(f"the vault {self._path} is of a version that this server does not read")
        if not (0 < found.mem <= MAX_MEMORY and 0 < found.ops <= MAX_OPS):
            raise VaultClosed(f"the vault {self._path} asks for more work than any of ours")
        try:
            text = self._box(found.salt, found.ops, found.mem).decrypt(found.box)
            content = msgspec.json.decode(text, type=_Content)
        except (CryptoError, ValueError) as error:
            raise VaultClosed(f"the vault {self._path} does not open with this passphrase, or is damaged") from error
        return content

    @contextmanager
    def _changing(self) -> Iterator[_Content]:
        """The content to be changed, alone among all processes; written when the block ends well."""
        with self._lock, self._alone():
            self._refresh()
            before = msgspec.json.encode(self._content)
            changed = msgspec.json.decode(before, type=_Content)
            yield changed
            if msgspec.json.encode(changed) != before:
                self._write(changed)
                self._refresh()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            descriptor = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise VaultClosed(f"the vault {self._path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, content: _Content) -> None:
        """Put a new file in the place of the old one, and overwrite what the old one held."""
        salt, ops, mem = self._derived[0] if self._derived is not None else self._new
        box = bytes(self._box(salt, ops, mem).encrypt(msgspec.json.encode(content)))
        data = msgspec.json.encode(_File(vault=VERSION, kdf="argon2id", salt=salt, ops=ops, mem=mem, box=box))
        try:
            replace_file(self._path, data)
        except OSError as error:
            raise VaultClosed(f"the vault {self._path} cannot be written: {error.strerror}") from error

    def _box(self, salt: bytes, ops: int, mem: int) -> SecretBox:
        """The box under the passphrase. Making its key takes a good part of a second, so it is kept."""
        if self._derived is None or self._derived[0] != (salt, ops, mem):
            key = argon2id.kdf(SecretBox.KEY_SIZE, self._passphrase, salt, opslimit=ops, memlimit=mem)
            self._derived = ((salt, ops, mem), key)
        return SecretBox(self._derived[1])


def _new_key(compound: str, month: str, now_us: int) -> _Key:
    private_key = secrets.token_bytes(32)
    public_key = crypto_scalarmult_base(private_key).hex()
    return _Key(compound=compound, month=month, public_key=public_key, private_key=private_key, created_us=now_us)


def _record(key: _Key) -> KeyRecord:
    public = MonthKey(month=key.month, public_key=key.public_key)
    return KeyRecord(key.compound, public, key.created_us, key.destroyed_us)
