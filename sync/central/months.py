"""Calendar months in UTC, as partitions and keys go by them. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime


def months_from(now_us: int) -> Iterator[datetime]:
    """The first moment of the month that holds `now_us`, and of each after it."""
    first = datetime.fromtimestamp(now_us // 1_000_000, UTC).replace(day=1, hour=0, minute=0, second=0)
    while True:
        yield first
        first = month_after(first)


def month_after(first: datetime) -> datetime:
    """The first moment of the next month."""
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def microseconds(moment: datetime) -> int:
    """A moment in microseconds since 1970."""
    return int(moment.timestamp()) * 1_000_000


def end_of(month: str) -> int:
    """The first microsecond after a month such as `2026-11`."""
    return microseconds(month_after(datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)))
