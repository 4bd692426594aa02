"""The board that the kiosk runs on: what it is, its supply, its heat, its memory and disk. Read, never asked to act.

Files are looked for below `root`, which is `/` but for tests.
"""

import platform
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit, unknown
from kiosk.doctor.running import Running

ROOT = Path("/")
MODEL = "proc/device-tree/model"
THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
"""The firmware's answer, as the Raspberry Pi kernels show it: hexadecimal."""
VCGENCMD_WITHIN_S = 2.0
BITS_WANTED = 64
LOW, SLOW_BITS, WAS_LOW, WAS_SLOW_BITS = 0x1, 0xE, 0x10000, 0xE0000
"""Bits of `get_throttled` (Raspberry Pi documentation, vcgencmd): now, and since the start 16 bits further up."""
REASONS = {0x2: "frequency capped", 0x4: "throttled", 0x8: "soft temperature limit"}
HOT_C, WARM_C = 80.0, 70.0
"""A Pi throttles from 80 degrees on (Raspberry Pi documentation, frequency management and thermal control)."""
KIOSK_MB = 350.0
"""What the kiosk's processes may take together."""
SPARE_MB = 80.0
DISK_MB = 200.0

Throttled = Callable[[], str | None]
Usage = Callable[[Path], tuple[int, int, int]]


def board(software: str, root: Path = ROOT) -> Iterator[Finding]:
    """Say what board and software this is."""
    model = _text(root / MODEL).strip("\0\n ")
    bits = struct.calcsize("P") * 8
    measured = {
        "model": model or None,
        "machine": platform.machine(),
        "bits": bits,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "software": software,
    }
    remarks = [fit("board.pi" if "Raspberry Pi" in model else "board.other", **measured)]
    if bits < BITS_WANTED:
        remarks.append(unfit("board.narrow", bits=bits))
    yield finding(PartName.BOARD, remarks, measured)


def power(root: Path = ROOT, vcgencmd: Throttled | None = None) -> Iterator[Finding]:
    """Judge the supply by what the firmware has noted."""
    said = _text(root / THROTTLED).strip() or ((vcgencmd or _vcgencmd)() or "").strip()
    found = re.fullmatch(r"(?:throttled=)?(?:0x)?([0-9a-fA-F]{1,8})", said)
    if found is not None:
        bits = int(found[1], 16)
        yield finding(PartName.POWER, _power(bits), {"throttled": f"{bits:#x}"})
        return
    alarm = next((_text(place.parent / "in0_lcrit_alarm").strip() for place in _hwmons(root, "rpi_volt")), "")
    if alarm in ("0", "1"):
        remark = unfit("power.low") if alarm == "1" else fit("power.well")
        yield finding(PartName.POWER, [remark], {"under_voltage": alarm == "1"})
    else:
        yield finding(PartName.POWER, [absent("power.unseen")], wanted=False)


def processor(root: Path = ROOT) -> Iterator[Finding]:
    """Say how warm the processor is."""
    zones = sorted((root / "sys/class/thermal").glob("thermal_zone*"))
    named = [zone for zone in zones if re.search(r"cpu|soc|pkg", _text(zone / "type"))]
    for zone in named or zones[:1]:
        if re.fullmatch(r"-?\d+", reading := _text(zone / "temp").strip()):
            degrees = int(reading) / 1000
            state = unfit("processor.hot", temperature_c=degrees)
            if degrees < HOT_C:
                state = fit("processor.warm" if degrees >= WARM_C else "processor.well", temperature_c=degrees)
            yield finding(PartName.PROCESSOR, [state], {"temperature_c": degrees})
            return
    yield finding(PartName.PROCESSOR, [absent("processor.unseen")], wanted=False)


def memory(running: Running, root: Path = ROOT) -> Iterator[Finding]:
    """Say how much memory is free, and whether a kiosk that is not running yet would fit."""
    sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB$", _text(root / "proc/meminfo"), re.MULTILINE))
    try:
        total, free = int(sizes["MemTotal"]) / 1000, int(sizes["MemAvailable"]) / 1000
    except KeyError:
        yield finding(PartName.MEMORY, [unknown("memory.unseen")])
        return
    needed = SPARE_MB + (0.0 if running.has_devices else KIOSK_MB)
    make = fit if free >= needed else unfit
    sentence = "memory.well" if free >= needed else "memory.short"
    remark = make(sentence, free_mb=free, total_mb=total, needed_mb=needed)
    yield finding(PartName.MEMORY, [remark], {"free_mb": round(free, 1), "total_mb": round(total, 1)})


def disk(root: Path = ROOT, usage: Usage = shutil.disk_usage) -> Iterator[Finding]:
    """Say how much of the system's own disk is free; the log's is judged with the log."""
    total, _, free = usage(root)
    sizes = {"free_mb": round(free / 1e6, 1), "total_mb": round(total / 1e6, 1)}
    full = free / 1e6 < DISK_MB
    yield finding(PartName.DISK, [unfit("disk.nearly_full", **sizes) if full else fit("disk.well", **sizes)], sizes)


def _power(bits: int) -> list[Remark]:
    remarks: list[Remark] = []
    if bits & LOW:
        remarks.append(unfit("power.low"))
    elif bits & WAS_LOW:
        remarks.append(fit("power.was_low"))
    if bits & SLOW_BITS:
        remarks.append(unfit("power.slowed", reasons=_reasons(bits)))
    elif bits & WAS_SLOW_BITS:
        remarks.append(fit("power.was_slowed", reasons=_reasons(bits >> 16)))
    return remarks or [fit("power.well")]


def _reasons(bits: int) -> str:
    return ", ".join(reason for bit, reason in REASONS.items() if bits & bit)


def _hwmons(root: Path, name: str) -> Iterator[Path]:
    """The `name` files of hardware monitors of that name."""
    for place in sorted((root / "sys/class/hwmon").glob("hwmon*/name")):
        if _text(place).strip() == name:
            yield place


def _vcgencmd() -> str | None:
    program = shutil.which("vcgencmd")
    if program is None:
        return None
    try:
        asked = subprocess.run(
            [program, "get_throttled"], capture_output=True, text=True, timeout=VCGENCMD_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout if asked.returncode == 0 else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
