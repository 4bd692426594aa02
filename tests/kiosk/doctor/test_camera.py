"""The camera's examination: over the simulated camera, and over fakes that fail as real ones do."""

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera import Frame, open_camera
from drivers.simulated.capture import SimulatedCapture
from drivers.simulated.protocol import shm_name
from drivers.simulated.script import Script
from kiosk.doctor import camera
from kiosk.doctor.findings import Finding, State
from kiosk.errors import DeviceLost, UsageError
from kiosk.units import Monotonic
from tests.drivers.pictured import RealClock, drawn, placed
from tests.drivers.worlds import PATIENCE_S, MovedClock, living_world
from tests.kiosk.doctor.patients import Painted

PLANTED = "https://health.example/code?t=planted-token"


def filmed(tmp_path: Path, picture: NDArray[np.uint8]) -> Finding:
    """What is found of a simulated camera that shows this picture."""
    path, clock = tmp_path / "w.sock", RealClock()

    def simulated() -> SimulatedCapture:
        return SimulatedCapture(shm_name(path), clock)

    def opened() -> Any:
        return open_camera("simulated", width=1280, height=720, fps=30, clock=clock, simulated=simulated)

    painted = Painted(picture)
    with living_world(Script(), path, painted):
        assert painted.filmed.wait(PATIENCE_S)
        (found,) = camera.examine(opened, clock, width=1280, fps=30)
    return found


def test_a_good_camera_is_fit_and_measured_and_no_code_is_repeated(tmp_path: Path) -> None:
    found = filmed(tmp_path, placed(drawn(PLANTED), 400, 200))
    assert found.state is State.FIT, found
    assert (found.measured["width"], found.measured["height"]) == (1280, 720)
    assert found.measured["fps"] > camera.LEAST_FPS
    assert 100 < found.measured["brightness"] < 200
    assert found.measured["decode_ms"] > 0
    assert found.measured["opens_s"] < found.measured["first_frame_s"] < camera.FIRST_WITHIN
    assert "planted" not in str(found)


@pytest.mark.parametrize(
    ("level", "said", "advised"),
    [(3, "the picture is dark", "lens cap"), (253, "the picture is all white", "away from the sun")],
    ids=["dark", "blinded"],
)
def test_a_camera_that_sees_nothing_is_unfit(tmp_path: Path, level: int, said: str, advised: str) -> None:
    found = filmed(tmp_path, np.full((720, 1280, 3), level, np.uint8))
    assert found.state is State.UNFIT
    assert said in found.detail
    assert advised in found.advice


class FakeCamera:
    """Gives frames at a pace on a clock that it moves itself, and ends as the test says."""

    def __init__(self, clock: MovedClock, *, period_s: float = 1 / 30, width: int = 1280, ends: Any = None) -> None:
        self._clock = clock
        self._period_s = period_s
        self._image = np.full((720, width, 3), 128, np.uint8)
        self._script: deque[Any] = deque(ends or ())
        self._index = 0
        self.closed = False

    def newest(self, after: int, timeout_s: float) -> Frame | None:
        if self._script and isinstance(self._script[0], DeviceLost):
            raise self._script[0]
        if self._period_s > timeout_s:
            self._clock.move(timeout_s)
            return None
        self._clock.move(self._period_s)
        self._index += 1
        return Frame(self._image, Monotonic(self._clock.at), self._index)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("made", "state", "said", "advised"),
    [
        ({}, State.FIT, "30 frames a second", ""),
        ({"period_s": 0.1}, State.FIT, "10 frames a second instead of 30", "more light"),
        ({"period_s": 0.5}, State.UNFIT, "2 frames a second instead of 30", "USB port"),
        ({"width": 640}, State.FIT, "640 wide instead of 1280", "1280 x 720"),
        ({"period_s": 99.0}, State.UNFIT, "gives no frame within 4 s", "Pull its plug"),
        ({"ends": [DeviceLost("the camera gives no more frames")]}, State.UNFIT, "no more frames", "cable"),
    ],
    ids=["well", "slow", "much-too-slow", "small", "silent", "unplugged-meanwhile"],
)
def test_a_camera_is_judged_by_what_it_gives_and_let_go(made: dict[str, Any], state: State, said: str, advised: str) -> None:
    clock = MovedClock()
    fake = FakeCamera(clock, **made)
    (found,) = camera.examine(lambda: fake, clock, width=1280, fps=30)
    assert found.state is state
    assert said in found.detail
    assert advised in found.advice
    assert bool(advised) is bool(found.advice)
    assert fake.closed


@pytest.mark.parametrize(
    ("error", "state", "advised"),
    [
        (DeviceLost("camera 0 cannot be opened"), State.ABSENT, "Check its plug"),
        (UsageError("door.png: the file is not there"), State.UNFIT, "[camera] source"),
    ],
    ids=["absent", "cannot-be-meant"],
)
def test_a_camera_that_does_not_open_is_judged_with_its_reason(error: Exception, state: State, advised: str) -> None:
    def opened() -> Any:
        raise error

    (found,) = camera.examine(opened, MovedClock(), width=1280, fps=30)
    assert found.state is state
    assert str(error) in found.detail
    assert advised in found.advice
    assert not found.in_order
