"""Frames from the simulated world to a kiosk's camera, through shared memory: a short history, newest last.

A frame may be seen only LATENCY_S after it was captured, so a subscriber finds the coming frames there already,
knows when the next falls due, and waits until just then. The memory itself is `kiosk.frame_ring`.
"""

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import DeviceLost
from kiosk.frame_ring import SHARED, RingReader, RingWriter
from kiosk.ports import Clock

Image = NDArray[np.uint8]

LATENCY_S = 0.100
"""From the light on the sensor to a frame in the hands of a driver (design: the world's camera latency)."""
PERIOD_S = 1 / 30
SLOTS = 8
"""Three frames on their way, four that a camera would queue, one being written."""
GONE_AFTER_S = 0.5
"""Silence after which a subscriber looks whether the world has begun anew under the same name."""
MAGIC = b"GATEFRM2"


class FramePublisher:
    """The world's end: keeps the last SLOTS frames. A new publisher of the same name takes over. One thread."""

    def __init__(self, name: str, *, directory: Path = SHARED) -> None:
        self._ring = RingWriter(name, MAGIC, slots=SLOTS, directory=directory)

    def publish(self, image: Image, captured_at: float) -> None:
        """Add a BGR frame captured at a monotonic time. All frames have one shape."""
        height, width, channels = image.shape
        self._ring.publish(np.ascontiguousarray(image).data, (height, width, channels), captured_at)

    def close(self) -> None:
        """Tell subscribers that the camera is gone, and take the memory's name away. Idempotent."""
        self._ring.close()


class FrameSubscriber:
    """A camera's end: sees a frame LATENCY_S after its capture. `wait` in one thread, `close` from any."""

    def __init__(self, name: str, clock: Clock, *, directory: Path = SHARED) -> None:
        self._ring = RingReader(name, MAGIC, directory=directory)
        self._clock = clock
        self._closing = threading.Event()
        self._in_use = threading.Lock()

    def attached(self) -> bool:
        """Attach if that is not done yet; say whether a publisher is there."""
        with self._in_use:
            try:
                self._ring.times()
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
            self._ring.close()

    def _wait(self, newer_than: int, timeout_s: float, depth: int) -> tuple[int, float, Image] | None:
        end = self._clock.monotonic() + timeout_s
        looked = self._clock.monotonic()
        while not self._closing.is_set():
            known = self._ring.times()
            now = self._clock.monotonic()
            seen = sorted(index for index, at in known.items() if at + LATENCY_S <= now)
            fresh = [index for index in seen[-depth:] if index > newer_than]
            if fresh and (frame := self._ring.copy(fresh[0])) is not None:
                return frame.index, frame.captured_at, np.frombuffer(frame.pixels, np.uint8).reshape(frame.shape)
            if now >= end:
                return None
            coming = [at + LATENCY_S for index, at in known.items() if index > newer_than and at + LATENCY_S > now]
            # Nothing on its way: the publisher is late or gone, and its next frame falls due a latency from now.
            due = min(coming, default=now + (LATENCY_S if known else PERIOD_S))
            if not coming and now - looked > GONE_AFTER_S:
                looked = now
                self._ring.look_again()
            self._closing.wait(max(0.0005, min(due, end) - now))
        return None
