"""Every screen in every language and size: nothing is clipped, everything can be reached, it looks as approved."""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.ui.drawing import Drawn, measured
from ui.gallery import PANELS, Gallery, drawn, panel_of, studio
from ui.translation import LANGUAGES

EACH = list(product(LANGUAGES, PANELS))
APPROVED = Path(__file__).parents[2] / "docs" / "screens"
APPROVED_PICTURES = sorted(path for path in APPROVED.glob("*.png") if path.stem != "contact")
TOLERANCE = 12.0
"""Levels of 255 by which small squares of two pictures may differ, on average over the worst hundredth."""


@pytest.fixture(scope="module")
def open_studio() -> Iterator[None]:
    with studio():
        yield


def drawn_in(gallery: Gallery) -> dict[str, Drawn]:
    return {name: measured(name, front) for name, front in drawn(gallery)}


@pytest.fixture(scope="module")
def everyday(open_studio: None) -> dict[str, Drawn]:
    return drawn_in(Gallery())


@pytest.fixture(scope="module")
def enlarged(open_studio: None) -> dict[str, Drawn]:
    return drawn_in(Gallery(large_type=True, high_contrast=True))


def of(pictures: dict[str, Drawn], language: str, size: str) -> Sequence[Drawn]:
    found = [picture for name, picture in pictures.items() if name.endswith(f"-{language}-{size}")]
    assert len(found) > 12
    return found


@pytest.mark.parametrize(("language", "size"), EACH, ids=str)
def test_nothing_is_clipped(everyday: dict[str, Drawn], language: str, size: str) -> None:
    for picture in of(everyday, language, size):
        assert picture.clipped == (), picture.name


@pytest.mark.parametrize(("language", "size"), EACH, ids=str)
def test_nothing_is_clipped_in_large_type(enlarged: dict[str, Drawn], language: str, size: str) -> None:
    for picture in of(enlarged, language, size):
        assert picture.clipped == (), picture.name


def in_millimetres(pixels: float, size: str) -> float:
    """What a ruler would say on the panel itself."""
    width, height, diagonal_in = panel_of(size)
    return pixels * diagonal_in * 25.4 / math.hypot(width, height)


@pytest.mark.parametrize("manner", ["everyday", "enlarged"])
@pytest.mark.parametrize("size", PANELS)
def test_whatever_can_be_pressed_is_fifteen_millimetres_and_touches_nothing_else(
    size: str, manner: str, request: pytest.FixtureRequest
) -> None:
    pictures: dict[str, Drawn] = request.getfixturevalue(manner)
    for picture in (picture for language in LANGUAGES for picture in of(pictures, language, size)):
        for button in picture.buttons:
            assert in_millimetres(min(button[2:]), size) >= 15, picture.name
        for number, one in enumerate(picture.buttons):
            for other in picture.buttons[number + 1 :]:
                apart_across = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
                apart_up = one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]
                assert apart_across or apart_up, picture.name


@pytest.mark.parametrize("manner", ["everyday", "enlarged"])
@pytest.mark.parametrize("size", PANELS)
def test_a_visitor_reaches_everything_in_the_lower_third(size: str, manner: str, request: pytest.FixtureRequest) -> None:
    pictures: dict[str, Drawn] = request.getfixturevalue(manner)
    _, height, _ = panel_of(size)
    reached = 0
    for picture in (picture for language in LANGUAGES for picture in of(pictures, language, size)):
        # Staff stand before their pads and lists.
        if not picture.name.startswith(("pin", "second", "choices")):
            for _, low, _, high in picture.buttons:
                assert (low >= 0, low + high <= height / 3) == (True, True), picture.name
                reached += 1
    assert reached > 100


def test_no_word_is_smaller_than_can_be_read(everyday: dict[str, Drawn]) -> None:
    for picture in everyday.values():
        for raw, size in picture.words:
            assert size >= picture.metrics.legible, (picture.name, raw)


def test_large_type_is_larger_where_it_matters(everyday: dict[str, Drawn], enlarged: dict[str, Drawn]) -> None:
    grown = 0
    for name, picture in everyday.items():
        before, after = dict(picture.words), dict(enlarged[name].words)
        assert before.keys() == after.keys()
        grown += sum(after[raw] > size for raw, size in before.items())
    assert grown > len(everyday)


def test_a_picture_is_approved_for_every_kind_of_screen() -> None:
    kinds = {path.stem.split("-")[0] for path in APPROVED_PICTURES}
    assert kinds >= {"idle", "steps", "form", "admit", "hold", "refuse", "parked", "guard", "unanswered", "card"}
    assert all(path.stat().st_size < 40_000 for path in APPROVED_PICTURES)
    assert (APPROVED / "contact.png").stat().st_size < 150_000


@pytest.mark.parametrize("path", APPROVED_PICTURES, ids=lambda path: path.stem)
def test_it_looks_as_approved(open_studio: None, path: Path) -> None:
    from ui.gallery import pixels_of

    name, language, size = path.stem.rsplit("-", 2)
    gallery = Gallery((language,), (size,))
    (found,) = [pixels_of(front) for drawn_name, front in drawn(gallery, only=name) if drawn_name == path.stem]
    wanted = cv2.imread(str(path))
    assert wanted is not None
    assert found.shape == wanted.shape
    assert worst_hundredth(found, wanted[..., ::-1]) < TOLERANCE


def worst_hundredth(one: Any, other: Any) -> float:
    """How much two pictures differ where they differ most, in squares of 8 pixels: an edge may move by a hair."""
    height, width, _ = one.shape
    small = (width // 8, height // 8)
    squares = [cv2.resize(np.ascontiguousarray(picture), small, interpolation=cv2.INTER_AREA) for picture in (one, other)]
    apart = np.sort(np.abs(squares[0].astype(float) - squares[1].astype(float)).max(axis=2).ravel())
    return float(apart[-max(1, apart.size // 100) :].mean())
