"""A camera that goes blind, as the eyes see it: opened again when it is frozen, said once when it is covered."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera import Camera
from kiosk.link import PartHealth, Scanned
from kiosk.units import Monotonic
from tests.captured_lines import capture_logs
from tests.drivers.pictured import RealClock, drawn, placed
from tests.drivers.watching import GREY, Core, Stage, watching


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    core = Core(tmp_path / "core.sock")
    yield core
    core.close()


class QuickClock(RealClock):
    """Six seconds in one."""

    def monotonic(self) -> Monotonic:
        return Monotonic(6 * super().monotonic())


def quick(stage: Stage, *, replayed: bool = True) -> Camera:
    """A camera whose frames come six times faster than they say."""
    stage.broken.clear()
    return Camera(stage, name="stage", fps=60, clock=QuickClock(), replayed=replayed)


def test_a_camera_that_shows_the_same_for_ever_is_told_and_opened_again(core: Core, stage: Stage) -> None:
    stage.picture = placed(drawn(b"frozen"), 300, 200)

    with watching(core.path, lambda: quick(stage, replayed=False), QuickClock()):
        core.accept()
        assert core.expect(PartHealth).well
        lost = core.expect(PartHealth)
        assert (lost.well, lost.detail) == (False, "the picture does not change")
        assert core.expect(PartHealth).well


def test_a_covered_camera_is_said_once_each_way_and_is_no_loss(core: Core, stage: Stage) -> None:
    stage.picture = np.full_like(GREY, 40)
    with capture_logs() as said, watching(core.path, lambda: quick(stage), QuickClock()):
        core.accept()
        assert core.expect(PartHealth).well
        came = core.during(1.2)
        stage.picture = placed(drawn(b"uncovered"), 300, 200)
        core.expect(Scanned)
        # What the lens sees is judged a few times a second.
        for _ in range(50):
            if len(said) > 1:
                break
            core.during(0.1)
    assert not [message for message in came if isinstance(message, PartHealth)]
    assert [line["event"] for line in said] == ["sight lost", "sight back"]
