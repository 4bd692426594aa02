"""What is told of the relay line, and held against the records."""

import math
from typing import Any

import pytest

from tests.hil.machine import Edge
from tests.hil.pulses import judge, pulses, unrecorded

BOOT = "this-boot"


def event(seq: int, kind: str, at_s: float, **more: object) -> dict[str, Any]:
    place = {"device": "gate-1", "log_id": "one", "seq": seq, "boot": BOOT, "mono_us": round(at_s * 1e6)}
    return {**place, "kind": kind, **more}


ADMITTED = event(1, "decision", 10.0, answer="admit")
PASSED = event(2, "gate_outcome", 12.0, outcome="passed", admission="gate-1/one/1")
PULSE = [Edge(10.1, 17, True), Edge(10.9, 17, False)]


def test_a_pulse_has_a_beginning_and_a_length_and_one_that_goes_on_has_none() -> None:
    [(began, length), open_ended] = pulses([*PULSE, Edge(20.0, 17, True)])
    assert began == 10.1
    assert length == pytest.approx(0.8)
    assert open_ended == (20.0, math.inf)


def test_a_pulse_after_its_admission_is_right() -> None:
    assert judge([ADMITTED, PASSED], PULSE, BOOT, 0.9).wrong == []
    assert unrecorded([ADMITTED], BOOT, [10.1]) == []


@pytest.mark.parametrize(
    ("events", "edges", "longest_s"),
    [
        pytest.param([], PULSE, 0.9, id="no admission"),
        pytest.param([event(1, "decision", 10.2, answer="admit"), PASSED], PULSE, 0.9, id="recorded too late"),
        pytest.param([ADMITTED, PASSED], PULSE, 0.7, id="too long"),
        pytest.param([ADMITTED, PASSED], PULSE[:1], 0.9, id="left active"),
        pytest.param([{**ADMITTED, "boot": "another"}, PASSED], PULSE, 0.9, id="of another boot"),
    ],
)
def test_a_line_that_did_what_nobody_recorded_is_noticed(
    events: list[dict[str, Any]], edges: list[Edge], longest_s: float
) -> None:
    assert judge(events, edges, BOOT, longest_s).wrong


@pytest.mark.parametrize("admission", [{"answer": "hold"}, {"boot": "another"}, {"mono_us": 10_200_000}, {"mono_us": 1}])
def test_a_rise_without_an_admission_shortly_before_is_told(admission: dict[str, object]) -> None:
    assert unrecorded([{**ADMITTED, **admission}], BOOT, [10.1]) == [10.1]
