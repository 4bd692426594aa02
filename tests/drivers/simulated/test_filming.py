"""Filming: a steady pace by absolute deadlines, what it hands on, and how it ends."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.simulated.filming import Filming, SceneArtist, Studio, open_studio
from drivers.simulated.frames import LATENCY_S, FrameSubscriber
from drivers.simulated.protocol import shm_name
from drivers.simulated.scene import Card, ScenePose, SceneRenderer
from drivers.simulated.script import Script
from drivers.simulated.visitor import HeldCard, Posture
from kiosk.errors import DeviceLost
from kiosk.frame_ring import shared_path
from tests.drivers.worlds import MovedClock

PATIENCE_S = 10.0
FPS = 10
NOW = 1000.0


class PacedStop(threading.Event):
    """Waiting on it moves the clock; set after so many pictures."""

    def __init__(self, clock: MovedClock, pictures: int) -> None:
        super().__init__()
        self._clock = clock
        self._left = pictures

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.move(timeout or 0.0)
        self._left -= 1
        return self._left < 0 or super().wait(0)


@dataclass
class Takes:
    """A renderer that takes some time for each picture, and a publisher that keeps note."""

    clock: MovedClock
    takes_s: list[float]
    published: list[float] = field(default_factory=list)
    seen: list[tuple[float, Posture, bool]] = field(default_factory=list)
    ends: list[BaseException | None] = field(default_factory=list)
    closed: int = 0

    def render(self, posture: Posture, at: float) -> tuple[NDArray[np.uint8], bool]:
        self.clock.move(self.takes_s.pop(0) if self.takes_s else 0.0)
        return np.full((2, 2, 3), len(self.published), np.uint8), posture.presence > 0.5

    def publish(self, image: NDArray[np.uint8], captured_at: float) -> None:
        self.published.append(captured_at)

    def close(self) -> None:
        self.closed += 1

    def film(self, pictures: int) -> None:
        filming = Filming(
            Studio(self, self),
            fps=FPS,
            now=lambda: self.clock.at,
            posture=lambda at: Posture(presence=at - NOW),
            seen=lambda at, posture, whole: self.seen.append((at, posture, whole)),
            ended=self.ends.append,
            stop=PacedStop(self.clock, pictures),
        )
        filming.start()
        filming.join()


PACES = {
    "quick": ([], [0, 1, 2, 3, 4]),
    "as long as a period": ([0.1, 0.1, 0.1, 0.1], [0, 1, 2, 3, 4]),
    "now and then slow": ([0.0, 0.09, 0.0], [0, 1, 2, 3, 4]),
    "one too slow": ([0.0, 0.13], [0, 1, 3, 4, 5]),
    "one much too slow": ([0.0, 0.57], [0, 1, 7, 8, 9]),
}


@pytest.mark.parametrize(("takes_s", "periods"), PACES.values(), ids=PACES.keys())
def test_pictures_are_taken_on_the_beat_and_one_that_comes_too_late_is_left_out(
    takes_s: list[float], periods: list[int]
) -> None:
    takes = Takes(MovedClock(NOW), list(takes_s))
    takes.film(5)
    assert takes.published == pytest.approx([NOW + number / FPS for number in periods], abs=1e-6)
    assert len(takes.published) == 5


def test_what_was_seen_is_handed_on_with_the_time_of_the_picture() -> None:
    takes = Takes(MovedClock(NOW), [0.02] * 9)
    takes.film(9)
    assert [at for at, _, _ in takes.seen] == takes.published
    assert all(posture.presence == pytest.approx(at - NOW) for at, posture, _ in takes.seen)
    assert [whole for _, _, whole in takes.seen] == [at - NOW > 0.5 for at in takes.published]


def test_the_end_is_told_once_and_the_publisher_closed() -> None:
    takes = Takes(MovedClock(NOW), [])
    takes.film(2)
    assert takes.ends == [None]
    assert takes.closed == 1


def test_a_failure_is_told_with_the_end() -> None:
    class Failing(Takes):
        def publish(self, image: NDArray[np.uint8], captured_at: float) -> None:
            raise OSError("no memory left")

    takes = Failing(MovedClock(NOW), [])
    takes.film(3)
    assert [str(end) for end in takes.ends] == ["no memory left"]
    assert takes.seen == []
    assert takes.closed == 1


def test_filming_that_never_started_can_be_ended() -> None:
    takes = Takes(MovedClock(NOW), [])
    Filming(
        Studio(takes, takes),
        fps=FPS,
        now=lambda: NOW,
        posture=lambda _: Posture(),
        seen=lambda *_: None,
        ended=takes.ends.append,
        stop=threading.Event(),
    ).join()
    assert (takes.ends, takes.closed) == ([], 1)


def test_the_artist_draws_what_the_renderer_draws_of_the_same_hands() -> None:
    held = HeldCard(0, "GP1:card", "phone", raised=0.9, tilt=0.2, distance=1.1, glare=0.4)
    card = Card("GP1:card", "phone", raise_=0.9, tilt=0.2, distance=1.1, glare=0.4)
    artist, renderer = SceneArtist(4), SceneRenderer(4)
    for at in (1.0, 1.033):
        drawn, whole = artist.render(Posture(0.8, (held,)), at)
        expected, also_whole = renderer.render(ScenePose(0.8, (card,)), at)
        assert np.array_equal(drawn, expected)
        assert whole == also_whole


def test_the_real_studio_publishes_where_the_worlds_camera_is_looked_for(tmp_path: Path) -> None:
    socket_path = tmp_path / "world.sock"
    studio = open_studio(Script(seed=2), socket_path)
    clock = MovedClock(NOW + LATENCY_S + 0.001)
    subscriber = FrameSubscriber(shm_name(socket_path), clock)
    try:
        image, _ = studio.renderer.render(Posture(), NOW)
        studio.publisher.publish(image, NOW)
        frame = subscriber.wait(0, 0.0)
        assert frame is not None
        assert np.array_equal(frame[2], image)
    finally:
        studio.publisher.close()
    assert not shared_path(shm_name(socket_path)).exists()
    with pytest.raises(DeviceLost):
        subscriber.wait(0, 0.0)
    subscriber.close()
