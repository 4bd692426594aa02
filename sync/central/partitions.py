"""PostgreSQL's partitions of `event`, one for each month (UTC) in which events were received; SQLite has none.

They are made ahead. What is received in a month that has none goes to the default partition, and is moved to one of
its own the next time that partitions are prepared.
"""

import re
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, text

from sync.central.months import microseconds, month_after, months_from

AHEAD = 3
"""How many months after the present one have a partition already."""
DEFAULT = "event_default"
_NAME = re.compile(r"event_(default|y\d{4}m\d{2})\Z")


def is_partition(name: str) -> bool:
    """Whether a table is one of ours that holds a part of `event`."""
    return _NAME.match(name) is not None


def prepare_partitions(connection: Connection, now_us: int) -> list[str]:
    """Make what is missing for the months to come and empty the default partition; the names of those made.

    The caller sees to it that only one does so at a time.
    """
    if connection.dialect.name != "postgresql":
        return []
    made = [name for first in islice(months_from(now_us), AHEAD + 1) if (name := _make(connection, first)) is not None]
    newest = text(f"SELECT max(received_us) FROM {DEFAULT}")  # noqa: S608 - a constant
    while (received_us := connection.execute(newest).scalar()) is not None:
        if (name := _make(connection, next(months_from(received_us)))) is None:
            break
        made.append(name)
    return made


def in_default(connection: Connection) -> int:
    """How many events wait in the default partition."""
    if connection.dialect.name != "postgresql":
        return 0
    count: int = connection.execute(text(f"SELECT count(*) FROM {DEFAULT}")).scalar_one()  # noqa: S608 - a constant
    return count


def _make(connection: Connection, first: datetime) -> str | None:
    """Make the partition of the month that begins with `first`, with what the default one has of it; None if it is there."""
    name = f"event_y{first:%Y}m{first:%m}"
    if connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar() is not None:
        return None
    bounds = {"first": microseconds(first), "next": microseconds(month_after(first))}
    # Whoever reads or writes the default partition meanwhile waits; whoever uses another does not.
    connection.execute(text(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE"))
    connection.execute(text(f"CREATE TABLE {name} (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {DEFAULT} WHERE received_us >= :first AND received_us < :next RETURNING *)"  # noqa: S608
            f" INSERT INTO {name} SELECT * FROM moved"
        ),
        bounds,
    )
    connection.execute(
        text(f"ALTER TABLE event ATTACH PARTITION {name} FOR VALUES FROM ({bounds['first']}) TO ({bounds['next']})")
    )
    return name
