"""Where the buttons are."""

import itertools

import pytest

from tests.ui.views import NOTICES, NOW
from ui import theme
from ui.bar_layout import bar_height, places
from ui.gallery import PANELS, panel_of
from ui.metrics import Metrics, measure
from ui.presenter import present
from ui.samples import SAMPLES
from ui.session import Manner, Session


def metrics_of(size: str, *, large: bool = False) -> Metrics:
    return measure(theme.load(), *panel_of(size), large=large)


@pytest.mark.parametrize("size", PANELS)
@pytest.mark.parametrize("name", SAMPLES)
def test_buttons_lie_side_by_side_within_the_screen_and_the_lower_third(size: str, name: str) -> None:
    metrics = metrics_of(size)
    picture = present(Session(Manner("en"), NOW, SAMPLES[name]), NOW, lambda _: "14:05", NOTICES)
    found = list(places(picture.bar, metrics))
    assert [place.touch for place in found] == list(picture.bar)
    assert bar_height(picture.bar, metrics) <= metrics.hand_reach
    for place in found:
        assert place.x >= metrics.gap - 1
        assert place.x + place.width <= metrics.width - metrics.gap + 2
        assert place.width >= metrics.target
        assert place.height == metrics.target
    rows = {place.y for place in found}
    for row in rows:
        ordered = sorted((place.x, place.width) for place in found if place.y == row)
        assert all(left[0] + left[1] < right[0] for left, right in itertools.pairwise(ordered))


def test_no_buttons_take_no_room() -> None:
    assert bar_height((), metrics_of("800x480")) == 0
    assert list(places((), metrics_of("800x480"))) == []


def test_a_narrow_panel_has_a_second_row() -> None:
    idle = present(Session(Manner("en"), NOW, SAMPLES["idle"]), NOW, lambda _: "14:05", NOTICES).bar
    assert len({place.y for place in places(idle, metrics_of("800x480"))}) == 1
    assert len({place.y for place in places(idle, metrics_of("720x1280"))}) == 2
