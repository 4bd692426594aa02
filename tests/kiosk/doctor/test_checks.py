"""Checks run side by side and are bounded in time."""

import threading
import time
from collections.abc import Iterator

import pytest

from kiosk.doctor.checks import Check, bounded, left_behind, side_by_side
from kiosk.doctor.findings import Finding, PartName, State, finding, fit
from kiosk.units import Seconds

PATIENCE_S = 10.0
SOON = Seconds(0.2)
AFTER_ANOTHER = 50
"""Checks that would take ten seconds one after the other."""
WELL = finding(PartName.POWER, [fit("power.well")])


class Gate:
    """Lets hanging checks go at the end of a test."""

    def __init__(self) -> None:
        self.opens = threading.Event()

    def hang(self) -> list[Finding]:
        self.opens.wait(PATIENCE_S)
        return [WELL]


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.opens.set()
    ends = time.monotonic() + PATIENCE_S
    while left_behind():
        assert time.monotonic() < ends
        threading.Event().wait(0.01)


def test_findings_come_in_the_order_of_the_checks_whichever_ends_first() -> None:
    second_done = threading.Event()

    def first() -> Iterator[Finding]:
        assert second_done.wait(PATIENCE_S), "the second check was not run beside the first"
        yield finding(PartName.BOARD, [fit("power.well")])

    def second() -> Iterator[Finding]:
        second_done.set()
        yield WELL

    found = side_by_side([Check((PartName.BOARD,), first), Check((PartName.POWER,), second)])
    assert [one.part for one in found] == [PartName.BOARD, PartName.POWER]


def test_a_part_that_hangs_is_unknown_and_the_others_are_found(gate: Gate) -> None:
    hanging = Check((PartName.GATE_LINE, PartName.PASSAGE_SENSOR), gate.hang, within_s=SOON)
    found = side_by_side([hanging, Check((PartName.POWER,), lambda: [WELL])])
    assert [(one.part, one.state) for one in found] == [
        (PartName.GATE_LINE, State.UNKNOWN),
        (PartName.PASSAGE_SENSOR, State.UNKNOWN),
        (PartName.POWER, State.FIT),
    ]
    assert "gave no answer within 0.2 s" in found[0].detail
    assert found[0].advice
    assert left_behind()


def test_many_that_hang_take_no_longer_than_one(gate: Gate) -> None:
    began = time.monotonic()
    found = side_by_side([Check((PartName.CAMERA,), gate.hang, within_s=SOON) for _ in range(2 * AFTER_ANOTHER)])
    assert {one.state for one in found} == {State.UNKNOWN}
    assert time.monotonic() - began < AFTER_ANOTHER * SOON


def test_a_fault_of_the_doctors_own_is_said_by_its_kind_alone() -> None:
    def broken() -> Iterator[Finding]:
        raise KeyError("Zhang San")
        yield WELL

    (found,) = side_by_side([Check((PartName.LOG,), broken)])
    assert found.state is State.UNKNOWN
    assert "KeyError" in found.detail
    assert "Zhang" not in str(found)


def test_bounded_work_gives_its_result_or_nothing(gate: Gate) -> None:
    def fails() -> str:
        raise OSError

    assert bounded("test", lambda: "done", Seconds(PATIENCE_S)) == "done"
    assert bounded("test", fails, Seconds(PATIENCE_S)) is None
    assert bounded("test", gate.hang, SOON) is None
