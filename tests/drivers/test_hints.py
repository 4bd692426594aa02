"""What keeps a code from being read, in pictures of simulated visitors: each hint where it belongs, and no other."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.hints import judge
from drivers.qr import decode
from drivers.simulated.cards import SKIN, Medium
from drivers.simulated.scene import Card, ScenePose, SceneRenderer
from kiosk.view import Hint

PASS = "GP1:" + "A1B2C3D4E5F6" * 12
TOKEN = "https://health.example/code?t=abcDEF123456"
SETTLED = 15
"""Frames after which exposure and hand have settled."""
CODES = pytest.mark.parametrize("text", [PASS, TOKEN], ids=["pass", "token"])
MEDIA = pytest.mark.parametrize("medium", ["phone", "paper"])


class Film:
    """One renderer for many scenes, for drawing a world's noise takes longer than a scene."""

    def __init__(self, seed: int) -> None:
        self.renderer = SceneRenderer(seed)
        self.at = 0.0


@cache
def film(seed: int) -> Film:
    return Film(seed)


def filmed(
    *cards: Card, frames: int = 3, seed: int = 3, presence: float = 1.0, lowering: float = 0.0
) -> Iterator[NDArray[np.uint8]]:
    """Frames of somebody who holds these cards; with `lowering` they go up and down by that much from frame to frame."""
    scene = film(seed)
    for number in range(SETTLED + frames):
        scene.at += 1 / 30
        moved = tuple(replace(card, raise_=card.raise_ - lowering * (number % 2)) for card in cards)
        image, _ = scene.renderer.render([ScenePose(presence, moved)], scene.at)
        if number >= SETTLED:
            yield image


def card(
    text: str, medium: Medium, *, distance: float = 1.0, tilt: float = 0.05, glare: float = 0.0, torn: bool = False
) -> Card:
    return Card(text, medium, 1.0, tilt, distance, glare, torn)


def hints(*frames: NDArray[np.uint8]) -> set[Hint | None]:
    return {judge(frame) for frame in frames}


@CODES
@MEDIA
@pytest.mark.parametrize("distance", [0.5, 0.8, 1.0, 1.15])
@pytest.mark.parametrize("tilt", [0.0, 0.12, 0.3])
def test_a_code_that_is_held_well_is_left_alone(text: str, medium: Medium, distance: float, tilt: float) -> None:
    assert hints(*filmed(card(text, medium, distance=distance, tilt=tilt, glare=0.3))) == {None}


@CODES
@MEDIA
@pytest.mark.parametrize("distance", [0.15, 0.2, 0.25])
def test_a_code_that_is_cut_above_and_below_is_too_near(text: str, medium: Medium, distance: float) -> None:
    frames = list(filmed(card(text, medium, distance=distance)))
    assert not any(decode(frame) for frame in frames)
    assert hints(*frames) == {Hint.CODE_TOO_NEAR}


@CODES
@MEDIA
def test_a_code_that_is_held_far_away_is_too_small(text: str, medium: Medium) -> None:
    frames = list(filmed(card(text, medium, distance=2.0)))
    assert not any(decode(frame) for frame in frames)
    assert hints(*frames) == {Hint.CODE_TOO_SMALL}


@CODES
def test_a_reflection_that_hides_a_part_of_the_code_is_too_bright(text: str) -> None:
    frames = list(filmed(card(text, "phone", glare=1.0)))
    # The later rungs may read it all the same, in time.
    assert not any(decode(frame, thorough=False) for frame in frames)
    assert hints(*frames) == {Hint.TOO_BRIGHT}


@CODES
@MEDIA
@pytest.mark.parametrize("lowering", [0.05, 0.1])
def test_a_code_that_is_moved_is_to_be_held_still(text: str, medium: Medium, lowering: float) -> None:
    frames = list(filmed(card(text, medium), lowering=lowering))
    assert not any(decode(frame) for frame in frames)
    assert hints(*frames) == {Hint.HOLD_STILL}


@CODES
@MEDIA
def test_a_code_that_is_turned_away_is_to_be_held_upright(text: str, medium: Medium) -> None:
    seen = hints(*filmed(card(text, medium, tilt=1.1)))
    assert Hint.CODE_TILTED in seen
    assert seen <= {Hint.CODE_TILTED, None}


def covered(picture: NDArray[np.uint8], where: str) -> NDArray[np.uint8]:
    """Lay a thumb over a corner or the side of the code, a hand over half of it, or move it half out of the picture."""
    (code,) = decode(picture)
    corners = np.array(code.corners, float)
    side = float(np.linalg.norm(corners[1] - corners[0]))
    if where == "outside":
        shift = np.array([[1, 0, picture.shape[1] - corners[1, 0] + side / 2], [0, 1, 0]], np.float32)
        return np.asarray(cv2.warpAffine(picture, shift, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)
    if where == "half":
        half = np.array([corners[0] - 5, corners[:2].mean(axis=0), corners[2:].mean(axis=0), corners[3] + (-5, 5)])
        return np.asarray(cv2.fillConvexPoly(picture.copy(), half.astype(np.int32), SKIN), np.uint8)
    tip = corners[1:3].mean(axis=0) if where == "side" else corners[int(where)]
    size = round(side * 0.45), round(side * 0.27)
    return np.asarray(cv2.ellipse(picture.copy(), tip.astype(int).tolist(), size, 30, 0, 360, SKIN, -1), np.uint8)


@CODES
@pytest.mark.parametrize("where", ["0", "1", "3", "side", "half", "outside"])
def test_a_code_of_which_a_part_cannot_be_seen_is_to_be_shown_whole(text: str, where: str) -> None:
    pictures = [covered(picture, where) for picture in filmed(card(text, "paper"), frames=1)]
    assert not any(decode(picture, thorough=False) for picture in pictures)
    assert hints(*pictures) == {Hint.CODE_HIDDEN}


@MEDIA
def test_a_picture_in_which_nothing_is_light_is_too_dark(medium: Medium) -> None:
    dark = [np.asarray(frame * 0.01, np.uint8) for frame in filmed(card(PASS, medium))]
    assert not any(decode(frame) for frame in dark)
    assert hints(*dark) == {Hint.TOO_DARK}


def test_a_code_in_the_dark_is_too_dark_though_there_is_a_lamp() -> None:
    (frame,) = filmed(card(PASS, "paper"), frames=1)
    dark = np.asarray(frame * 0.1, np.uint8)
    dark[:120, 900:] = 240
    assert hints(dark) == {Hint.TOO_DARK}


@pytest.mark.parametrize("seed", range(12))
def test_who_holds_up_no_code_is_told_nothing(seed: int) -> None:
    for presence in (0.0, 0.3, 0.7, 1.0):
        assert hints(*filmed(frames=1, seed=seed, presence=presence)) == {None}


@CODES
@MEDIA
def test_a_code_that_is_torn_cannot_be_held_better(text: str, medium: Medium) -> None:
    frames = list(filmed(replace(card(text, medium), torn=True)))
    assert not any(decode(frame) for frame in frames)
    assert hints(*frames) == {None}


@pytest.mark.parametrize("shape", [(1, 1, 3), (90, 160, 3), (16, 640, 3), (2160, 3840, 3)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_any_plain_picture_can_be_judged(shape: tuple[int, int, int], level: int) -> None:
    assert judge(np.full(shape, level, np.uint8)) in {None, Hint.TOO_DARK}


def test_any_noise_can_be_judged() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        judge(rng.integers(0, 256, (360, 640, 3), np.uint8))
