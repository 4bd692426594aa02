"""The verdict of a soak run: what grows is found, what is merely restless is not."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from kiosk.bench.samples import Sample
from kiosk.bench.soak import FIGURES, Diary, soak_report
from kiosk.demo.stage import PARTS
from tests.kiosk.bench.rows import played, row

VISITORS = 400
EVERY_S = 4.5
Course = Callable[[int], float]


def diary(
    *,
    memory: Course = lambda _: 40.0,
    files: Course = lambda _: 16.0,
    clear_s: Course = lambda _: 0.2,
    visitors: int = VISITORS,
) -> Diary:
    """Half an hour in which the core's figures take a course; those of the others stay as they are."""
    kept = Diary()
    for number in range(visitors):
        at = 1000.0 + EVERY_S * number
        for part in PARTS:
            core = part == "core"
            sample = Sample(60.0, 50.0, memory(number) if core else 40.0, round(files(number)) if core else 9, 7, 0.1)
            kept.samples[part].append((at, sample))
        kept.clear_s.append((at, clear_s(number)))
    return kept


def growing(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["process"], one["figure"]) for one in found["trends"] if one["grows"]]


def judged(kept: Diary) -> dict[str, Any]:
    return soak_report(played([row()]), kept)


def restless(around: float, by: float) -> Course:
    chance = random.Random(3)
    return lambda _: around + chance.gauss(0, by)


def test_a_steady_kiosk_is_flat() -> None:
    found = judged(diary(memory=restless(40.0, 1.0), clear_s=restless(0.2, 0.05)))
    assert growing(found) == []
    assert len(found["trends"]) == len(PARTS) * len(FIGURES) + 1
    assert found["valid"]


@pytest.mark.parametrize(
    ("kept", "grows"),
    [
        (diary(memory=lambda number: 40.0 + 0.01 * number), ("core", "memory")),
        (diary(files=lambda number: 16 + number // 100), ("core", "files")),
        (diary(clear_s=lambda number: 0.2 + 0.0005 * number), ("gate line", "cleared in")),
    ],
    ids=["ten-kilobytes-a-visitor", "a-file-every-hundred-visitors", "half-a-millisecond-a-visitor"],
)
def test_what_leaks_is_named(kept: Diary, grows: tuple[str, str]) -> None:
    assert growing(judged(kept)) == [grows]


def test_what_fills_at_the_beginning_is_warm_up() -> None:
    assert growing(judged(diary(memory=lambda number: min(60.0, 40.0 + 0.5 * number)))) == []


def test_a_run_that_is_too_short_to_tell_says_nothing_grew() -> None:
    found = judged(diary(visitors=4))
    assert growing(found) == []
    assert {one["per_hour"] for one in found["trends"]} == {None}


def test_a_run_without_visitors_is_not_valid() -> None:
    found = soak_report(played([]), Diary())
    assert not found["valid"]
    assert growing(found) == []
