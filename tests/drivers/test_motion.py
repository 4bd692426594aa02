"""Motion: edges only, blind to noise."""

import numpy as np
from numpy.typing import NDArray

from drivers.motion import STILL_AFTER_S, Motion


def scene(seed: int, person_at: int | None = None) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(120, 5, (720, 1280, 3))
    if person_at is not None:
        noise[200:, person_at : person_at + 300] -= 60
    return noise.clip(0, 255).astype(np.uint8)


def test_noise_alone_is_no_motion() -> None:
    motion = Motion()
    assert not any(motion.watch(scene(number), number * 0.1) for number in range(6))


def test_motion_is_told_when_it_begins_and_once_it_has_ceased() -> None:
    motion = Motion()
    edges = []
    for number in range(25):
        at = number * 0.1
        if motion.watch(scene(number, 60 * number if number < 6 else 300), at):
            edges.append((motion.moving, round(at, 1)))
    assert edges[0] == (True, 0.1)
    assert [moving for moving, _ in edges] == [True, False]
    assert edges[1][1] >= 0.5 + STILL_AFTER_S - 0.11


def test_a_picture_of_another_size_is_no_motion() -> None:
    motion = Motion()
    motion.watch(scene(1), 0.0)
    assert not motion.watch(np.zeros((360, 640, 3), np.uint8), 1.0)
