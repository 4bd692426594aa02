"""The demo's report: each visitor's stages, and the summary that other programs read."""

from typing import Any

import pytest

from drivers.simulated.protocol import VisitorReport
from drivers.simulated.script import VisitorScript
from kiosk.demo.cases import RESIDENT
from kiosk.demo.report import STAGES, Stored, percentiles, summary, told, visit_row
from kiosk.demo.site import Guest

GUEST = Guest("001 resident", RESIDENT, VisitorScript(name="001 resident"))
SEEN = VisitorReport("001 resident", 10.0, 11.4, 11.0, 11.4, 11.6, 12.9, 11.9, 13.0)
TIMES = {"code_captured": 11.41, "code_decoded": 11.53, "code_verified": 11.534, "reading": 11.25, "decided": 11.536}
SCALE = {"cpu_scale": 4.5, "achieved_scale": 4.6, "achieved_scale_by_burst": {"1": 4.1, "5": 4.7, "20": 4.6}}


def stored() -> list[Stored]:
    decision = {"kind": "decision", "mono_us": 11_536_000, "answer": "admit", "reasons": ["resident"], "times_us": us(TIMES)}
    outcome = {"kind": "gate_outcome", "mono_us": 13_000_000, "admission": "g/l/1", "times_us": us({"durable": 11.59})}
    return [Stored("g/l/1", decision), Stored("g/l/2", outcome)]


def us(times: dict[str, float]) -> dict[str, int]:
    return {name: round(at * 1_000_000) for name, at in times.items()}


def stages(fsyncs: list[tuple[float, float]]) -> dict[str, Any]:
    return dict(visit_row(GUEST, SEEN, stored(), fsyncs)["stages_s"])


def test_a_visitors_time_is_told_by_stages() -> None:
    row = visit_row(GUEST, SEEN, stored())
    assert row["clear_s"] == pytest.approx(0.2)
    assert row["stages_s"] == pytest.approx(
        {"code": 0.12, "temperature": 0.25, "credential": 0.004, "decision": 0.002, "record": 0.054, "relay": 0.01}
    )


def test_what_the_card_took_for_the_decision_is_told_apart() -> None:
    assert stages([(9.0, 0.3), (11.5899, 0.05), (13.1, 0.4)])["card"] == 0.05


def test_without_a_card_nothing_is_said_of_it() -> None:
    assert "card" not in stages([])


def test_percentiles_are_values_that_occurred() -> None:
    assert percentiles([0.1 * number for number in range(1, 21)] + [None]) == {
        "p50": pytest.approx(1.0),
        "p95": pytest.approx(1.9),
        "p99": pytest.approx(2.0),
        "max": pytest.approx(2.0),
    }
    assert set(percentiles([]).values()) == {None}


def test_the_summary_says_how_much_slower_the_kiosk_was() -> None:
    found = summary([visit_row(GUEST, SEEN, stored())], lost=0, scale=SCALE)
    assert {key: found[key] for key in SCALE} == SCALE
    assert set(found["stages_s"]) == set(STAGES)
    assert (found["cleared"], found["clear_s"]["max"]) == (1, pytest.approx(0.2))


def test_what_was_not_as_expected_is_told_in_words() -> None:
    row = visit_row(GUEST, SEEN, stored())
    said = told({**row, "gate_outcome": None, "also": ["guard_called"]})
    assert said == "expected admit, got admit (resident); the line active 0 times, outcome none; also recorded: guard_called"
