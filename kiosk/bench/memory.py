"""`gatepost bench memory`: what each process holds, idle and after visitors, and what idling costs.

At this machine's own speed: memory does not depend on it, and what stops and continues processes costs time itself.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiosk.bench import machine
from kiosk.bench.printing import print_memory
from kiosk.bench.samples import Sample, looks, together
from kiosk.console import standard_output
from kiosk.demo.cases import NORMAL
from kiosk.demo.run import check_folder, interruptible, write_report
from kiosk.demo.site import Site
from kiosk.demo.stage import Stage

MOST_RSS_MB = 350.0
"""Of the kiosk's processes together (design: a Pi 3 has 1 GB)."""
MOST_IDLE_PERCENT = 35.0
"""Of one core of a Pi 4 (design: budget)."""
PI_4 = 4.5
"""How many times slower a Pi 4's core is than this sort of machine (pyzbar issue 137)."""
SETTLED_AFTER_S = 5.0
"""After the start: cameras and sockets are open, nobody was there yet."""
IDLE_S = 10.0


def bench_memory(*, visitors: int, report: Path | None, program: list[str]) -> int:
    """Measure, print, and return the exit status: 0 only if the kiosk keeps within its limits. Raises UsageError."""
    check_folder(report)
    console = standard_output()
    facts = machine.facts()
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder, interruptible() as interrupted:
        stage = Stage(Site(Path(folder), NORMAL, seed=1), program)
        try:
            stage.open()
            time.sleep(SETTLED_AFTER_S)
            fresh = looks(stage)
            time.sleep(IDLE_S)
            idle = looks(stage)
            console.print(f"idle; now {visitors} visitors")
            came = len(stage.watch(visitors, interrupted, lambda _: None))
            after = looks(stage)
        finally:
            stage.close()
    cpu_share = (together(idle.values()).cpu_s - together(fresh.values()).cpu_s) / IDLE_S
    found = memory_report(idle, after, cpu_share, came) | {"machine": facts}
    print_memory(console, found)
    if report is not None:
        write_report(report, found)
    return 0 if came == visitors and all(limit["met"] for limit in found["limits"]) else 1


def memory_report(idle: Mapping[str, Sample], after: Mapping[str, Sample], cpu_share: float, n: int) -> dict[str, Any]:
    """The report: idle and after `n` visitors side by side. `cpu_share` is of one core of this machine, when idle."""
    rows = {name: {"idle": idle[name], "after": after[name]} for name in idle}
    total = {"idle": together(idle.values()), "after": together(after.values())}
    most_rss_mb = max(total["idle"].rss_mb, total["after"].rss_mb)
    return {
        "n": n,
        "processes": {name: {when: _figures(one) for when, one in row.items()} for name, row in rows.items()},
        "together": {when: _figures(one) for when, one in total.items()},
        "idle_cpu_share": round(cpu_share, 4),
        "limits": [
            _limit("resident memory together", most_rss_mb, MOST_RSS_MB, "MB"),
            _limit("idle load at a Pi 4's pace", 100 * cpu_share * PI_4, MOST_IDLE_PERCENT, "%"),
        ],
    }


def _limit(what: str, measured: float, at_most: float, unit: str) -> dict[str, Any]:
    return {"what": what, "measured": round(measured, 1), "at_most": at_most, "unit": unit, "met": measured <= at_most}


def _figures(sample: Sample) -> dict[str, float]:
    return {name: round(value, 1) for name, value in asdict(sample).items()}
