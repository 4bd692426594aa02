"""Where the buttons of the bar are, from their number, their widths and the panel. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from ui.metrics import Metrics
from ui.picture import Action, Touch

ROWS_MOST = 3
WORDS_WIDE = 1.9
"""A button with words is at least so many targets wide, or the bar takes another row."""
LANGUAGE_WIDE = 1.25


@dataclass(frozen=True, slots=True)
class Place:
    """A button's place in pixels from the bar's lower left corner."""

    touch: Touch
    x: int
    y: int
    width: int
    height: int


def bar_height(touches: Sequence[Touch], metrics: Metrics) -> int:
    """Return how high the bar is; 0 without buttons."""
    return len(_rows(touches, metrics)) * (metrics.target + metrics.gap) + metrics.gap if touches else 0


def places(touches: Sequence[Touch], metrics: Metrics) -> Iterator[Place]:
    """Return the places of all buttons, in as few rows as leave each its least width."""
    low = bar_height(touches, metrics)
    for row in _rows(touches, metrics):
        low -= metrics.gap + metrics.target
        share = _share(row, metrics)
        x = float(metrics.gap)
        for touch in row:
            width = share * touch.wide
            yield Place(touch, round(x), low, round(width), metrics.target)
            x += width + metrics.gap


def _rows(touches: Sequence[Touch], metrics: Metrics) -> list[Sequence[Touch]]:
    rows: list[Sequence[Touch]] = []
    for count in range(1, ROWS_MOST + 1):
        most = ceil(len(touches) / count)
        rows = [touches[at : at + most] for at in range(0, len(touches), most or 1)]
        if all(_share(row, metrics) * touch.wide >= _least(touch) * metrics.target for row in rows for touch in row):
            return rows
    return rows


def _share(row: Sequence[Touch], metrics: Metrics) -> float:
    """Pixels for a width of 1."""
    return (metrics.width - metrics.gap * (len(row) + 1)) / sum(touch.wide for touch in row)


def _least(touch: Touch) -> float:
    if touch.action is Action.LANGUAGE:
        return LANGUAGE_WIDE
    return 1.0 if touch.words is None else WORDS_WIDE
