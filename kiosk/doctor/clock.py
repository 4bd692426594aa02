"""The wall clock: passes are in force by it, and records are dated by it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from kiosk.doctor.findings import Finding, PartName, finding, fit, unfit
from kiosk.model import ClockState
from kiosk.ports import Clock


def examine(clock: Clock) -> Iterator[Finding]:
    """Say how far the clock may be believed."""
    state = clock.state()
    utc = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=clock.wall())).strftime("%Y-%m-%d %H:%M:%S UTC")
    make = unfit if state is ClockState.NEVER_SET else fit
    yield finding(PartName.CLOCK, [make(f"clock.{state}", utc=utc)], {"clock": state.value, "utc": utc})
