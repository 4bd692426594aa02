"""What every process of a kiosk has: its version, its clock, and the place where it finds the core."""

from pathlib import Path

from kiosk import __version__
from kiosk.clock import SystemClock
from kiosk.config import Config
from kiosk.ports import Clock
from kiosk.units import WallTime

SOFTWARE = __version__


def core_socket(config: Config) -> Path:
    """Where the core listens for its parts."""
    return Path(config.gate.run_dir) / "core.sock"


def clock_of(config: Config) -> Clock:
    """Return the clock that this kiosk goes by."""
    if config.simulation is None or config.simulation.clock == "machine":
        return SystemClock()
    from datetime import datetime

    from drivers.simulated.clock import ShiftedClock, UnsetClock

    if config.simulation.clock == "never_set":
        return UnsetClock(SystemClock())
    begins = datetime.fromisoformat(config.simulation.clock)
    return ShiftedClock(SystemClock(), WallTime(int(begins.timestamp()) * 1_000_000))
