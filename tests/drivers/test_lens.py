"""Whether a camera sees anything, by its pictures alone."""

from collections.abc import Callable

import numpy as np
import pytest

from drivers.engines import Picture
from drivers.lens import BLIND_AFTER_S, FROZEN_AFTER_S, Blind, Lens

RNG = np.random.default_rng(3)


def noisy(level: int, sigma: float = 2.0) -> Picture:
    return np.clip(RNG.normal(level, sigma, (360, 640, 3)), 0, 255).astype(np.uint8)


def scene() -> Picture:
    """A wall, a person's dark coat, and the sensor's noise."""
    picture = noisy(150)
    picture[100:, 200:400] //= 3
    return picture


def seen(take: Callable[[], Picture], seconds: float, *, replayed: bool = False) -> list[Blind | None]:
    lens = Lens(replayed=replayed)
    return [lens.watch(take(), number / 10) for number in range(round(seconds * 10) + 1)]


def test_a_scene_with_a_sensors_noise_is_seen() -> None:
    assert set(seen(scene, 8.0)) == {None}


BLINDNESS = {
    "black": (lambda: noisy(3), Blind.BLACK),
    "a hand": (lambda: noisy(40), Blind.COVERED),
    "paint": (lambda: noisy(200), Blind.COVERED),
}


@pytest.mark.parametrize(("take", "blind"), BLINDNESS.values(), ids=BLINDNESS.keys())
def test_a_picture_in_which_nothing_can_be_seen_is_noticed_after_a_while(take: Callable[[], Picture], blind: Blind) -> None:
    found = seen(take, 2 * BLIND_AFTER_S)
    assert found[0] is None
    assert found.index(blind) == round(BLIND_AFTER_S * 10)
    assert set(found[found.index(blind) :]) == {blind}


def test_the_same_picture_to_the_last_level_is_frozen_unless_it_is_a_replay() -> None:
    still = scene()
    found = seen(lambda: still, 5.0)
    assert found.index(Blind.FROZEN) == round(FROZEN_AFTER_S * 10)
    assert set(seen(lambda: still, 5.0, replayed=True)) == {None}


def test_one_look_at_something_and_it_sees_again() -> None:
    lens = Lens()
    for number in range(50):
        lens.watch(noisy(3), number / 10)
    assert lens.watch(noisy(3), 5.0) is Blind.BLACK
    assert lens.watch(scene(), 5.1) is None
    assert lens.watch(noisy(3), 5.2) is None


def test_a_phone_in_the_dark_is_something_to_see() -> None:
    def phone() -> Picture:
        picture = noisy(3)
        picture[150:250, 300:360] = 220
        return picture

    assert set(seen(phone, 5.0)) == {None}
