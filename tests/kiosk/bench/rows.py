"""Rows of the demo's report, as the measurements read them."""

from dataclasses import replace
from typing import Any

from kiosk.demo.cases import NORMAL, RESIDENT
from kiosk.demo.report import percentiles, stage_percentiles
from kiosk.demo.run import Played
from kiosk.demo.scenarios import Case, Scenario, Upset

UPSET = replace(RESIDENT, upset=Upset("camera", 0.0, 3.0))
LATE = replace(RESIDENT, issuer_s=1.2)


def row(clear_s: float | None = 0.3, **stages: float) -> dict[str, Any]:
    """One visitor's row; `stages` instead of the usual ones."""
    usual = {"code": 0.12, "temperature": 0.25, "credential": 0.004, "decision": 0.001, "record": 0.03, "relay": 0.002}
    return {"name": "001 resident", "decision": "admit", "clear_s": clear_s, "stages_s": {**usual, "card": 0.02, **stages}}


def played(
    rows: list[dict[str, Any]],
    *,
    case: Case = RESIDENT,
    scenario: Scenario = NORMAL,
    lost: int = 0,
    unexpected: int = 0,
    achieved: float | None = 4.6,
    scale_was_lost: bool = False,
) -> Played:
    """What a run of these visitors came to."""
    totals = {
        "clear_s": percentiles(one["clear_s"] for one in rows),
        "stages_s": stage_percentiles(rows),
        "lost": lost,
        "cpu_scale": 4.5,
        "achieved_scale": achieved,
        "achieved_scale_by_burst": {"1": achieved, "5": achieved, "20": achieved},
    }
    cases = [case] * len(rows)
    return Played(scenario, rows, cases, totals, [], rows[:unexpected], scale_was_lost, enrolled="gate-1-00c0ffee")
