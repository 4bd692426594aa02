"""Pictures from one process to another through shared memory: a short ring, newest last. Standard library only.

The memory is a file under /dev/shm, mapped by both sides: `multiprocessing.shared_memory` would have the attached
process's resource tracker take the memory away when that process ends. Nobody is woken and nobody waits. Each slot
carries a sequence number that is odd while the slot is written. On a processor that reorders stores a reader might
still see a few bytes of the next picture: no harm in a picture that is shown and gone.
"""

import contextlib
import math
import mmap
import os
import re
import struct
from pathlib import Path

from kiosk.errors import DeviceLost
from kiosk.frozen import frozen

SHARED = Path("/dev/shm")  # noqa: S108 - memory that both processes see, by a name of ours
OWN = 0o600
"""For the publisher's account alone."""
NOTE = 512
"""The most bytes that are told of a picture beside its pixels."""

# Native, so that each number is one store: both sides are on one machine.
_HEAD = struct.Struct("@8sIIIIQ")  # magic, slots, height, width, channels, newest index
_SLOT = struct.Struct("@QQdQ")  # sequence, index, captured_at, length of the note
_NEWEST = struct.Struct("@Q")
_NEWEST_AT = _HEAD.size - _NEWEST.size
_CLOSED = (1 << 64) - 1
_SLOTS_AT = 64
_PAGE = 4096

Shape = tuple[int, int, int]
"""Height, width, channels; one byte each."""


@frozen
class RingFrame:
    """A copy of one picture. `index` rises, with gaps; `note` is what its publisher told of it."""

    index: int
    captured_at: float
    shape: Shape
    pixels: bytearray
    note: bytes


@frozen
class _Layout:
    slots: int
    shape: Shape

    @property
    def bytes(self) -> int:
        return math.prod(self.shape)

    @property
    def stride(self) -> int:
        return -(-(self.bytes + NOTE) // _PAGE) * _PAGE

    @property
    def size(self) -> int:
        return _PAGE + self.slots * self.stride

    def place(self, index: int) -> tuple[int, int]:
        """Where the slot of a picture and its pixels begin."""
        slot = index % self.slots
        return _SLOTS_AT + slot * _SLOT.size, _PAGE + slot * self.stride


class RingWriter:
    """The publisher's end. A new one of the same name takes over from one that died. One thread."""

    def __init__(self, name: str, magic: bytes, *, slots: int, directory: Path = SHARED, mode: int = OWN) -> None:
        """Publish in memory that whoever `mode` lets in may read."""
        self._path = shared_path(name, directory)
        self._magic = magic
        self._slots = slots
        self._mode = mode
        self._memory: mmap.mmap | None = None
        self._layout = _Layout(slots, (0, 0, 0))
        self._index = 0
        self._inode = 0

    def publish(self, pixels: memoryview, shape: Shape, captured_at: float, note: bytes = b"") -> None:
        """Add a picture (contiguous) captured at a monotonic time. Raises OSError while there is no memory for it."""
        memory = self._memory
        if memory is None or shape != self._layout.shape:
            self.close()
            # Milliseconds of the boot: a publisher that begins anew goes on above the indexes of the one before.
            self._index = max(1, int(captured_at * 1000))
            self._layout = _Layout(self._slots, shape)
            memory = self._memory = self._create()
        else:
            self._index += 1
        slot, at = self._layout.place(self._index)
        (sequence, *_) = _SLOT.unpack_from(memory, slot)
        _SLOT.pack_into(memory, slot, sequence + 1, 0, math.inf, 0)
        with memoryview(memory) as whole:
            whole[at : at + self._layout.bytes] = pixels.cast("B")
            told = note[:NOTE]
            whole[at + self._layout.bytes : at + self._layout.bytes + len(told)] = told
        _SLOT.pack_into(memory, slot, sequence + 2, self._index, captured_at, len(told))
        _NEWEST.pack_into(memory, _NEWEST_AT, self._index)

    def close(self) -> None:
        """Tell readers that there is no more, and take the memory away; `publish` makes it anew. Idempotent."""
        memory, self._memory = self._memory, None
        if memory is None:
            return
        _NEWEST.pack_into(memory, _NEWEST_AT, _CLOSED)
        memory.close()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _create(self) -> mmap.mmap:
        """Make the memory under another name first, so that no reader meets it half made."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, self._mode)
        try:
            # Reserved at once: where memory is short this fails, and the first store into a page does not kill us.
            os.posix_fallocate(handle, 0, self._layout.size)
            memory = mmap.mmap(handle, self._layout.size)
            self._inode = os.fstat(handle).st_ino
        except OSError:
            fresh.unlink()
            raise
        finally:
            os.close(handle)
        _HEAD.pack_into(memory, 0, self._magic, self._slots, *self._layout.shape, 0)
        fresh.rename(self._path)
        return memory


class RingReader:
    """A reader's end. It never takes the memory's name away. One thread at a time."""

    def __init__(self, name: str, magic: bytes, *, directory: Path = SHARED) -> None:
        self._path = shared_path(name, directory)
        self._magic = magic
        self._memory: mmap.mmap | None = None
        self._layout = _Layout(0, (0, 0, 0))
        self._inode = 0

    def times(self) -> dict[int, float]:
        """Return when each whole picture in the ring was captured, by index. Raises DeviceLost."""
        memory = self._attach()
        slots = (_SLOT.unpack_from(memory, _SLOTS_AT + slot * _SLOT.size) for slot in range(self._layout.slots))
        return {index: at for sequence, index, at, _ in slots if index and sequence % 2 == 0}

    def copy(self, index: int) -> RingFrame | None:
        """Copy a picture; None when it was overwritten meanwhile. Raises DeviceLost."""
        memory = self._attach()
        slot, at = self._layout.place(index)
        before = _SLOT.unpack_from(memory, slot)
        _, found, captured_at, told = before
        end = at + self._layout.bytes
        with memoryview(memory) as whole:
            pixels = bytearray(whole[at:end])
            note = bytes(whole[end : end + min(told, NOTE)])
        if found != index or before != _SLOT.unpack_from(memory, slot):
            return None
        return RingFrame(index, captured_at, self._layout.shape, pixels, note)

    def look_again(self) -> None:
        """Let go of a memory whose name another publisher has taken since."""
        with contextlib.suppress(FileNotFoundError):
            if self._memory is not None and self._path.stat().st_ino != self._inode:
                self.close()

    def close(self) -> None:
        """Let go of the memory. Idempotent; the next call attaches anew."""
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()

    def _attach(self) -> mmap.mmap:
        if self._memory is None:
            self._memory = self._open()
        if _NEWEST.unpack_from(self._memory, _NEWEST_AT)[0] == _CLOSED:
            self.close()
            raise DeviceLost("the publisher has closed")
        return self._memory

    def _open(self) -> mmap.mmap:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise DeviceLost("there is no publisher") from error
        try:
            status = os.fstat(handle)
            if status.st_size < _PAGE:
                raise DeviceLost("the shared memory is too small")
            memory = mmap.mmap(handle, status.st_size, prot=mmap.PROT_READ)
        except (OSError, ValueError) as error:
            raise DeviceLost("the shared memory cannot be used") from error
        finally:
            os.close(handle)
        magic, slots, *shape, _ = _HEAD.unpack_from(memory, 0)
        height, width, channels = shape
        layout = _Layout(slots, (height, width, channels))
        if magic != self._magic or layout.size != status.st_size:
            memory.close()
            raise DeviceLost("the publisher speaks another version")
        self._layout, self._inode = layout, status.st_ino
        return memory


def shared_path(name: str, directory: Path = SHARED) -> Path:
    """Return where the pictures of that name are. Raises ValueError for a name that is no plain word."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise ValueError(f"{name!r} is no name for shared frames: letters, digits, - and _ only")
    return directory / f"gatepost-{name}"
