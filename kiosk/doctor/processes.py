"""The kiosk's processes: whether it runs, which of them are there, and what memory they hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit, unknown
from kiosk.doctor.running import Answer, Running
from kiosk.doctor.system import KIOSK_MB
from kiosk.model import Part

NEEDED = (Part.CORE, Part.GATE, Part.EYES, Part.SCREEN)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a kiosk. `memory_mb`: its own, and its share of what it has in common with others (PSS)."""

    pid: int
    memory_mb: float


Processes = Callable[[], Mapping[str, Process]]


def examine(running: Running, processes: Processes, *, screen: bool = True) -> Iterator[Finding]:
    """Say whether the kiosk runs, and how it is. `screen`: it is to have one."""
    match running.answer:
        case Answer.STOPPED:
            yield finding(PartName.KIOSK, [absent("kiosk.stopped")], {"running": False}, wanted=False)
        case Answer.FORBIDDEN:
            yield finding(PartName.KIOSK, [unknown("kiosk.forbidden")], {"running": True})
        case Answer.SILENT:
            yield finding(PartName.KIOSK, [unfit("kiosk.silent")], {"running": True, "core_pid": running.pid})
        case Answer.RUNNING:
            yield _alive(running, processes(), NEEDED if screen else NEEDED[:-1])


def _alive(running: Running, found: Mapping[str, Process], needed: Sequence[Part]) -> Finding:
    answer_ms = (running.answer_s or 0.0) * 1000
    held = {name: round(process.memory_mb, 1) for name, process in sorted(found.items())}
    measured: dict[str, Any] = {
        "running": True,
        "answer_ms": round(answer_ms, 2),
        "core_pid": running.pid,
        "memory_mb": held,
        "memory_total_mb": round(sum(held.values()), 1),
    }
    listed = ", ".join(f"{name} {size:.0f} MB" for name, size in held.items()) or "its processes are not to be seen"
    remarks: list[Remark] = [fit("kiosk.running", answer_ms=answer_ms, processes=listed)]
    lost = [part for part in (Part.GATE, Part.EYES, Part.SCREEN) if part in running.lost]
    remarks += [unfit("kiosk.part_lost", part=part, reason=running.lost[part]) for part in lost]
    # Only where the core is among those seen do the others' absences mean anything.
    if running.pid in {process.pid for process in found.values()}:
        missing = [part for part in needed if part not in found and part not in lost]
        remarks += [unfit("kiosk.part_missing", part=part) for part in missing]
    if measured["memory_total_mb"] > KIOSK_MB:
        remarks.append(fit("kiosk.large", memory_mb=measured["memory_total_mb"], budget_mb=KIOSK_MB))
    return finding(PartName.KIOSK, remarks, measured)


def of_configuration(config: Path) -> Mapping[str, Process]:
    """Find the processes of the kiosk with this configuration, by their command lines: part to process."""
    wanted = config.resolve()
    found: dict[str, Process] = {}
    for process in psutil.process_iter():
        try:
            if (part := _part(process.cmdline(), wanted, process)) is not None:
                found[part] = Process(process.pid, process.memory_full_info().pss / 1e6)
        except (psutil.Error, OSError):
            continue  # it has ended, or is another account's
    return found


def _part(argv: list[str], wanted: Path, process: psutil.Process) -> str | None:
    """The part that `gatepost kiosk --config FILE --part PART` runs, if it is this kiosk's."""
    if "kiosk" not in argv:
        return None
    options = dict(pairwise(argv))
    part, config = options.get("--part"), options.get("--config")
    if part is None or config is None or (Path(process.cwd()) / config).resolve() != wanted:
        return None
    return part
