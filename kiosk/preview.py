"""The mirror: small pictures of what the camera sees, from the eyes to the screen, newest only. Standard library only.

The eyes publish while somebody is here; otherwise there is no memory, and no picture of anybody stays in it.
A picture carries where codes were found in it, and what keeps a code from being read.
"""

import hashlib
import itertools
import stat
import struct
from collections.abc import Callable
from pathlib import Path

from kiosk.errors import DeviceLost
from kiosk.frame_ring import NOTE, OWN, SHARED, RingReader, RingWriter
from kiosk.frozen import frozen
from kiosk.units import Monotonic, Seconds
from kiosk.view import Hint

STALE_AFTER = Seconds(1.0)
"""Without a newer picture for so long there is none: nobody is here, or the eyes have died."""
SLOTS = 3
"""One that is read, one that is written, one between them."""
RGB = 3
MAGIC = b"GATEPRV1"

Corners = tuple[tuple[int, int], ...]
"""Four (x, y), clockwise, in pixels of the picture; they may lie outside of it."""

_HINTS = (None, *Hint)
_CODE = struct.Struct("<8h")
_FARTHEST = 2**15 - 1
MOST_CODES = (NOTE - 1) // _CODE.size


@frozen
class Preview:
    """One picture: `rgb` is `height` rows of `width` times three bytes, from the top. `index` rises."""

    index: int
    captured_at: Monotonic
    width: int
    height: int
    rgb: bytearray
    codes: tuple[Corners, ...] = ()
    hint: Hint | None = None


class PreviewPublisher:
    """The eyes' end. A new one takes over from one that died. One thread."""

    def __init__(self, run_dir: Path, *, directory: Path = SHARED) -> None:
        self._ring = RingWriter(preview_name(run_dir), MAGIC, slots=SLOTS, directory=directory, mode=_mode(run_dir))

    def publish(
        self,
        rgb: memoryview,
        size: tuple[int, int],
        captured_at: Monotonic,
        codes: tuple[Corners, ...] = (),
        hint: Hint | None = None,
    ) -> None:
        """Show a picture of `size` (width, height), contiguous. Raises OSError while there is no memory for it."""
        width, height = size
        self._ring.publish(rgb, (height, width, RGB), captured_at, _told(codes, hint))

    def close(self) -> None:
        """Take the picture away; `publish` shows one again. Idempotent."""
        self._ring.close()


class PreviewSubscriber:
    """The screen's end. Neither call waits or raises, whatever becomes of the eyes. One thread.

    `now` is the boot-wide monotonic clock.
    """

    def __init__(self, run_dir: Path, now: Callable[[], float], *, directory: Path = SHARED) -> None:
        self._ring = RingReader(preview_name(run_dir), MAGIC, directory=directory)
        self._now = now

    def newest(self, after: int = 0) -> Preview | None:
        """Return a copy of the newest picture numbered above `after`; None when there is none that is not stale."""
        try:
            index = self._newest()
            frame = self._ring.copy(index) if index is not None and index > after else None
        except DeviceLost:
            return None
        if frame is None or frame.shape[2] != RGB:
            return None
        height, width, _ = frame.shape
        codes, hint = _read(frame.note)
        return Preview(frame.index, Monotonic(frame.captured_at), width, height, frame.pixels, codes, hint)

    def live(self) -> bool:
        """Whether pictures come. When they do not, what was shown last is no longer what is there."""
        try:
            return self._newest() is not None
        except DeviceLost:
            return False

    def close(self) -> None:
        """Let go of the memory. Idempotent."""
        self._ring.close()

    def _newest(self) -> int | None:
        now = self._now()
        fresh = [index for index, at in self._ring.times().items() if now - at <= STALE_AFTER]
        if not fresh:
            # Eyes that were killed leave their memory behind; those that came after have another.
            self._ring.look_again()
        return max(fresh, default=None)


def preview_name(run_dir: Path) -> str:
    """Return the name of the shared memory of the kiosk that runs there: no two kiosks share one."""
    return "preview-" + hashlib.sha256(str(run_dir.absolute()).encode()).hexdigest()[:16]


def _mode(run_dir: Path) -> int:
    """Let those see the pictures who may meet the kiosk's processes: the group, where the folder is the group's too."""
    try:
        shared = run_dir.stat().st_mode & stat.S_IXGRP
    except FileNotFoundError:
        shared = 0
    return OWN | stat.S_IRGRP if shared else OWN


def _told(codes: tuple[Corners, ...], hint: Hint | None) -> bytes:
    """Write the number of the hint, then eight numbers for each code."""
    kept = [itertools.chain.from_iterable(corners) for corners in codes if len(corners) == 4][:MOST_CODES]
    places = (_CODE.pack(*(max(-_FARTHEST, min(_FARTHEST, at)) for at in place)) for place in kept)
    return bytes([_HINTS.index(hint)]) + b"".join(places)


def _read(note: bytes) -> tuple[tuple[Corners, ...], Hint | None]:
    """Read what was told of a picture; of a note that is none, nothing."""
    whole = (len(note) - 1) // _CODE.size * _CODE.size
    if whole < 0 or note[0] >= len(_HINTS):
        return (), None
    codes = _CODE.iter_unpack(note[1 : 1 + whole])
    return tuple((code[0:2], code[2:4], code[4:6], code[6:8]) for code in codes), _HINTS[note[0]]
