"""`gatepost bench screen`: how smoothly the screen runs, what it takes, and what it costs the visitors' clear time.

The same visitors come twice, before a kiosk with a screen and before one without.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.bench import machine
from kiosk.bench.memory import MOST_RSS_MB
from kiosk.bench.printing import print_bench_screen
from kiosk.console import standard_output
from kiosk.demo.cases import NORMAL
from kiosk.demo.place import NOWHERE, place_for_screen
from kiosk.demo.run import Plan, Played, check_folder, interruptible, play, write_report
from kiosk.demo.site import Fsync
from kiosk.errors import DeviceLost

MOST_STALL_MS = 50.0
"""How long Kivy's thread may stand still during a visit, at this machine's own speed."""
MOST_ANSWER_MS = 200.0
"""From the decoding of a code to the drawn answer, whatever it is."""


def bench_screen(*, visitors: int, cpu_scale: float, seed: int, report: Path | None, program: list[str]) -> int:
    """Measure, print, and return the exit status: 0 only if all went as it must, within the limits. Raises UsageError."""
    check_folder(report)
    console = standard_output()
    facts = machine.facts()
    fsync: Fsync = "machine" if cpu_scale == 1 else "card"
    runs: list[Played] = []
    with interruptible() as interrupted, place_for_screen(headless=False) as place:
        for where in (place, NOWHERE):
            if not interrupted.is_set():
                plan = Plan(NORMAL, visitors, seed, cpu_scale, fsync, where)
                runs.append(play(plan, program, console, interrupted))
    if len(runs) < 2 or runs[0].screen is None:
        raise DeviceLost("the screen was not measured to the end")
    found = screen_report(runs[0], runs[1], cpu_scale, wanted=visitors) | {"machine": facts}
    print_bench_screen(console, found)
    if report is not None:
        write_report(report, found)
    return 0 if found["valid"] and all(limit["met"] for limit in found["limits"]) else 1


def screen_report(shown: Played, headless: Played, cpu_scale: float, *, wanted: int) -> dict[str, Any]:
    """The report of a run with a screen and of one without. `wanted` visitors were to come in each."""
    pace = shown.screen or {}
    kiosk = [process for process in shown.processes if process["kiosk"]]
    memory = {process["name"]: {kind: process[kind] for kind in ("rss_mb", "pss_mb")} for process in kiosk}
    together = {kind: round(sum(one[kind] or 0.0 for one in memory.values()), 1) for kind in ("rss_mb", "pss_mb")}
    limits = [_limit("memory together, shared pages once", together["pss_mb"], MOST_RSS_MB, "MB")]
    if cpu_scale == 1:
        slowest = (pace.get("answer_ms") or {}).get("max")
        limits = [
            _limit("longest stall during a visit", pace.get("longest_stall_ms"), MOST_STALL_MS, "ms"),
            _limit("a scan answered on the screen, the slowest", slowest, MOST_ANSWER_MS, "ms"),
            *limits,
        ]
    return {
        "cpu_scale": cpu_scale,
        "achieved_scale": shown.totals["achieved_scale"],
        "n": wanted,
        "valid": shown.valid and headless.valid and len(shown.rows) == len(headless.rows) == wanted,
        "screen": pace,
        "memory": memory,
        "together": together,
        "clear_s": {"with": shown.totals["clear_s"], "without": headless.totals["clear_s"]},
        "limits": limits,
    }


def _limit(what: str, measured: float | None, at_most: float, unit: str) -> Mapping[str, Any]:
    met = measured is not None and measured <= at_most
    return {"what": what, "measured": measured, "at_most": at_most, "unit": unit, "met": met}
