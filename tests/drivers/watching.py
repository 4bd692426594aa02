"""The eyes between a stage, whose camera shows what a test puts on, and a core at the end of a real socket."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera import Camera
from drivers.eyes import run_eyes
from drivers.mirror import Mirror
from kiosk.link import AnyMessage, Connection, Hello, Listener, Message
from kiosk.ports import Clock
from kiosk.preview import PreviewPublisher, PreviewSubscriber
from kiosk.units import Monotonic
from tests.drivers.pictured import RealClock

PATIENCE_S = 15.0
Wanted = TypeVar("Wanted", bound=Message)

GREY = np.full((720, 1280, 3), 160, np.uint8)


FPS = 60


class Stage:
    """A capture at 60 frames a second that shows what the test puts on; `frozen` holds it up, `broken` ends it."""

    def __init__(self) -> None:
        self.clock: Clock = RealClock()
        self.period_s = 1 / FPS
        self.grabbed = 0
        self.picture: NDArray[np.uint8] = GREY
        self.broken = threading.Event()
        self.frozen = threading.Event()
        self.released = threading.Event()
        self.retrieved = 0

    def grab(self) -> bool:
        if self.frozen.is_set():
            self.broken.wait(PATIENCE_S)
        self.grabbed += 1
        return not self.broken.wait(self.period_s)

    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
        self.retrieved += 1
        return True, self.picture

    def get(self, property_id: int, /) -> float:
        return 0.0

    def release(self) -> None:
        self.released.set()

    def open(self) -> Camera:
        """Open it, as the eyes do."""
        self.broken.clear()
        return Camera(self, name="stage", fps=FPS, clock=self.clock, replayed=True)


class FrameClock(RealClock):
    """Goes on with the frames of a stage: how many of them are looked at is the same however busy the machine is.

    Nobody waits for time to go by, so it goes by twice as fast.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        stage.period_s = 1 / FPS / 2

    def monotonic(self) -> Monotonic:
        return Monotonic(1000.0 + self._stage.grabbed / FPS)


class Core:
    """The other end of the eyes' link."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener = Listener(path)
        self.connection: Connection | None = None

    def accept(self) -> Hello:
        """Wait for the eyes and their greeting."""
        impatience = threading.Timer(PATIENCE_S, self._listener.close)
        impatience.start()
        self.connection = self._listener.accept()
        impatience.cancel()
        return self.expect(Hello)

    def next(self, timeout_s: float) -> AnyMessage | None:
        assert self.connection is not None
        return self.connection.receive(timeout_s)

    def expect(self, kind: type[Wanted], gone_by: list[AnyMessage] | None = None) -> Wanted:
        """Wait for a message of that kind; the others go by, into the list if there is one."""
        end = RealClock().monotonic() + PATIENCE_S
        while RealClock().monotonic() < end:
            message = self.next(1.0)
            if isinstance(message, kind):
                return message
            if message is not None and gone_by is not None:
                gone_by.append(message)
        pytest.fail(f"no {kind.__name__} came")

    def during(self, seconds: float) -> list[AnyMessage]:
        """Return everything that comes in that time."""
        end = RealClock().monotonic() + seconds
        came = []
        while (left := end - RealClock().monotonic()) > 0:
            if (message := self.next(left)) is not None:
                came.append(message)
        return came

    def send(self, message: AnyMessage) -> None:
        assert self.connection is not None
        self.connection.send(message)

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        self.hang_up()
        self._listener.close()
        self.path.unlink(missing_ok=True)


def mirror_at(path: Path) -> Mirror:
    """The mirror of the kiosk with this socket, kept beside it instead of in the machine's shared memory."""
    return Mirror(PreviewPublisher(path.parent, directory=path.parent))


def screen_at(path: Path) -> PreviewSubscriber:
    """The screen's end of that mirror."""
    return PreviewSubscriber(path.parent, RealClock().monotonic, directory=path.parent)


@contextmanager
def watching(
    path: Path, open_camera: Callable[[], Camera], clock: Clock | None = None, mirror: Mirror | None = None
) -> Iterator[threading.Event]:
    """Let the eyes watch for as long as the block lasts; gives what stops them."""
    stop = threading.Event()
    thread = threading.Thread(
        target=run_eyes,
        args=(path, open_camera, clock or RealClock(), stop),
        kwargs={"mirror": mirror or mirror_at(path), "idle_fps": 10, "version": "9.9"},
    )
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
