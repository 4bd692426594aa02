"""Where a code may be: found at any size and place, nowhere on a plain wall, and corners given back where they were."""

import numpy as np
import pytest

from drivers.engines import Found, Picture
from drivers.region import PLACES, Region, around, locate, moved, read_in
from tests.drivers.pictured import drawn, placed


def grey(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, :, 0])


@pytest.mark.parametrize("pixels", [3, 8, 14])
@pytest.mark.parametrize("place", [(20, 10), (500, 60)])
def test_the_place_of_a_code_is_found_whole(pixels: int, place: tuple[int, int]) -> None:
    code = drawn(b"here", pixels=pixels)
    regions = locate(grey(placed(code, *place)))
    (x, y), quiet, side = place, 4 * pixels, code.shape[0]
    assert any(
        one.left <= x + quiet and one.top <= y + quiet and one.right >= x + side - quiet and one.bottom >= y + side - quiet
        for one in regions
    )


def test_a_plain_wall_has_no_place_and_a_busy_picture_only_a_few() -> None:
    assert locate(np.full((720, 1280), 160, np.uint8)) == ()
    busy = placed(drawn(b"one"), 50, 50)
    for number in range(5):
        code = drawn(f"more {number}")
        busy[500 : 500 + code.shape[0], 200 * number : 200 * number + code.shape[1]] = code[:, :, None]
    assert 1 <= len(locate(grey(busy))) <= PLACES


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (8, 8), (6, 900)])
def test_the_smallest_pictures_have_no_place(shape: tuple[int, int]) -> None:
    assert locate(np.zeros(shape, np.uint8)) == ()


def test_what_is_read_in_a_region_has_its_corners_in_the_picture() -> None:
    def whole(crop: Picture) -> tuple[Found, ...]:
        height, width = crop.shape
        return (Found(b"x", "any", "QRCode", ((0, 0), (width, 0), (width, height), (0, height))),)

    picture = np.zeros((400, 600), np.uint8)
    (found,) = read_in(picture, Region(100, 50, 300, 200), 800, whole)
    assert found.corners == ((100, 50), (300, 50), (300, 200), (100, 200))
    assert read_in(picture, Region(10, 10, 10, 50), 800, whole) == ()


def test_around_a_code_is_its_margin_and_never_outside_the_picture() -> None:
    corners = ((100, 100), (200, 100), (200, 200), (100, 200))
    assert around(np.zeros((220, 600), np.uint8), corners, 0.5) == Region(50, 50, 250, 220)


def test_a_code_without_corners_is_moved_nowhere() -> None:
    code = Found(b"x", "zbar", "QRCode", ())
    assert moved((code,), lambda x, y: (x + 1, y)) == (code,)
