"""What was measured on what: software and machine, without any name that leads to either's owner."""

import os
import platform
from pathlib import Path
from typing import Any

import psutil

from kiosk import __version__

MODEL = Path("/proc/device-tree/model")
CPUINFO = Path("/proc/cpuinfo")


def facts() -> dict[str, Any]:
    """Software, processor, cores, memory, and how busy the machine was (its load of the last minute)."""
    return {
        "software": __version__,
        "python": platform.python_version(),
        "kernel": platform.release().split("-")[0],
        "architecture": platform.machine(),
        "model": model(),
        "cores": os.cpu_count(),
        "memory_mb": round(psutil.virtual_memory().total / 1e6),
        "load": round(os.getloadavg()[0], 2),
    }


def model(board: Path = MODEL, cpuinfo: Path = CPUINFO) -> str:
    """The board's name where there is one, else the processor's."""
    if board.exists():
        return board.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
