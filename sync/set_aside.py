"""A database that cannot be used as the log is moved out of the way: renamed with all its parts, never deleted. SQLite."""

import os
import re
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import LogUnusable
from kiosk.lines import get_logger
from kiosk.units import WallTime

_LOG_ID = re.compile(rb'"log_id":"([0-9a-f]{8,64})"')
_READ_FOR_PREDECESSOR = 64 * 1024 * 1024
_PARTS = ("-wal", "-shm", "")
"""The write-ahead log goes first: should the power fail in between, the database is found wanting again."""

_log = get_logger()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A database that was moved out of the way: where it is now, why, and the log it held, when that could be read."""

    path: Path
    reason: str
    log_id: str | None


def set_aside_beside(path: Path) -> list[Path]:
    """Return what was ever moved out of the way of this log and is still there, write-ahead logs too, by name."""
    return sorted(kept for kept in path.parent.iterdir() if kept.name.startswith(f"{path.name}-set-aside-"))


def set_aside(path: Path, now: WallTime, reason: str) -> SetAside:
    """Move a database out of the way, all of it or nothing. Raises LogUnusable."""
    try:
        target = _moved(path, now)
    except OSError as error:
        raise LogUnusable(f"{path}: the log cannot be set aside: {error}") from error
    aside = SetAside(target, reason, _predecessor(target))
    _log.error("log set aside", reason=reason, kept_as=target.name, held=aside.log_id or "unreadable")
    return aside


def _moved(path: Path, now: WallTime) -> Path:
    """Rename the database with its write-ahead log, which a new database must not inherit."""
    target = path.with_name(f"{path.name}-set-aside-{now}")
    number = 1
    while any(_part(target, suffix).exists() for suffix in _PARTS):
        number += 1
        target = path.with_name(f"{path.name}-set-aside-{now}-{number}")
    moved: list[str] = []
    try:
        for suffix in _PARTS:
            if _part(path, suffix).exists():
                _part(path, suffix).rename(_part(target, suffix))
                moved.append(suffix)
    except OSError:
        # A database that stays, such as an immutable one, keeps its write-ahead log: newest events may be in there alone.
        for suffix in reversed(moved):
            with suppress(OSError):
                _part(target, suffix).rename(_part(path, suffix))
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return target


def _part(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _predecessor(path: Path) -> str | None:
    """The newest log in a set-aside database, asked of the database, else looked for in its bytes."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            found = connection.execute("SELECT log_id FROM log ORDER BY ordinal DESC LIMIT 1").fetchone()
        if found is not None and isinstance(found[0], str):
            return found[0]
    except (sqlite3.Error, UnicodeDecodeError):
        pass
    counted: Counter[bytes] = Counter()
    for part in (path, _part(path, "-wal")):
        try:
            with part.open("rb") as file:
                counted.update(_LOG_ID.findall(file.read(_READ_FOR_PREDECESSOR)))
        except OSError:
            continue
    return counted.most_common(1)[0][0].decode() if counted else None
