"""How much room a log has: of the capacity that it was given, and on its disk. SQLite."""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

CAPACITY = 2048 * 1024 * 1024
"""Bytes that a log may fill: 180 days and more of 2,500 people a day, none of whom the server has heard of."""
NEARLY_FULL = 0.2
"""When no more than this part of its capacity is left, a log is nearly full."""


@dataclass(frozen=True, slots=True)
class Room:
    """In bytes: what the log may fill, what it fills, what of its file is free again, and what is free on the disk."""

    capacity: int
    used: int
    reusable: int
    on_disk: int

    @property
    def left(self) -> int:
        """How much more the log takes."""
        return max(0, min(self.capacity - self.used, self.reusable + self.on_disk))

    @property
    def nearly_full(self) -> bool:
        """Whether somebody should look, and what the server has already should make way."""
        return self.left < self.capacity * NEARLY_FULL


def room_in(connection: sqlite3.Connection, capacity: int, on_disk: int) -> Room:
    """The room of a log that may fill `capacity` bytes, where `on_disk` are free. Raises sqlite3.Error."""
    size, pages, unused = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _FIGURES)
    return Room(capacity, (pages - unused) * size, unused * size, on_disk)


def bound(connection: sqlite3.Connection, capacity: int) -> None:
    """Let a connection make the file no larger than this: beyond it SQLite calls the disk full. Raises sqlite3.Error."""
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA max_page_count = {capacity // size}")


def free_on_disk(path: Path) -> int:
    """How many bytes are free where a file lies. Raises OSError."""
    return shutil.disk_usage(path.parent).free


_FIGURES = ("page_size", "page_count", "freelist_count")
