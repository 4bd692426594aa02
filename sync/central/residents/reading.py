"""A list of residents as an office has it: CSV in UTF-8, its columns `unit`, `name`, `language` and `targets`."""

import csv
from collections.abc import Iterable
from pathlib import Path

from kiosk.errors import UsageError
from sync.central.residents.register import Resident, resident_of
from sync.central.residents.services import service_at
from sync.central.residents.targets import Reach, reach_of

COLUMNS = ("unit", "name", "language", "targets")
MAX_FILE = 4 * 1024 * 1024


def read_residents(file: Path) -> list[Resident]:
    """Read a file; several targets have spaces between them. Raises UsageError that quotes nobody."""
    try:
        if file.stat().st_size > MAX_FILE:
            raise UsageError(f"{file}: is too large for a list of residents")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
        raise UsageError(f"{file}: {reason}") from None
    rows = csv.DictReader(text.splitlines())
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise UsageError(f"{file}: the first line must be {','.join(COLUMNS)}")
    found: list[Resident] = []
    try:
        for row in rows:
            if None in row or None in row.values():
                raise UsageError(f"there must be {len(COLUMNS)} columns")
            found.append(resident_of(row["unit"], row["name"], row["language"].strip() or "zh", row["targets"].split()))
    except (UsageError, csv.Error) as error:
        raise UsageError(f"{file}, line {rows.line_num}: {error}") from None
    if not found:
        raise UsageError(f"{file}: names nobody")
    return found


def see_services(some: Iterable[Resident]) -> None:
    """See that apprise knows every service that is named. Raises UsageError."""
    services = [target for one in some for target in one.targets if reach_of(target) is Reach.SERVICE]
    for target in services:
        if service_at(target) is None:
            raise UsageError(f"apprise knows no service at an address that begins with {target.partition('://')[0]}://")
