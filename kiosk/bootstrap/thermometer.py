"""The thermometer: its chip on a real bus or the world's, with presence and filtering above it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.calibration import FACTORY, Calibration
from kiosk.config import Config
from kiosk.ports import Clock, Thermometer

if TYPE_CHECKING:
    from drivers.mlx90614 import Mlx90614


def thermometer_factory(
    config: Config, base: Path, clock: Clock, someone: Callable[[], bool] = lambda: False
) -> Callable[[], Thermometer]:
    """Return what opens the configured thermometer: at the start, and again whenever it was lost.

    `someone`: whether anything else says that somebody is there. Raises UsageError for a calibration of no use.
    """
    from drivers.thermometer import InfraredThermometer

    section = config.thermometer
    calibration = load_calibration(config, base)
    open_sensor = sensor_factory(config)
    distance = _distance(config, clock)
    return lambda: InfraredThermometer(
        open_sensor(),
        clock,
        presence_c=section.presence_c,
        calibration=calibration,
        someone=someone,
        distance=distance,
    )


def _distance(config: Config, clock: Clock) -> Callable[[], float | None]:
    """Return what tells how far away a forehead is; without a ranger on a real bus nothing does."""
    section = config.thermometer
    if section.ranger is None or not section.source.startswith("i2c:"):
        return lambda: None
    from drivers.ranger import Ranger
    from drivers.smbus import open_bus

    # It outlives the thermometer, which is opened anew after each loss.
    bus = int(section.source.removeprefix("i2c:"))
    return Ranger(lambda: open_bus(bus), clock, section.ranger).distance_m


def load_calibration(config: Config, base: Path) -> Calibration:
    """Read the calibration that the configuration names. Raises UsageError."""
    if config.thermometer.calibration is None:
        return FACTORY
    from kiosk.calibration_file import read

    return read(base / config.thermometer.calibration)


def sensor_factory(config: Config) -> "Callable[[], Mlx90614]":
    """Return what opens the configured thermometer's chip, below presence and filtering."""
    from drivers.mlx90614 import Mlx90614
    from drivers.smbus import Bus, open_bus

    section = config.thermometer

    def bus() -> Bus:
        if section.source == "simulated" and config.simulation is not None:
            from drivers.simulated.bus import SimulatedBus

            return SimulatedBus(Path(config.simulation.world))
        return open_bus(int(section.source.removeprefix("i2c:")))

    free = _freer(section.bus_pins)
    return lambda: Mlx90614(bus(), section.address, free=free)


def _freer(pins: tuple[int, int] | None) -> Callable[[], bool]:
    """Return what frees a stuck bus on the pins that are configured for it."""

    def free() -> bool:
        from drivers.bus_recovery import PinctrlLines, free_bus

        return pins is not None and free_bus(PinctrlLines(*pins))

    return free
