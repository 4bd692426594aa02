"""A simulated world in a thread of the test's own process, with pictures that cost nothing; a clock to move."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.simulated.filming import Postures, Studio, Whole
from drivers.simulated.observer import Observer, Seen
from drivers.simulated.script import Script
from drivers.simulated.world import run_world
from kiosk.model import ClockState
from kiosk.units import Monotonic, WallTime

PATIENCE_S = 20.0


class MovedClock:
    """Time that stands still until the test moves it."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def move(self, seconds: float) -> None:
        self.at += seconds

    def monotonic(self) -> Monotonic:
        return Monotonic(self.at)

    def wall(self) -> WallTime:
        return WallTime(round(self.at * 1e6))

    def state(self) -> ClockState:
        return ClockState.SYNCHRONISED

    def boot_id(self) -> str:
        return "test"


class PlainStudio:
    """Draws two by two pixels, says that every card is wholly inside, and keeps count."""

    def __init__(self, *, whole: bool = True) -> None:
        self.whole = whole
        self.published: list[float] = []
        self.closed = threading.Event()

    def studio(self, script: Script, socket_path: Path) -> Studio:
        return Studio(self, self)

    def render(self, postures: Postures, at: float) -> tuple[NDArray[np.uint8], Whole]:
        return np.zeros((2, 2, 3), np.uint8), (self.whole,) * len(postures)

    def publish(self, image: Any, captured_at: float) -> None:
        self.published.append(captured_at)

    def close(self) -> None:
        self.closed.set()


@contextmanager
def living_world(script: Script, path: Path, plain: PlainStudio | None = None) -> Iterator[PlainStudio]:
    """Run a world at `path` for as long as the block lasts; what it raised is raised here."""
    studio, stop, ready = plain or PlainStudio(), threading.Event(), threading.Event()
    with ThreadPoolExecutor(1, "test-world") as pool:
        turning = pool.submit(run_world, script, path, stop, ready=ready.set, studio=studio.studio)
        turning.add_done_callback(lambda _: ready.set())
        try:
            assert ready.wait(PATIENCE_S)
            yield studio
        finally:
            stop.set()
        turning.result(PATIENCE_S)


def next_event(observer: Observer) -> Seen:
    """Return the observer's next event, waiting for a bounded time."""
    event = observer.receive(PATIENCE_S)
    assert event is not None
    return event
