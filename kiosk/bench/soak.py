"""`gatepost soak`: visitors all the time, and whether anything grows that should not."""

import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.bench import machine
from kiosk.bench.printing import print_soak
from kiosk.bench.samples import Sample, looks
from kiosk.bench.trend import Point, Trend, after_warm_up, trend
from kiosk.console import standard_output
from kiosk.demo.cases import NORMAL
from kiosk.demo.run import Plan, Played, check_folder, interruptible, play, write_report
from kiosk.demo.stage import PARTS, Account, Stage

WARM_UP_SHARE, LONGEST_WARM_UP_S = 0.2, 300.0
"""Of a run, at its beginning: caches fill, and libraries are loaded when they are first needed."""
ENDS = 5
"""Values whose median stands for the beginning, and for the end."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A figure of a process (None: of the whole gate), and by how much it may surely have grown in a run."""

    name: str
    unit: str
    may_grow: float
    of: Callable[[Sample], float] | None = None


FIGURES = (
    # Its own alone: a share of what is shared grows when some other process ends.
    Watched("memory", "MB", 2.0, lambda sample: sample.uss_mb),
    Watched("files", "", 1.0, lambda sample: sample.files),
    Watched("threads", "", 1.0, lambda sample: sample.threads),
)
CLEAR_TIME = Watched("cleared in", "s", 0.05)


@dataclass(slots=True)
class Diary:
    """What was seen in the course of a run. Times are of the monotonic clock."""

    samples: dict[str, list[tuple[float, Sample]]] = field(default_factory=lambda: {part: [] for part in PARTS})
    clear_s: list[Point] = field(default_factory=list)

    def note(self, stage: Stage, account: Account) -> None:
        """Look at every process, just after a visitor has left."""
        seen = account.seen
        for part, sample in looks(stage).items():
            self.samples[part].append((seen.left_at, sample))
        if seen.relay_at is not None and seen.in_position_at is not None:
            self.clear_s.append((seen.relay_at, seen.relay_at - seen.in_position_at))


def soak(*, minutes: float, seed: int, report: Path | None, program: list[str]) -> int:
    """Run, print, and return the exit status: 0 only if all went as it must and nothing grows. Raises UsageError."""
    check_folder(report)
    console = standard_output()
    facts = machine.facts()
    diary = Diary()
    with interruptible() as interrupted:
        # The time is up just as if somebody had interrupted: whoever stands there is still let in.
        alarm = threading.Timer(60 * minutes, interrupted.set)
        alarm.start()
        try:
            played = play(Plan(NORMAL, None, seed), program, console, interrupted, diary.note)
        finally:
            alarm.cancel()
    found = soak_report(played, diary) | {"minutes": minutes, "machine": facts}
    print_soak(console, found)
    if report is not None:
        write_report(report, found)
    return 0 if found["valid"] and not any(row["grows"] for row in found["trends"]) else 1


def soak_report(played: Played, diary: Diary) -> dict[str, Any]:
    """The report: a trend for each figure of each process, and of the clear time."""
    moments = [at for at, _ in diary.clear_s] or [0.0]
    ran_s = moments[-1] - moments[0]
    warm_up_s = min(LONGEST_WARM_UP_S, WARM_UP_SHARE * ran_s)
    begins = moments[0] + warm_up_s
    trends = [
        judge(part, figure, after_warm_up([(at, figure.of(sample)) for at, sample in samples], begins))
        for part, samples in diary.samples.items()
        for figure in FIGURES
        if figure.of is not None
    ]
    return {
        "n": len(played.rows),
        "valid": played.valid,
        "ran_s": round(ran_s, 1),
        "warm_up_s": round(warm_up_s, 1),
        "trends": [*trends, judge("gate line", CLEAR_TIME, after_warm_up(diary.clear_s, begins))],
        "summary": {"clear_s": played.totals["clear_s"], "lost": played.totals["lost"]},
        "restarts": {row["name"]: row["restarts"] for row in played.processes if row["kiosk"]},
    }


def judge(process: str, figure: Watched, points: Sequence[Point]) -> dict[str, Any]:
    """One row of the report. What has too few points to tell is not said to grow."""
    found = trend(points)
    values = [value for _, value in points]
    return {
        "process": process,
        "figure": figure.name,
        "unit": figure.unit,
        "first": _rounded(statistics.median(values[:ENDS])) if values else None,
        "last": _rounded(statistics.median(values[-ENDS:])) if values else None,
        **_slope(found),
        "grew_at_least": None if found is None else _rounded(found.growth_at_least),
        "may_grow": figure.may_grow,
        "grows": found is not None and found.growth_at_least > figure.may_grow,
    }


def _slope(found: Trend | None) -> Mapping[str, float | None]:
    if found is None:
        return {"per_hour": None, "per_hour_low": None, "per_hour_high": None}
    return {
        "per_hour": _rounded(found.per_hour),
        "per_hour_low": _rounded(found.low),
        "per_hour_high": _rounded(found.high),
    }


def _rounded(value: float) -> float:
    return round(value, 4)
