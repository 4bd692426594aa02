"""The clocks of simulated Pis."""

from drivers.simulated.clock import ShiftedClock
from kiosk.model import ClockState
from kiosk.units import WallTime
from tests.kiosk.fakes import FakeClock

THEN = WallTime(1_622_644_141_000_000)


def test_a_shifted_clock_begins_at_another_time_and_goes_on_with_the_machines() -> None:
    machine = FakeClock()
    shifted = ShiftedClock(machine, THEN)
    assert shifted.wall() == THEN
    machine.advance(90)
    assert shifted.wall() == THEN + 90_000_000
    assert shifted.monotonic() == machine.monotonic()


def test_a_shifted_clock_is_believed_as_far_as_the_machines() -> None:
    machine = FakeClock()
    machine.trusted = ClockState.DRIFTING
    shifted = ShiftedClock(machine, THEN)
    assert (shifted.state(), shifted.boot_id()) == (ClockState.DRIFTING, machine.boot_id())
