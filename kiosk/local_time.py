"""What time of the week it is at a gate. Pure: the zone's data come with the system."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kiosk.model import ClockState, LocalTime, WallTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_time(at: WallTime, clock: ClockState, zone: str | None) -> LocalTime | None:
    """Return the time of the week in a zone; None by a clock that was never set, or where no zone is named."""
    if zone is None or clock is ClockState.NEVER_SET:
        return None
    there = (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))
    return LocalTime(there.weekday(), there.hour * 60 + there.minute)
