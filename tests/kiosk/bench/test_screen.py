"""The screen's figures side by side, against their limits."""

from dataclasses import replace
from typing import Any

import pytest

from kiosk.bench.screen import screen_report
from kiosk.demo.cases import NORMAL
from kiosk.demo.run import Played

CLEAR = {"p50": 0.2, "p95": 0.3, "p99": 0.3, "max": 0.3}
PACE = {"longest_stall_ms": 31.0, "frames": 90, "answer_ms": {"p95": 60.0, "max": 90.0}}


def process(name: str, rss_mb: float, *, kiosk: bool = True) -> dict[str, Any]:
    return {"name": name, "kiosk": kiosk, "rss_mb": rss_mb, "pss_mb": rss_mb - 20}


def played(p95: float = 0.3, pace: dict[str, Any] | None = None) -> Played:
    return Played(
        NORMAL,
        rows=[{"name": "somebody"}],
        cases=[],
        totals={"clear_s": CLEAR | {"p95": p95}, "lost": 0, "achieved_scale": 1.0},
        processes=[process("core", 70.0), process("screen", 140.0), process("world", 900.0, kiosk=False)],
        unexpected=[],
        scale_was_lost=False,
        screen=pace,
        enrolled="gate-1-00c0ffee",
    )


def met(found: dict[str, Any]) -> list[bool]:
    return [limit["met"] for limit in found["limits"]]


def test_clear_time_with_and_without_the_screen_stand_side_by_side() -> None:
    found = screen_report(played(0.31, PACE), played(0.29), 1.0, wanted=1)
    assert (found["clear_s"]["with"]["p95"], found["clear_s"]["without"]["p95"]) == (0.31, 0.29)
    assert found["valid"]


def test_the_memory_of_the_kiosk_is_summed_without_its_surroundings() -> None:
    found = screen_report(played(pace=PACE), played(), 1.0, wanted=1)
    assert found["memory"].keys() == {"core", "screen"}
    assert found["together"] == {"rss_mb": 210.0, "pss_mb": 170.0}


@pytest.mark.parametrize(
    ("stall_ms", "pss_mb", "kept"),
    [
        (50.0, 170.0, [True, True, True]),
        (50.1, 170.0, [False, True, True]),
        (31.0, 351.0, [True, True, False]),
        (None, 170.0, [False, True, True]),
    ],
    ids=["within", "stall", "memory", "not-measured"],
)
def test_what_is_beyond_its_limit_is_named(stall_ms: float | None, pss_mb: float, kept: list[bool]) -> None:
    run = replace(
        played(pace=PACE | {"longest_stall_ms": stall_ms}),
        processes=[{"name": "screen", "kiosk": True, "rss_mb": 400.0, "pss_mb": pss_mb}],
    )
    assert met(screen_report(run, played(), 1.0, wanted=1)) == kept


@pytest.mark.parametrize(
    ("answer", "kept"), [({"p95": 90.0, "max": 200.0}, True), ({"p95": 90.0, "max": 200.1}, False), (None, False)]
)
def test_the_slowest_answer_to_a_scan_counts(answer: dict[str, float] | None, kept: bool) -> None:
    found = screen_report(played(pace=PACE | {"answer_ms": answer}), played(), 1.0, wanted=1)
    assert met(found) == [True, kept, True]


def test_a_slowed_kiosk_is_not_held_to_the_stall_of_a_fast_one() -> None:
    found = screen_report(played(pace=PACE | {"longest_stall_ms": 200.0}), played(), 4.5, wanted=1)
    assert [limit["what"] for limit in found["limits"]] == ["memory together, shared pages once"]
    assert met(found) == [True]


def test_visitors_who_did_not_come_make_the_run_worthless() -> None:
    assert not screen_report(played(pace=PACE), played(), 1.0, wanted=2)["valid"]
