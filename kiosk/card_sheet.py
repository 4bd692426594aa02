"""The cards of many gates from one spreadsheet: a row for each gate, a column for each key that differs."""

import contextlib
import copy
import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiosk.card import CARD, write_card
from kiosk.errors import UsageError

DEVICE = "gate.device"
MOST_ROWS = 10_000


def write_cards(template: Path, sheet: Path, folder: Path, etc: Path) -> list[Path]:
    """Write `folder`/DEVICE/gatepost.toml for each row, and return them in the sheet's order.

    The first row of the sheet (CSV with `,` or `;`) names keys, such as `gate.device` and `server.enrolment_code`; an
    empty cell leaves what the template says. Nothing that is there is written over. Raises UsageError with the row.
    """
    try:
        common = tomllib.loads(template.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{template}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{template}: is no TOML file: {error}") from error
    written: list[Path] = []
    for number, row in _rows(sheet):
        device = row.get(DEVICE, "")
        path = folder / device / CARD
        where = f"{sheet}: row {number}"
        # Judged before it becomes a folder's name.
        if not device or not device.replace("-", "").isalnum() or not device.isascii():
            raise UsageError(f"{where}: {DEVICE} is no name of a device: small letters, digits and - only")
        if path.exists():
            raise UsageError(f"{where}: {path} is there already; remove it, or correct {DEVICE}")
        try:
            write_card(path, _filled(common, row), etc)
        except UsageError as error:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise UsageError(f"{where}: {error}") from error
        written.append(path)
    return written


def _rows(sheet: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = sheet.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{sheet}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{sheet}: is no UTF-8; save it as CSV in UTF-8") from error
    head = text.partition("\n")[0]
    lines = list(csv.reader(text.splitlines(), delimiter=";" if ";" in head and "," not in head else ","))
    if not lines or DEVICE not in (keys := [key.strip() for key in lines[0]]):
        raise UsageError(f"{sheet}: its first row names no {DEVICE}; add the column")
    if wrong := [key for key in keys if key.count(".") != 1]:
        raise UsageError(f"{sheet}: its first row has {wrong[0]!r}; write section.key, such as {DEVICE}")
    if len(lines) > MOST_ROWS:
        raise UsageError(f"{sheet}: has more than {MOST_ROWS} rows; divide it")
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line):
            yield number, {key: cell.strip() for key, cell in zip(keys, line, strict=False)}


def _filled(common: dict[str, Any], row: dict[str, str]) -> dict[str, Any]:
    tree = copy.deepcopy(common)
    for place, cell in row.items():
        if cell:
            section, _, key = place.partition(".")
            tree.setdefault(section, {})[key] = cell
    return tree
