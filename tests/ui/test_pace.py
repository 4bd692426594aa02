"""How smoothly the screen runs, with a loop that the test turns."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ui.pace import Pace


class Loop:
    """Kivy's clock and window, as far as the pace knows them, on a time of the test's own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.worked = 0.0
        self.draw: Callable[..., None] = lambda *_: None
        self.idle: Callable[[], None] = self.sleep

    def bind(self, *, on_draw: Callable[..., None]) -> None:
        self.draw = on_draw

    def turn(self, busy_s: float, *, draws: bool = True, worked_s: float = 0.0) -> None:
        """Work, perhaps draw, then sleep; `worked_s` of the time the processor was this thread's."""
        self.worked += worked_s
        if draws:
            self.draw()
        self.now += busy_s
        self.idle()

    def sleep(self) -> None:
        """What Kivy does between two turns."""
        self.now += 0.02


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def pace(loop: Loop) -> Pace:
    pace = Pace(lambda: loop.now, lambda: loop.worked)
    pace.attach(loop, loop)
    return pace


def test_frames_are_those_drawn_during_visits(pace: Pace, loop: Loop) -> None:
    loop.turn(0.5)
    loop.turn(0.030)
    pace.visiting = True
    for busy in (0.010, 0.020, 0.040):
        loop.turn(busy)
    loop.turn(0.015, draws=False)
    found: dict[str, Any] = pace.statistics()
    assert found["frames"] == 3
    assert found["frame_ms"] == {"p50": 20.0, "p95": 40.0, "p99": 40.0, "max": 40.0}


def test_the_longest_stall_counts_without_a_frame_and_the_first_turn_does_not(pace: Pace, loop: Loop) -> None:
    loop.turn(2.0)
    loop.turn(0.060, draws=False)
    pace.visiting = True
    loop.turn(0.045, draws=False)
    found = pace.statistics()
    assert found["longest_stall_ms"] == 45.0
    assert found["longest_stall_ever_ms"] == 60.0
    assert found["start_to_screen_s"] > 0
    assert pace.turned == 3


def test_work_is_told_from_waiting_for_the_processor(pace: Pace, loop: Loop) -> None:
    loop.turn(0.5)
    pace.visiting = True
    loop.turn(0.080, worked_s=0.012)
    loop.turn(0.030, worked_s=0.020, draws=False)
    found = pace.statistics()
    assert (found["longest_stall_ms"], found["longest_work_ms"]) == (80.0, 20.0)
    assert found["work_ms"]["max"] == 12.0


def test_the_rate_of_the_mirror_leaves_out_the_time_without_one(pace: Pace, loop: Loop) -> None:
    assert pace.statistics()["preview_fps"] is None
    for _ in range(2):
        for _ in range(11):
            pace.mirrored()
            loop.now += 0.1
        loop.now += 60.0
    assert pace.statistics()["preview_fps"] == pytest.approx(10.0, abs=0.05)


def test_the_figures_are_written_whole(pace: Pace, loop: Loop, tmp_path: Path) -> None:
    loop.turn(0.5)
    pace.write(tmp_path / "screen.json")
    assert json.loads((tmp_path / "screen.json").read_text(encoding="utf-8")) == pace.statistics()
    assert [path.name for path in tmp_path.iterdir()] == ["screen.json"]


def test_a_scan_is_answered_when_its_answer_was_drawn(pace: Pace, loop: Loop) -> None:
    loop.turn(0.5)
    decoded_at = loop.now - 0.050
    pace.scanned(decoded_at, answered=False)
    loop.turn(0.010)
    pace.scanned(decoded_at, answered=True)
    loop.turn(0.020, draws=False)
    loop.turn(0.030)
    pace.scanned(decoded_at, answered=True)
    loop.turn(0.040)
    found = pace.statistics()
    assert (found["scans"], found["scans_answered"]) == (1, 1)
    # Three turns and the two sleeps between them; what was drawn afterwards is no second answer.
    assert found["answer_ms"]["max"] == pytest.approx(50 + 10 + 20 + 30 + 2 * 20)


def test_a_scan_that_the_next_one_overtook_is_counted_and_not_forgotten(pace: Pace, loop: Loop) -> None:
    loop.turn(0.5)
    pace.scanned(1.0, answered=False)
    pace.scanned(loop.now, answered=True)
    loop.turn(0.030)
    found = pace.statistics()
    assert (found["scans"], found["scans_answered"]) == (2, 1)
