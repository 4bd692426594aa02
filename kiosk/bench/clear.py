"""`gatepost bench clear`: visitors one after the other in real time, their clear times against the budget."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk.bench import machine, plot
from kiosk.bench.budget import judge, judged
from kiosk.bench.printing import print_clear
from kiosk.console import standard_output
from kiosk.demo.cases import SCENARIOS, scenario_named
from kiosk.demo.report import percentiles, stage_percentiles
from kiosk.demo.run import Plan, Played, check_folder, interruptible, play, write_report
from kiosk.demo.vectors import missing

FULL = 500
"""Visitors of each scenario in a full run, which takes most of a day."""


def bench_clear(
    *,
    visitors: int,
    scenario: str,
    full: bool,
    cpu_scale: float,
    seed: int,
    report: Path | None,
    picture: Path | None,
    program: list[str],
) -> int:
    """Run, print, and return the exit status: 0 only if all went as it must and the budget is met. Raises UsageError."""
    chosen = list(SCENARIOS.values()) if full else [scenario_named(scenario)]
    # Credentials made by others are not everywhere.
    chosen = [one for one in chosen if missing(one.vectors) is None]
    count = FULL if full else visitors
    check_folder(report)
    check_folder(picture)
    if picture is not None:
        plot.check()
    console = standard_output()
    facts = machine.facts()
    runs: list[Played] = []
    found: dict[str, Any] = {}
    with interruptible() as interrupted:
        for one in chosen:
            runs.append(play(Plan(one, count, seed, cpu_scale, "card"), program, console, interrupted))
            found = clear_report(runs, cpu_scale, wanted=count * len(chosen)) | {"machine": facts}
            if report is not None:
                # After each scenario: of a run that takes hours something is left, whatever ends it.
                write_report(report, found)
            if interrupted.is_set():
                break
    print_clear(console, found)
    if picture is not None:
        plot.draw(found, picture)
    return 0 if found["valid"] and all(verdict["met"] for verdict in found["budget"]) else 1


def clear_report(runs: Sequence[Played], cpu_scale: float, *, wanted: int) -> dict[str, Any]:
    """The report of one or several scenarios' runs. `wanted` visitors were to come in all of them together."""
    rows = [row for run in runs for row in run.rows]
    well = [row for run in runs for row, case in zip(run.rows, run.cases, strict=True) if judged(row, case)]
    return {
        "cpu_scale": cpu_scale,
        **_achieved(runs),
        "n": len(rows),
        "valid": len(rows) == wanted and all(run.valid for run in runs),
        "summary": {
            "clear_s": percentiles(row["clear_s"] for row in rows),
            "judged": len(well),
            "lost": sum(run.totals["lost"] for run in runs),
        },
        "stages_s": stage_percentiles(rows),
        "budget": [verdict.to_json() for verdict in judge(well)],
        "scenarios": {
            run.scenario.name: {
                "n": len(run.rows),
                "valid": run.valid,
                "clear_s": run.totals["clear_s"],
                "stages_s": run.totals["stages_s"],
                "processes": run.processes,
            }
            for run in runs
        },
        "visits": rows,
    }


def _achieved(runs: Sequence[Played]) -> dict[str, Any]:
    """The medians of the scales that the runs achieved."""
    by_burst: dict[str, list[float]] = {}
    for run in runs:
        for length, ratio in run.totals["achieved_scale_by_burst"].items():
            by_burst.setdefault(length, []).extend([] if ratio is None else [ratio])
    overall = [run.totals["achieved_scale"] for run in runs if run.totals["achieved_scale"] is not None]
    return {
        "achieved_scale": statistics.median(overall) if overall else None,
        "achieved_scale_by_burst": {
            length: statistics.median(ratios) if ratios else None for length, ratios in by_burst.items()
        },
    }
