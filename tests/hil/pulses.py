"""The relay line as its kernel saw it: pulses, and whether each belonged to an admission that was on the disk before."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drivers.simulated.protocol import PinEdge
from kiosk.demo.report import MICRO, Stored
from kiosk.demo.toll import AFTER_ADMISSION_S, Toll, judge_line
from kiosk.events import event_id
from tests.hil.machine import Edge


def pulses(edges: Sequence[Edge]) -> list[tuple[float, float]]:
    """When each pulse began and how long it was, in seconds; one that has not ended is infinite."""
    found: list[tuple[float, float]] = []
    for edge in edges:
        if edge.level:
            found.append((edge.at, math.inf))
        elif found and math.isinf(found[-1][1]):
            found[-1] = (found[-1][0], edge.at - found[-1][0])
    return found


def judge(events: Iterable[Mapping[str, Any]], edges: Sequence[Edge], boot: str, longest_s: float) -> Toll:
    """Hold what was recorded of one boot against what its kernel saw of the line; `wrong` has a sentence for each breach."""
    stored = [
        Stored(event_id(one["device"], one["log_id"], one["seq"]), one)
        for one in events
        if one["boot"] == boot or one["kind"] == "gate_outcome"
    ]
    toll = Toll()
    judge_line(stored, [PinEdge(edge.pin, edge.level, edge.at, "driven") for edge in edges], toll, longest_s)
    return toll


def unrecorded(events: Iterable[Mapping[str, Any]], boot: str, rises: Iterable[float]) -> list[float]:
    """Those rises of the line, in seconds of a boot's clock, for which no admission was recorded shortly before."""
    admitted = [
        one["mono_us"] / MICRO
        for one in events
        if one["boot"] == boot and one["kind"] == "decision" and one["answer"] == "admit"
    ]
    return [rise for rise in rises if not any(0 <= rise - at <= AFTER_ADMISSION_S for at in admitted)]
