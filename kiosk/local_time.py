"""What time it is at the gate, as rules on hours ask for it. Pure."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from kiosk.model import ClockState, LocalTime
from kiosk.units import WallTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_zone = cache(ZoneInfo)


def local_time(wall: WallTime, clock: ClockState, zone: str | None) -> LocalTime | None:
    """Return the moment of the week in a zone such as `Asia/Shanghai`; None where nobody can say.

    Nobody can by a clock that was never set, nor where no zone is named. One that drifts is some minutes wrong at most.
    """
    if zone is None or clock is ClockState.NEVER_SET:
        return None
    at = (_EPOCH + timedelta(microseconds=wall)).astimezone(_zone(zone))
    return LocalTime(at.weekday(), at.hour * 60 + at.minute)
