"""A part that is lost is logged once, and once when it is back, with how long it was away."""

import pytest

from kiosk.link import PartHealth
from kiosk.losses import HEARD_WITHIN, Losses, awaited
from kiosk.model import Part
from kiosk.units import Monotonic
from tests.captured_lines import capture_logs


def heard(part: Part, well: bool, at: float) -> PartHealth:
    return PartHealth(part, well, "" if well else "it is gone", Monotonic(at))


@pytest.mark.parametrize("part", Part)
def test_each_part_that_stays_lost_is_logged_once_and_once_when_back(part: Part) -> None:
    losses = Losses()
    with capture_logs() as logged:
        edges = [losses.changes(heard(part, False, 100.0 + turn)) for turn in range(50)]
        edges += [losses.changes(heard(part, True, 112.0 + turn)) for turn in range(50)]
    assert logged == [
        {"event": f"{part} lost", "detail": "it is gone", "log_level": "warning"},
        {"event": f"{part} back", "after_s": 12.0, "log_level": "info"},
    ]
    assert [turn for turn, edge in enumerate(edges) if edge] == [0, 50]


def test_the_first_that_is_heard_of_a_part_that_is_well_is_no_edge() -> None:
    losses = Losses()
    with capture_logs() as logged:
        assert not losses.changes(heard(Part.GATE, True, 1.0))
    assert logged == []
    assert losses.parts == frozenset()


def test_parts_are_lost_apart() -> None:
    losses = Losses()
    losses.changes(heard(Part.CAMERA, False, 1.0))
    losses.changes(heard(Part.SERVER, False, 2.0))
    losses.changes(heard(Part.CAMERA, True, 3.0))
    assert losses.parts == {Part.SERVER}
    assert losses.since == {Part.SERVER: 2.0}


def test_a_part_of_which_nothing_is_ever_heard_is_lost_after_a_while() -> None:
    losses = Losses(awaited(frozenset({Part.EYES, Part.SCREEN}), Monotonic(100.0)))
    assert losses.unheard(Monotonic(100.0 + HEARD_WITHIN[Part.EYES] - 0.1)) == ()
    (late,) = losses.unheard(Monotonic(100.0 + HEARD_WITHIN[Part.EYES]))
    assert losses.changes(late)
    assert losses.parts == {Part.EYES}
    assert losses.unheard(Monotonic(120.0)) == ()
    assert losses.changes(heard(Part.EYES, True, 121.0))
    assert losses.parts == frozenset()


def test_a_part_that_was_heard_of_in_time_is_not_missed() -> None:
    losses = Losses(awaited(frozenset({Part.EYES}), Monotonic(100.0)))
    assert not losses.changes(heard(Part.EYES, True, 101.0))
    assert losses.unheard(Monotonic(500.0)) == ()
