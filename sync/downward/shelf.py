"""The documents on a kiosk's disk, beside its log: each a file of its own, replaced whole, believed by its signature.

A file that is torn, damaged, of another site or gate is renamed, never deleted, and fetched again. What the kiosk
remembers of its dealings with the server (`Memory`) is a file too, with a digest.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from sync.downward.publication import MAX_PAGE, Document, Publication, Sent, authentic, digest_of
from sync.downward.signing import NotSigned

MEMORY = "memory"
ASIDE = ".set-aside"
DRAFT = ".draft"
UNREADABLE = (OSError, ValueError, RecursionError)


class ShelfUnusable(GatepostError, OSError):
    """The disk takes no document just now."""


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """When the server vouched: its time, and the kiosk's boot and monotonic time of asking."""

    wall_us: int
    boot: str
    mono_us: int


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What outlasts a restart. Kinds by name.

    `seen`: the number from which to ask on. `heard_us`: the server's time when it was last heard. `told`: the numbers
    of the documents whose coming into force is recorded. `refused`: by `gate/kind`, the number of one that does not hold.
    """

    software: str
    seen: int = 0
    heard_us: int = 0
    vouched: Mapping[str, Vouched] = {}
    told: Mapping[str, int] = {}
    refused: Mapping[str, int] = {}


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    memory: str
    digest: str


class Shelf:
    """One folder, of one kiosk. Belongs to one thread."""

    def __init__(self, folder: Path, key: Ed25519PublicKey, compound: str, gate: str) -> None:
        self._folder = folder
        self._key = key
        self._compound = compound
        self._gate = gate

    def documents(self) -> tuple[list[Document], bool]:
        """Every document that can be believed, and whether that was all of them."""
        found, whole = [], True
        for path in self._files():
            try:
                one = _document(path, self._key, self._compound, self._gate)
            except UNREADABLE as error:
                self._set_aside(path, error)
                whole = False
            else:
                found.append(one)
        return found, whole

    def memory(self) -> tuple[Memory | None, bool]:
        """What is remembered, and whether there was anything to remember: a kiosk that begins has never forgotten."""
        path = self._folder / MEMORY
        if not path.exists():
            return None, any(True for _ in self._files())
        try:
            return _memory(path), True
        except UNREADABLE as error:
            self._set_aside(path, error)
            return None, True

    def keep(self, one: Document) -> None:
        """Put a document there for good. Raises ShelfUnusable."""
        self._write(self._folder / _name(one.publication), msgspec.json.encode(one.sent))

    def drop(self, one: Document) -> None:
        """Let go of a document that something newer has taken the place of."""
        with suppress(OSError):
            (self._folder / _name(one.publication)).unlink(missing_ok=True)

    def remember(self, memory: Memory) -> None:
        """Replace what is remembered. Raises ShelfUnusable."""
        text = msgspec.json.encode(memory).decode()
        kept = _Kept(memory=text, digest=digest_of(text.encode()))
        self._write(self._folder / MEMORY, msgspec.json.encode(kept))

    def set_aside(self, one: Document, why: Exception) -> None:
        """Move a document out of the way that is genuine, and of no use here."""
        self._set_aside(self._folder / _name(one.publication), why)

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            for path in sorted(self._folder.iterdir()):
                if path.suffix == DRAFT:
                    path.unlink(missing_ok=True)
                elif path.name != MEMORY and path.suffix != ASIDE:
                    yield path

    def _write(self, path: Path, data: bytes) -> None:
        """After a loss of power there is what was there before, or all of this."""
        draft = path.with_name(path.name + DRAFT)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise ShelfUnusable(f"{path}: cannot be written: {error.strerror}") from error

    def _set_aside(self, path: Path, why: Exception) -> None:
        with suppress(OSError):
            path.replace(path.with_name(path.name + ASIDE))
        get_logger().error("document set aside", file=path.name, reason=type(why).__name__)


def look(folder: Path, key: Ed25519PublicKey, compound: str, gate: str) -> tuple[list[Document], int]:
    """What somebody else sees in a kiosk's folder: the documents that can be believed, and when the server was heard last.

    Nothing is set aside. The time is in microseconds, 0 when nobody can say.
    """
    found, heard_us = [], 0
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            with suppress(*UNREADABLE):
                if path.name == MEMORY:
                    heard_us = _memory(path).heard_us
                elif path.suffix not in (DRAFT, ASIDE):
                    found.append(_document(path, key, compound, gate))
    return found, heard_us


def _document(path: Path, key: Ed25519PublicKey, compound: str, gate: str) -> Document:
    """Read a document and believe it. Raises one of UNREADABLE."""
    one = authentic(msgspec.json.decode(_read(path), type=Sent), key, compound, gate)
    if path.name != _name(one.publication):
        raise NotSigned("it is not where it belongs")
    return one


def _memory(path: Path) -> Memory:
    """Read what is remembered. Raises one of UNREADABLE."""
    kept = msgspec.json.decode(_read(path), type=_Kept)
    if digest_of(kept.memory.encode()) != kept.digest:
        raise NotSigned("its digest is another")
    return msgspec.json.decode(kept.memory, type=Memory)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_PAGE)


def _name(publication: Publication) -> str:
    """A file's name: kind, gate (`_` for the compound's) and number, which are all names that a file can have."""
    return f"{publication.kind}.{publication.gate or '_'}.{publication.number}"
