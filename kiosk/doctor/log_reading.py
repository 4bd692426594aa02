"""The durable log, opened for reading alone: neither it nor its write-ahead log is changed or locked. SQLite."""

import sqlite3
from pathlib import Path

BUSY_TIMEOUT_S = 0.5


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the log for reading. Raises sqlite3.Error."""
    # Without a write-ahead log nobody has the file open, and SQLite, told so, makes none of its own.
    idle = not path.with_name(path.name + "-wal").exists()
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if idle else ''}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        # The doctor looks from the thread of a check; never from two at once.
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only = ON")
    return connection
