"""The colour around a code: told whatever the light and the screen, and not told where there is none."""

import cv2
import numpy as np
import pytest

from drivers.engines import Corners, Picture
from drivers.qr import decode
from drivers.tint import Tint, tint_around
from tests.drivers.pictured import TESTDATA, drawn

COLOURS = {Tint.GREEN: (60, 170, 40), Tint.YELLOW: (20, 190, 235), Tint.RED: (40, 40, 210)}
LIGHTS = {"white": (1, 1, 1), "lamp": (0.6, 0.85, 1), "shade": (1, 0.9, 0.75), "dim": (0.35, 0.35, 0.35)}
BY_COLOUR = pytest.mark.parametrize("tint", COLOURS)


def screen(field: tuple[int, int, int], modules: tuple[int, int, int] = (0, 0, 0)) -> tuple[Picture, Corners]:
    """A code with its quiet zone on a field of a colour, and where it is."""
    code = drawn(b"https://health.example/code?t=1")
    picture = np.full((420, 420, 3), field, np.uint8)
    size = code.shape[0]
    left = (420 - size) // 2
    drawing = np.where(code[:, :, None] > 0, np.uint8(255), np.array(modules, np.uint8))
    # The quiet zone is four modules wide; a field of colour comes nearer than that on the screens that have one.
    near = 12
    picture[left + near : left + size - near, left + near : left + size - near] = drawing[near:-near, near:-near]
    first, last = left + 20, left + size - 20
    return picture, ((first, first), (last, first), (last, last), (first, last))


@BY_COLOUR
@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS.keys())
def test_a_field_of_colour_is_told_in_any_light(tint: Tint, light: tuple[float, float, float]) -> None:
    picture, corners = screen(COLOURS[tint])
    found = tint_around(np.asarray(picture * np.array(light), np.uint8), corners)
    assert found is not None
    assert found.tint is tint
    assert found.confidence > 0.7


@BY_COLOUR
def test_coloured_modules_are_told_too(tint: Tint) -> None:
    picture, corners = screen((255, 255, 255), COLOURS[tint])
    found = tint_around(picture, corners)
    assert found is not None
    assert found.tint is tint


@BY_COLOUR
def test_noise_and_blur_leave_the_colour(tint: Tint) -> None:
    picture, corners = screen(COLOURS[tint])
    noise = np.random.default_rng(1).normal(0, 12, picture.shape)
    spoilt = np.clip(np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.0), np.float64) + noise, 0, 255).astype(np.uint8)
    found = tint_around(spoilt, corners)
    assert found is not None
    assert found.tint is tint


PLAIN = {"white": (255, 255, 255), "grey": (120, 120, 120), "black": (5, 5, 5), "blue": (220, 90, 20)}


@pytest.mark.parametrize("field", PLAIN.values(), ids=PLAIN.keys())
def test_no_colour_of_a_health_code_is_none(field: tuple[int, int, int]) -> None:
    assert tint_around(*screen(field)) is None


def test_half_green_and_half_red_is_none_or_not_sure() -> None:
    picture, corners = screen(COLOURS[Tint.GREEN])
    red, _ = screen(COLOURS[Tint.RED])
    picture[:, 210:] = red[:, 210:]
    found = tint_around(picture, corners)
    assert found is None or found.confidence < 0.7


def test_in_the_dark_and_without_corners_there_is_none() -> None:
    picture, corners = screen(COLOURS[Tint.GREEN])
    assert tint_around(np.asarray(picture * 0.05, np.uint8), corners) is None
    assert tint_around(picture, ()) is None


def test_photographs_of_black_codes_on_paper_are_hardly_ever_taken_for_coloured() -> None:
    pictures = sorted(TESTDATA.glob("qr/zxing/qrcode-1/*.png"))
    if not pictures:
        pytest.skip("the pictures made by others are not here (GATEPOST_TESTDATA)")
    images = [np.asarray(cv2.imread(str(path)), np.uint8) for path in pictures]
    found = [tint_around(image, code.corners) for image in images for code in decode(image)]
    assert len(found) == 20
    # Two lie on something red.
    assert sum(one is not None and one.confidence > 0.6 for one in found) <= 2
