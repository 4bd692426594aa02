"""`gatepost bench startup`: from the start of each process to its readiness, and to the first visitor cleared.

cold     all at once; the page cache has forgotten the interpreter and the libraries, and no process of ours holds them
warm     all at once, again, while a visitor stands there already with a pass in the hand
restart  one process alone, killed and started again by the supervisor
"""

import compileall
import os
import signal
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import drivers
import kiosk
import sync
import ui
from drivers.simulated.observer import Observer
from drivers.simulated.protocol import VisitorReport
from kiosk.bench import machine
from kiosk.bench.printing import print_startup
from kiosk.console import standard_output
from kiosk.demo.cases import NORMAL, RESIDENT
from kiosk.demo.report import percentiles
from kiosk.demo.run import check_folder, write_report
from kiosk.demo.site import Site
from kiosk.demo.stage import PARTS, Stage
from kiosk.errors import GatepostError

RESTART_WITHIN_S = {"core": 2.0, "eyes": 1.0}
"""How soon a part that died is back (design: processes)."""
NOWHERE = "http://127.0.0.1:9"
"""The discard port: an issuer that is not there."""
STANDS_AFTER_S = 2.0
"""By then a visitor has walked up and holds the pass still."""
CLEARED_WITHIN_S = 60.0
PATIENT = replace(NORMAL, cases=(replace(RESIDENT, patience_s=2 * CLEARED_WITHIN_S, gap_s=0.0),))


@dataclass(frozen=True, slots=True)
class Round:
    """One start, in seconds: to each process's readiness, to the first visitor cleared, and each one's restart."""

    ready_s: Mapping[str, float]
    first_clear_s: float | None = None
    restart_s: Mapping[str, float] = field(default_factory=dict)


def bench_startup(*, rounds: int, cpu_scale: float, report: Path | None, program: list[str]) -> int:
    """Measure, print, and return the exit status: 0 only if restarts are as quick as they must be. Raises UsageError."""
    check_folder(report)
    console = standard_output()
    facts = machine.facts()
    compile_code()
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        cold = _cold(Path(folder), rounds, cpu_scale, program)
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        warm = _warm(Path(folder), rounds, cpu_scale, program)
    found = startup_report(cold, warm, cpu_scale) | {"machine": facts}
    print_startup(console, found)
    if report is not None:
        write_report(report, found)
    return 0 if all(row["met"] for row in found["processes"].values()) else 1


def startup_report(cold: Sequence[Round], warm: Sequence[Round], cpu_scale: float) -> dict[str, Any]:
    """The report: the three kinds of start side by side for each process, the restarts against what they may take."""
    processes = {}
    for part in PARTS:
        restart_s = _spread(one.restart_s.get(part) for one in warm)
        at_most_s = RESTART_WITHIN_S.get(part)
        processes[part] = {
            "cold_s": _spread(one.ready_s.get(part) for one in cold),
            "warm_s": _spread(one.ready_s.get(part) for one in warm),
            "restart_s": restart_s,
            "at_most_s": at_most_s,
            "met": at_most_s is None or (restart_s["max"] is not None and restart_s["max"] <= at_most_s),
        }
    return {
        "cpu_scale": cpu_scale,
        "rounds": len(warm),
        "processes": processes,
        "first_clear_s": _spread(one.first_clear_s for one in warm),
    }


def forget(folders: Iterable[Path]) -> int:
    """Ask the kernel to forget what it has read of the files below; return of how many bytes.

    What another process has mapped stays. Needs no right but to read.
    """
    total = 0
    for file in (file for folder in folders for file in folder.rglob("*")):
        with suppress(OSError):
            if file.is_symlink() or not file.is_file():
                continue
            handle = os.open(file, os.O_RDONLY)
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                total += os.fstat(handle).st_size
            finally:
                os.close(handle)
    return total


def libraries() -> set[Path]:
    """Where the interpreter and everything that it imports lie."""
    places = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return {*places, *own_code(), Path(sys.executable).resolve().parent}


def own_code() -> list[Path]:
    """Where this program's own packages lie: a checkout, or among the libraries."""
    return [Path(place) for package in (kiosk, drivers, ui, sync) for place in package.__path__]


def compile_code() -> None:
    """Write the byte code that an installation comes with, and that a checkout may lack.

    Python itself writes none where it is told so (PYTHONDONTWRITEBYTECODE): each start would compile everything anew.
    """
    for place in own_code():
        compileall.compile_dir(place, quiet=2)


def _cold(folder: Path, rounds: int, cpu_scale: float, program: list[str]) -> list[Round]:
    """The kiosk alone: a world beside it would keep the libraries that both need in memory."""
    site = Site(folder, PATIENT, seed=1)
    stage = Stage(site, program, cpu_scale)
    config = site.write_kiosk(None, NOWHERE)
    found = []
    try:
        for _ in range(rounds):
            forget(libraries())
            stage.start_kiosk(config)
            stage.wait_ready()
            found.append(Round(_ready_s(stage)))
            stage.end_kiosk()
    finally:
        stage.close()
    return found


def _warm(folder: Path, rounds: int, cpu_scale: float, program: list[str]) -> list[Round]:
    """The kiosk in its world, started again and again while somebody waits."""
    site = Site(folder, PATIENT, seed=1)
    stage = Stage(site, program, cpu_scale)
    found = []
    try:
        config = stage.set_up()
        stage.wait_ready()
        with closing(Observer(site.world_socket)) as observer:
            observer.begin()
            for number in range(rounds):
                observer.add(site.guest(number).script)
                time.sleep(STANDS_AFTER_S)
                started = time.monotonic()
                stage.start_kiosk(config)
                stage.wait_ready()
                ready_s = _ready_s(stage)
                cleared = _cleared(observer)
                found.append(Round(ready_s, cleared - started, {part: _restart_s(stage, part) for part in PARTS}))
                stage.end_kiosk()
    finally:
        stage.close()
    return found


def _cleared(observer: Observer) -> float:
    """When the gate opened for whoever stands there. Raises GatepostError when it does not."""
    until = time.monotonic() + CLEARED_WITHIN_S
    while time.monotonic() < until:
        record = observer.receive(0.5)
        if isinstance(record, VisitorReport) and record.relay_at is not None:
            return record.relay_at
    raise GatepostError("the first visitor was not let in: the kiosk was started in vain")


def _restart_s(stage: Stage, part: str) -> float:
    """Kill one process and return how long it was away. Raises GatepostError when it does not come back."""
    process = stage.supervisor.processes[part]
    pid, times_ready = process.pid, process.times_ready
    if pid is None:
        raise GatepostError(f"{part} is not running: there is nothing to start again")
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    if not process.wait_ready_again(times_ready, CLEARED_WITHIN_S):
        raise GatepostError(f"{part} did not come back")
    return time.monotonic() - killed


def _ready_s(stage: Stage) -> dict[str, float]:
    running = {part: stage.supervisor.processes[part].ready_after_s for part in PARTS}
    return {part: ready_s for part, ready_s in running.items() if ready_s is not None}


def _spread(values: Iterable[float | None]) -> dict[str, float | None]:
    found = percentiles(values)
    return {name: None if (value := found[name]) is None else round(value, 3) for name in ("p50", "max")}
