"""The whole front as it is drawn: dim and moved while nobody is here, still, and without what was before."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk.model import Answer, Phase, ReasonCode
from kiosk.units import Monotonic
from kiosk.view import ParkedTicket
from tests.ui.drawing import everything
from tests.ui.views import NOW, picture, view
from ui import theme
from ui.gallery import SETTLES_IN, pixels_of, studio
from ui.picture import Picture

UI = Path(__file__).parents[2] / "ui"
IDLE = picture(view(Phase.IDLE))


@pytest.fixture(scope="module")
def open_studio() -> Iterator[None]:
    with studio():
        yield


@pytest.fixture
def front(open_studio: None) -> Any:
    from ui.front import Front
    from ui.look import Panel

    return Front(theme.load(), Panel(800, 480, 7.0), lambda _: None)


def drawn(front: Any, shown: Picture) -> np.ndarray[Any, Any]:
    from ui.settling import settle

    front.show(shown)
    settle(SETTLES_IN)
    return pixels_of(front).astype(int)


def test_an_empty_gate_is_drawn_dark_and_bright_again_for_whoever_comes(front: Any) -> None:
    bright = drawn(front, IDLE).mean()
    assert drawn(front, replace(IDLE, dimmed=True)).mean() < bright / 2
    assert drawn(front, IDLE).mean() == bright


def test_against_burn_in_every_edge_is_moved_and_nothing_else_changes(front: Any) -> None:
    before = drawn(front, replace(IDLE, shift=(0, 0)))
    after = drawn(front, replace(IDLE, shift=(3, 2)))
    assert (before[3:-3, 3:-3] != after[3:-3, 3:-3]).any()
    # Up is towards the first row.
    assert np.abs(before[10:-10, 10:-10] - after[8:-12, 13:-7]).mean() < 1


def test_of_a_visit_that_is_over_no_widget_says_anything_any_more(front: Any) -> None:
    drawn(front, picture(view(Phase.PARKED, parked=ParkedTicket("K7Q2", Monotonic(NOW + 300)))))
    drawn(front, picture(view(Phase.AWAITING_GUARD, answer=Answer.REFUSE, reasons=(ReasonCode("pass_used"),))))
    drawn(front, IDLE)
    said = [words.raw for words in everything(front) if getattr(words, "raw", "")]
    assert said
    assert not any("K7Q2" in words for words in said)


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_words_of_the_rules_own_with_a_rare_character_are_drawn_with_it(front: Any, language: str) -> None:
    def pixels(character: str) -> bytes:
        own = ((language, character),)
        stopped = view(Phase.AWAITING_GUARD, answer=Answer.REFUSE, reasons=(ReasonCode("own"),), own_words=own)
        drawn(front, picture(stopped, language=language))
        (words,) = [words for words in everything(front) if getattr(words, "raw", "") == character]
        return bytes(words.textures[0].pixels)

    # What no font has is one and the same box.
    assert pixels("\ue000") == pixels("\ue001")
    assert pixels("龘") != pixels("靐")


def test_nothing_is_animated() -> None:
    for path in [*UI.rglob("*.py"), *UI.rglob("*.kv")]:
        assert not re.search(r"\bkivy\.animation\b|\bAnimation\(|Transition\(", path.read_text(encoding="utf-8")), path
