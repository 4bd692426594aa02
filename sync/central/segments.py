"""The blind index in segments, each of so many events as arrive one after another in a compound.

Digests are spread at random. In one index over all of them every event would be written to pages of its own, the more
so the more there are: pages that are no longer in memory, and that PostgreSQL writes to its log whole. Within the newest
segment, the only one that is written to, the same few pages take everything in. A search asks each segment in turn.
"""

from sqlalchemy import ColumnElement, Connection, and_, func, select

from sync.central.schema import blind

EVENTS = 16_384
"""Enough that a search asks few, few enough that the newest ones of a thousand busy gates stay in memory."""


def segment_of(arrival: int) -> int:
    """The segment of an event, by its number of arrival."""
    return arrival // EVENTS


def with_digest(connection: Connection, compound: str, digest: bytes) -> ColumnElement[bool]:
    """The rows of `blind` that have a digest."""
    ends = (func.min(blind.c.segment), func.max(blind.c.segment))
    # One by one: SQLite finds either end of an index at once, but not both in one query.
    first, last = (connection.execute(select(end).where(blind.c.compound == compound)).scalar() for end in ends)
    there = range(0) if first is None or last is None else range(first, last + 1)
    return and_(blind.c.compound == compound, blind.c.segment.in_(there), blind.c.digest == digest)
