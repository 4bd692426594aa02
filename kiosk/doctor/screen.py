"""The screen: a display to open a window on, a font with the characters of four languages, and a touch panel."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit
from kiosk.doctor.running import Answer, Running
from kiosk.errors import DeviceLost
from kiosk.model import Part
from ui.display import find_display
from ui.fonts import FOLDERS, REGULAR

INPUTS = Path("/proc/bus/input/devices")
DIRECT = 1 << 1
"""INPUT_PROP_DIRECT, what touch screens have and touch pads have not (linux/input-event-codes.h)."""


def not_configured() -> Iterator[Finding]:
    """Say that this kiosk is to have none."""
    yield finding(PartName.SCREEN, [absent("screen.not_wanted")], wanted=False)


def examine(
    running: Running,
    environment: Mapping[str, str],
    font: Path | None,
    *,
    wanted: bool = True,
    folders: tuple[Path, ...] = FOLDERS,
    inputs: Path = INPUTS,
) -> Iterator[Finding]:
    """Look for what a screen needs, opening no window. `font`: the site's own. A running kiosk speaks for its display."""
    measured: dict[str, Any] = {}
    remarks = [_display(running, environment, measured), *_font(font, folders), *_touch(inputs, measured)]
    yield finding(PartName.SCREEN, remarks, measured, wanted=wanted)


def _display(running: Running, environment: Mapping[str, str], measured: dict[str, Any]) -> Remark:
    if running.answer is Answer.RUNNING:
        # Whoever calls the doctor may be logged in from afar, and see another display or none.
        measured["in_use"] = True
        if Part.SCREEN in running.lost:
            return unfit("screen.lost", reason=running.lost[Part.SCREEN])
        return fit("any.in_use")
    try:
        measured["driver"] = find_display(environment)
    except DeviceLost as error:
        return absent("screen.no_display", reason=error)
    return fit("screen.display", driver=measured["driver"])


def _font(font: Path | None, folders: tuple[Path, ...]) -> Iterator[Remark]:
    if font is not None and not font.is_file():
        yield unfit("screen.font_gone", path=font)
    elif font is None and not any((folder / REGULAR).is_file() for folder in folders):
        yield absent("screen.no_font")


def _touch(inputs: Path, measured: dict[str, Any]) -> Iterator[Remark]:
    try:
        listed = inputs.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # this system does not say which there are
    panels = [block for block in listed.split("\n\n") if _is_direct(block)]
    measured["touch_panels"] = len(panels)
    if not panels:
        yield absent("screen.no_touch")


def _is_direct(block: str) -> bool:
    for line in block.splitlines():
        _, found, words = line.partition("B: PROP=")
        if found and words.split():
            return bool(int(words.split()[-1], 16) & DIRECT)
    return False
