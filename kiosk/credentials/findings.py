"""What a health certificate tells, and what it comes to on a given day."""

import re
from datetime import UTC, datetime, timedelta

from kiosk.credentials.bounded import Unreadable
from kiosk.evidence import Finding, FindingKind
from kiosk.frozen import frozen
from kiosk.units import WallTime

SECOND = 1_000_000
DAY = 86_400 * SECOND
LAST_SECOND = 253_402_300_799
"""The end of the year 9999: a later time is one in milliseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@frozen
class Happening:
    """Something that a certificate tells of, at a moment; `begins` and `ends` bound the time for which it is given.

    `day` is its date as written, in whatever time zone that was.
    """

    kind: FindingKind
    day: str
    at: WallTime
    begins: WallTime | None = None
    ends: WallTime | None = None

    def on(self, today: WallTime) -> Finding:
        """Say what it comes to today."""
        ago = (today - self.at) // DAY
        # A date has no time zone: less than a day ahead is today, somewhere.
        days = 0 if ago == -1 else ago
        begun = self.begins is None or today >= self.begins
        over = self.ends is not None and today >= self.ends + DAY
        return Finding(self.kind, self.day, days, in_force=days >= 0 and begun and not over)


def happening(kind: FindingKind, when: object, begins: object = None, ends: object = None) -> Happening:
    """Make one of dates as they are written; `ends` is the last day. Raises Unreadable."""
    when, begins, ends = (_written(time) for time in (when, begins, ends))
    first, last = (None if text is None else moment(text) for text in (begins, ends))
    return Happening(kind, str(when)[:10], moment(when), first, last)


def _written(time: object) -> object:
    """Write a time of CBOR's other kind, a number, as the usual one; so large a one is in milliseconds."""
    if isinstance(time, int | float):
        known = time / 1000 if LAST_SECOND < time <= 1000 * LAST_SECOND else time
        return (_EPOCH + timedelta(microseconds=seconds(known))).isoformat()
    return time


def moment(text: object) -> WallTime:
    """Read a date, or a date with a time, of ISO 8601; without a time zone it is UTC. Raises Unreadable."""
    if not isinstance(text, str) or len(text) > 40 or not _DATE.match(text):
        raise Unreadable("a date is not written as one")
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError:
        raise Unreadable("there is no such date") from None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return WallTime((read - _EPOCH) // timedelta(microseconds=1))


def seconds(number: object) -> WallTime:
    """Read a NumericDate (RFC 7519, RFC 8392): seconds since 1970, whole or not. Raises Unreadable."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= LAST_SECOND:
        raise Unreadable("a time is no number of seconds since 1970")
    return WallTime(round(number * SECOND))
