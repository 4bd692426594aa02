"""`gatepost bench decode`: the decoders side by side, over photographs that others made and simulated approaches.

Figures are milliseconds of the thread's own processor time, the least of some rounds: decoding waits for nothing, and
what others do on the machine is not the decoder's. At another pace (`--cpu-scale`) frames are measured in real time, too.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console

from drivers import engines, qr, zbar
from kiosk.bench import approaches, machine, paced, plot
from kiosk.bench.approaches import Read
from kiosk.bench.photographs import Photograph, folder_of, load
from kiosk.bench.printing import print_decoding
from kiosk.demo.report import percentiles
from kiosk.demo.run import check_folder, write_report

EXACT_AT_LEAST = 0.93
"""Of the zxing-cpp project's photographs that have an expectation."""
SCORED = "zxing-cpp"
PACED_P95_MS = 45
"""A tracked frame, from frame to text, at a Pi 4's pace."""
FRAME_P95_MS = PACED_P95_MS / 4.5
"""The same here: a Pi 4's core is so many times slower."""

ENGINES: Mapping[str, Read] = {
    "zbar": lambda picture: engines.by_zbar(qr.grey_of(picture)),
    "zxing": lambda picture: engines.by_zxing(qr.grey_of(picture), inverted=True),
    "quick": lambda picture: qr.decode(picture, thorough=False),
    "ladder": qr.decode,
}
"""Each engine alone on the whole picture, the first rung, and every rung."""
STREAMS: Mapping[str, Callable[[], Read]] = {
    "quick": lambda: ENGINES["quick"],
    "ladder": lambda: ENGINES["ladder"],
    "stream": approaches.stream,
    "hurried": approaches.hurried,
}
"""Over successive frames: without a memory, with one, and with one that has a newer frame waiting at every rung."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one engine made of one photograph."""

    photograph: Photograph
    read: bool
    exact: bool
    ms: float


def bench_decode(
    *, data: Path | None, rounds: int, visitors: int, report: Path | None, picture: Path | None, cpu_scale: float = 1.0
) -> int:
    """Measure, print, and return the exit status: 0 only if the figures are reached. Raises UsageError."""
    check_folder(report)
    check_folder(picture)
    if picture is not None:
        plot.check()
    photographs = load(folder_of(data))
    # As in the eyes: a second thread's time would be seen by no clock here.
    cv2.setNumThreads(1)
    zbar.available()
    looks = {name: [_look(read, photograph, rounds) for photograph in photographs] for name, read in ENGINES.items()}
    found = decode_report(looks) | _over_frames(visitors)
    if cpu_scale != 1:
        found["at_pace"] = paced.at_pace(cpu_scale, visitors)
    found |= {"verdicts": verdicts(found), "machine": machine.facts()}
    print_decoding(Console(highlight=False), found)
    if report is not None:
        write_report(report, found)
    if picture is not None:
        plot.draw_decoding(found, picture)
    return 0 if all(verdict["met"] for verdict in found["verdicts"]) else 1


def decode_report(looks: Mapping[str, Sequence[Look]]) -> dict[str, Any]:
    """The figures of each engine: by folder, by collection, and over all pictures with a code and without."""
    return {
        "unit": "milliseconds of processor time",
        "engines": {
            name: {
                "folders": {folder: _figures(of) for folder, of in _by(lambda one: one.photograph.folder, found).items()},
                "collections": {
                    place: _figures(of)
                    for place, of in _by(
                        lambda one: one.photograph.folder.partition("/")[0],
                        (one for one in found if one.photograph.expected is not None),
                    ).items()
                },
                "with_code": _figures([one for one in found if not one.photograph.without]),
                "without_code": _figures([one for one in found if one.photograph.without]),
            }
            for name, found in looks.items()
        },
    }


def verdicts(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hold the ladder against what it must reach."""
    ladder = found["engines"]["ladder"]
    scored = ladder["collections"].get(SCORED)
    exact = scored["exact"] / scored["scored"] if scored else None
    tracked = found["tracked_ms"]["stream"]["p95"]
    pace = found.get("at_pace")
    told = [
        {
            "what": f"a tracked frame {pace['cpu_scale']:g} times slower, p95 ms",
            "measured": pace["tracked_ms"]["hurried"]["p95"],
            "wanted": f"≤ {PACED_P95_MS}",
            "met": pace["tracked_ms"]["hurried"]["p95"] <= PACED_P95_MS,
        }
        for pace in ([] if pace is None else [pace])
    ]
    return [
        {
            "what": f"exact over {SCORED}",
            "measured": None if exact is None else round(exact, 4),
            "wanted": f"≥ {EXACT_AT_LEAST}",
            "met": exact is not None and exact >= EXACT_AT_LEAST,
        },
        {
            "what": "read where there is no code",
            "measured": ladder["without_code"]["read"],
            "wanted": "0",
            "met": ladder["without_code"]["read"] == 0,
        },
        {
            "what": "a tracked frame, p95 ms",
            "measured": tracked,
            "wanted": f"≤ {FRAME_P95_MS:g}",
            "met": tracked <= FRAME_P95_MS,
        },
        *told,
    ]


def _look(read: Read, photograph: Photograph, rounds: int) -> Look:
    costs = []
    found: tuple[engines.Found, ...] = ()
    for _ in range(rounds):
        began = time.thread_time()
        found = read(photograph.picture)
        costs.append((time.thread_time() - began) * 1000)
    return Look(photograph, bool(found), photograph.exact(found), min(costs))


def _by(key: Callable[[Look], str], looks: Iterable[Look]) -> dict[str, list[Look]]:
    groups: dict[str, list[Look]] = {}
    for one in looks:
        groups.setdefault(key(one), []).append(one)
    return groups


def _figures(looks: Sequence[Look]) -> dict[str, Any]:
    costs = sorted(one.ms for one in looks)
    return {
        "n": len(looks),
        "scored": sum(one.photograph.expected is not None for one in looks),
        "read": sum(one.read for one in looks),
        "exact": sum(one.exact for one in looks),
        "mean_ms": round(statistics.fmean(costs), 3) if costs else None,
        **{f"{name}_ms": None if value is None else round(value, 3) for name, value in _spread(costs).items()},
    }


def _over_frames(visitors: int) -> dict[str, Any]:
    """What successive frames cost each way of reading, and how many it takes until a code is read."""
    found: dict[str, Any] = {
        "approaches": {},
        "empty_ms": {name: _rounded(_spread(ms)) for name, ms in approaches.empty_ms(STREAMS).items()},
        "tracked_ms": {name: _rounded(_spread(ms)) for name, ms in approaches.tracked_ms(STREAMS).items()},
    }
    for name, make in STREAMS.items():
        came = [approaches.approach(make, turn) for turn in range(visitors)]
        frames = percentiles(one.frames for one in came)
        found["approaches"][name] = {
            "n": visitors,
            "read": sum(one.frames is not None for one in came),
            "frames": {"p50": frames["p50"], "p95": frames["p95"], "max": frames["max"]},
            "frame_ms": _rounded(_spread([ms for one in came for ms in one.ms])),
        }
    return found


def _spread(costs: Sequence[float]) -> dict[str, float | None]:
    figures = percentiles(costs)
    return {"median": figures["p50"], "p95": figures["p95"]}


def _rounded(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 3) for name, value in figures.items()}
