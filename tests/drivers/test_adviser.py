"""When advice is given: late enough to be needed, sure enough to be right, and seldom enough to cost little."""

import numpy as np
import pytest

from drivers.adviser import JUDGED_EVERY_S, UNREAD_S, Adviser
from kiosk.view import Hint

DARK = np.zeros((36, 64, 3), np.uint8)
PLAIN = np.full((36, 64, 3), 160, np.uint8)
FRAME_S = 1 / 30


@pytest.fixture
def adviser() -> Adviser:
    adviser = Adviser()
    adviser.rest(0.0)
    return adviser


def watched(adviser: Adviser, seconds: float, picture: np.ndarray, begins: float = 0.0, *, read: bool = False) -> list[float]:
    """When advice came, while every frame shows this picture."""
    times = (begins + number * FRAME_S for number in range(round(seconds / FRAME_S)))
    return [at for at in times if adviser.advise(picture, at, read=read) is not None]


def test_whoever_has_just_come_is_given_time(adviser: Adviser) -> None:
    first, *_ = watched(adviser, 2.0, DARK)
    assert UNREAD_S + JUDGED_EVERY_S <= first <= UNREAD_S + JUDGED_EVERY_S + 3 * FRAME_S


def test_advice_is_given_a_few_times_a_second_while_it_holds(adviser: Adviser) -> None:
    times = watched(adviser, 5.0, DARK)
    assert 12 <= len(times) <= 4 * 5
    assert adviser.hint is Hint.TOO_DARK


def test_a_code_that_is_read_needs_no_advice(adviser: Adviser) -> None:
    assert watched(adviser, 3.0, DARK, read=True) == []
    assert adviser.hint is None


def test_a_code_that_is_read_takes_the_advice_back_and_gives_time_again(adviser: Adviser) -> None:
    watched(adviser, 2.0, DARK)
    watched(adviser, FRAME_S, DARK, 2.0, read=True)
    assert adviser.hint is None
    assert watched(adviser, 3.0, DARK, 2.0 + FRAME_S)[0] >= 2.0 + UNREAD_S + JUDGED_EVERY_S


def test_what_is_so_for_a_moment_only_is_not_told(adviser: Adviser) -> None:
    """A card on its way up is blurred in one judgement, and well held in the next."""
    told = []
    for number in range(90):
        picture = DARK if (number // 8) % 2 else PLAIN
        told.append(adviser.advise(picture, number * FRAME_S, read=False))
    assert set(told) == {None}


def test_what_holds_no_longer_is_taken_back_with_the_next_judgement(adviser: Adviser) -> None:
    watched(adviser, 2.0, DARK)
    assert watched(adviser, 2 * JUDGED_EVERY_S, PLAIN, 2.0) == []
    assert adviser.hint is None
