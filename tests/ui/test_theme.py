"""Colours that can be read, sizes that can be touched."""

from importlib.resources import files
from pathlib import Path

import pytest

from kiosk.errors import UsageError
from ui import theme
from ui.gallery import PANELS, panel_of
from ui.metrics import measure
from ui.theme import WORDS_ON_GROUND, contrast

SHIPPED = (files("ui") / "theme.toml").read_text(encoding="utf-8")


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("name", ["normal", "contrast"])
@pytest.mark.parametrize(("words", "ground"), WORDS_ON_GROUND, ids=str)
def test_all_words_stand_out_from_what_they_stand_on(name: str, words: str, ground: str) -> None:
    palette = getattr(theme.load().palette, name)
    assert contrast(palette[words], palette[ground]) >= 4.5


def test_in_high_contrast_ordinary_words_have_seven_to_one() -> None:
    palette = theme.load().palette.contrast
    for words, ground in WORDS_ON_GROUND:
        assert contrast(palette[words], palette[ground]) >= 7, (words, ground)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('ink = "#152238"', 'ink = "#C0BDB6"'), r"\[palette.normal\] ink on ground has a contrast of 1\.6; it must be 4\.5"),
        (("target_mm = 15.0", "target_mm = 9.0"), r"\[measure\] target_mm must be a number, at least 15"),
        (('ink = "#152238"', 'ink = "navy"'), r"ink must be a colour such as"),
        (('ink = "#152238"', 'inc = "#152238"'), r"has no key 'inc'|must have the key 'ink'"),
    ],
    ids=["too pale", "too small", "no colour", "misspelt"],
)
def test_a_theme_of_ones_own_that_cannot_be_read_or_touched_is_refused(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    path = tmp_path / "theme.toml"
    path.write_text(SHIPPED.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        theme.load(path)


@pytest.mark.parametrize("size", PANELS)
def test_what_is_touched_is_fifteen_millimetres_on_the_real_panel(size: str) -> None:
    width, height, diagonal = panel_of(size)
    metrics = measure(theme.load(), width, height, diagonal, large=False)
    assert metrics.target / metrics.px_per_mm >= 15
    assert (metrics.width, metrics.height, metrics.portrait) == (width, height, height > width)


def test_large_type_is_larger_and_no_type_is_too_small_to_read() -> None:
    for size in PANELS:
        normal, large = (measure(theme.load(), *panel_of(size), large=large) for large in (False, True))
        for name in ("small", "body", "lead", "title", "numeral", "answer"):
            assert getattr(large, name) > getattr(normal, name) >= normal.legible


@pytest.mark.parametrize("size", ["800", "x480", "800x", "axb", "20x20", "90000x400"])
def test_a_size_that_is_none_is_one_sentence(size: str) -> None:
    with pytest.raises(UsageError, match="is no size of a screen; write for example 800x480"):
        panel_of(size)
