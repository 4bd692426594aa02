"""What the kiosk's processes hold: memory, open files, threads, processor time. Read from the kernel, from outside."""

from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from kiosk.demo.stage import PARTS, Stage
from kiosk.errors import GatepostError

MB = 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one process. Memory in MB: resident, its share of what is shared (PSS), its own alone (USS)."""

    rss_mb: float
    pss_mb: float
    uss_mb: float
    files: int
    threads: int
    cpu_s: float


def look(pid: int) -> Sample | None:
    """Look at a process; None when it is gone."""
    try:
        process = psutil.Process(pid)
        memory = process.memory_full_info()
        times = process.cpu_times()
        return Sample(
            rss_mb=memory.rss / MB,
            pss_mb=memory.pss / MB,
            uss_mb=memory.uss / MB,
            files=process.num_fds(),
            threads=process.num_threads(),
            cpu_s=times.user + times.system,
        )
    except psutil.Error:
        return None


def looks(stage: Stage) -> dict[str, Sample]:
    """Look at every process of the kiosk. Raises GatepostError when one is gone."""
    found = {}
    for part in PARTS:
        pid = stage.supervisor.processes[part].pid
        sample = None if pid is None else look(pid)
        if sample is None:
            raise GatepostError(f"{part} is gone: there is nothing to measure")
        found[part] = sample
    return found


def together(samples: Iterable[Sample]) -> Sample:
    """The sum of several processes. Of resident memory it counts shared pages more than once."""
    found = list(samples)
    return Sample(
        rss_mb=sum(one.rss_mb for one in found),
        pss_mb=sum(one.pss_mb for one in found),
        uss_mb=sum(one.uss_mb for one in found),
        files=sum(one.files for one in found),
        threads=sum(one.threads for one in found),
        cpu_s=sum(one.cpu_s for one in found),
    )
