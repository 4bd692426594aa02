"""Frames from the simulated world to a kiosk's camera, through shared memory: a short history, newest last.

The memory is a file under /dev/shm, mapped by both sides: `multiprocessing.shared_memory` would have the attached
process's resource tracker take the memory away when that process ends. Nobody is woken: a frame may be seen only
LATENCY_S after it was captured, so a subscriber finds the coming frames there already, knows when the next falls
due, and waits until just then. Each slot carries a sequence number that is odd while the slot is written.
"""

import contextlib
import math
import mmap
import os
import re
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import DeviceLost
from kiosk.ports import Clock

Image = NDArray[np.uint8]

SHARED = Path("/dev/shm")  # noqa: S108 - memory that both processes see, by a name of ours, mode 0600
LATENCY_S = 0.100
"""From the light on the sensor to a frame in the hands of a driver (design: the world's camera latency)."""
PERIOD_S = 1 / 30
SLOTS = 8
"""Three frames on their way, four that a camera would queue, one being written."""
GONE_AFTER_S = 0.5
"""Silence after which a subscriber looks whether the world has begun anew under the same name."""

_MAGIC = b"GATEFRM1"
_HEAD = struct.Struct("<8sIIIIQ")  # magic, slots, height, width, channels, newest index
_SLOT = struct.Struct("<QQd")  # sequence, index, captured_at
_NEWEST = struct.Struct("<Q")
_NEWEST_AT = _HEAD.size - _NEWEST.size
_CLOSED = (1 << 64) - 1
_SLOTS_AT = 64
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class _Layout:
    slots: int
    height: int
    width: int
    channels: int

    @property
    def stride(self) -> int:
        return -(-self.height * self.width * self.channels // _PAGE) * _PAGE

    @property
    def size(self) -> int:
        return _PAGE + self.slots * self.stride

    def pixels(self, memory: mmap.mmap, slot: int) -> Image:
        count = self.height * self.width * self.channels
        flat = np.frombuffer(memory, np.uint8, count, _PAGE + slot * self.stride)
        return flat.reshape(self.height, self.width, self.channels)


class FramePublisher:
    """The world's end: keeps the last SLOTS frames. A new publisher of the same name takes over. One thread."""

    def __init__(self, name: str, *, directory: Path = SHARED) -> None:
        self._path = shared_path(name, directory)
        self._memory: mmap.mmap | None = None
        self._layout: _Layout | None = None
        self._index = 0
        self._inode = 0

    def publish(self, image: Image, captured_at: float) -> None:
        """Add a BGR frame captured at a monotonic time. All frames have one shape."""
        if self._memory is None or self._layout is None:
            # Milliseconds of the boot: a publisher that begins anew goes on above the indexes of the one before.
            self._index = max(1, int(captured_at * 1000))
            self._layout = _Layout(SLOTS, *image.shape)
            self._memory = self._create(self._layout)
        else:
            self._index += 1
        slot = self._index % SLOTS
        at = _SLOTS_AT + slot * _SLOT.size
        (sequence, _, _) = _SLOT.unpack_from(self._memory, at)
        _SLOT.pack_into(self._memory, at, sequence + 1, 0, math.inf)
        np.copyto(self._layout.pixels(self._memory, slot), image)
        _SLOT.pack_into(self._memory, at, sequence + 2, self._index, captured_at)
        _NEWEST.pack_into(self._memory, _NEWEST_AT, self._index)

    def close(self) -> None:
        """Tell subscribers that the camera is gone, and take the memory's name away. Idempotent."""
        if self._memory is None:
            return
        _NEWEST.pack_into(self._memory, _NEWEST_AT, _CLOSED)
        self._memory.close()
        self._memory = None
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _create(self, layout: _Layout) -> mmap.mmap:
        """Make the memory under another name first, so that no subscriber meets it half made."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.ftruncate(handle, layout.size)
            memory = mmap.mmap(handle, layout.size)
            self._inode = os.fstat(handle).st_ino
        finally:
            os.close(handle)
        _HEAD.pack_into(memory, 0, _MAGIC, SLOTS, layout.height, layout.width, layout.channels, 0)
        fresh.rename(self._path)
        return memory


class FrameSubscriber:
    """A camera's end: sees a frame LATENCY_S after its capture. `wait` in one thread, `close` from any."""

    def __init__(self, name: str, clock: Clock, *, directory: Path = SHARED) -> None:
        self._path = shared_path(name, directory)
        self._clock = clock
        self._closing = threading.Event()
        self._in_use = threading.Lock()
        self._memory: mmap.mmap | None = None
        self._layout: _Layout | None = None
        self._inode = 0

    def attached(self) -> bool:
        """Attach if that is not done yet; say whether a publisher is there."""
        with self._in_use:
            try:
                self._attach()
            except DeviceLost:
                return False
            return True

    def wait(self, newer_than: int, timeout_s: float, *, depth: int = 1) -> tuple[int, float, Image] | None:
        """Return (index, captured_at, a copy) of the newest frame above `newer_than`; None when none came in time.

        With a larger `depth`, the oldest such frame among the newest `depth`, as a queue so long gives them.
        Raises DeviceLost when no publisher is there or it closed.
        """
        with self._in_use:
            return self._wait(newer_than, timeout_s, depth)

    def close(self) -> None:
        """Wake `wait`, then let go of the memory (never of its name). Idempotent."""
        self._closing.set()
        with self._in_use:
            self._drop()

    def _wait(self, newer_than: int, timeout_s: float, depth: int) -> tuple[int, float, Image] | None:
        end = self._clock.monotonic() + timeout_s
        looked = self._clock.monotonic()
        while not self._closing.is_set():
            memory, layout = self._attach()
            known = _times(memory, layout)
            now = self._clock.monotonic()
            seen = sorted(index for index, at in known.items() if at + LATENCY_S <= now)
            fresh = [index for index in seen[-depth:] if index > newer_than]
            if fresh and (frame := _copy(memory, layout, fresh[0])) is not None:
                return frame
            if now >= end:
                return None
            coming = [at + LATENCY_S for index, at in known.items() if index > newer_than and at + LATENCY_S > now]
            # Nothing on its way: the publisher is late or gone, and its next frame falls due a latency from now.
            due = min(coming, default=now + (LATENCY_S if known else PERIOD_S))
            if not coming and now - looked > GONE_AFTER_S:
                looked = now
                self._reattach_if_replaced()
            self._closing.wait(max(0.0005, min(due, end) - now))
        return None

    def _attach(self) -> tuple[mmap.mmap, _Layout]:
        if self._memory is None or self._layout is None:
            self._memory, self._layout, self._inode = _open(self._path)
        if _NEWEST.unpack_from(self._memory, _NEWEST_AT)[0] == _CLOSED:
            self._drop()
            raise DeviceLost("the simulated camera was closed")
        return self._memory, self._layout

    def _reattach_if_replaced(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino != self._inode:
                self._drop()

    def _drop(self) -> None:
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()


def shared_path(name: str, directory: Path = SHARED) -> Path:
    """Return where the frames of that name are. Raises ValueError for a name that is no plain word."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise ValueError(f"{name!r} is no name for shared frames: letters, digits, - and _ only")
    return directory / f"gatepost-{name}"


def _open(path: Path) -> tuple[mmap.mmap, _Layout, int]:
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError as error:
        raise DeviceLost("the simulated camera is not there") from error
    try:
        status = os.fstat(handle)
        if status.st_size < _PAGE:
            raise DeviceLost("the simulated camera's memory is too small")
        memory = mmap.mmap(handle, status.st_size, prot=mmap.PROT_READ)
    except (OSError, ValueError) as error:
        raise DeviceLost("the simulated camera's memory cannot be used") from error
    finally:
        os.close(handle)
    magic, slots, height, width, channels, _ = _HEAD.unpack_from(memory, 0)
    layout = _Layout(slots, height, width, channels)
    if magic != _MAGIC or layout.size != status.st_size:
        memory.close()
        raise DeviceLost("the simulated camera speaks another version")
    return memory, layout, status.st_ino


def _times(memory: mmap.mmap, layout: _Layout) -> dict[int, float]:
    """Return when each whole frame in the memory was captured, by index."""
    slots = (_SLOT.unpack_from(memory, _SLOTS_AT + slot * _SLOT.size) for slot in range(layout.slots))
    return {index: at for sequence, index, at in slots if index and sequence % 2 == 0}


def _copy(memory: mmap.mmap, layout: _Layout, index: int) -> tuple[int, float, Image] | None:
    """Copy a frame; None when it was overwritten meanwhile."""
    slot = index % layout.slots
    before = _SLOT.unpack_from(memory, _SLOTS_AT + slot * _SLOT.size)
    image = layout.pixels(memory, slot).copy()
    if before[1] != index or before != _SLOT.unpack_from(memory, _SLOTS_AT + slot * _SLOT.size):
        return None
    return index, before[2], image
