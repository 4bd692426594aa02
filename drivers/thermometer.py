"""The thermometer port over an MLX90614: one look at the sensor at a time, the rest is `drivers.forehead`."""

from collections.abc import Callable

from drivers.forehead import LOOK_EVERY, Estimator, Sample
from drivers.mlx90614 import Mlx90614, Unit
from kiosk.calibration import FACTORY, Calibration
from kiosk.errors import DeviceFault, DeviceLost
from kiosk.evidence import Observation
from kiosk.lines import get_logger
from kiosk.ports import Clock
from kiosk.units import Seconds

log = get_logger()


class InfraredThermometer:
    """Watches one spot in front of the gate. The unit is probed with the first look and after every loss."""

    def __init__(
        self,
        sensor: Mlx90614,
        clock: Clock,
        *,
        presence_c: float = 4.0,
        calibration: Calibration = FACTORY,
        someone: Callable[[], bool] = lambda: False,
        distance: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Watch a sensor. `someone`: whether anything else says that somebody is there. `distance`: metres, if known."""
        self._sensor = sensor
        self._clock = clock
        self._presence_c = presence_c
        self._calibration = calibration
        self._someone = someone
        self._distance = distance
        self._estimator: Estimator | None = None
        self._unit: Unit | None = None

    def observe(self) -> Observation:
        """Take one sample and say what is seen. Raises DeviceLost or DeviceFault, and forgets who stood there."""
        try:
            estimator = self._begin() if self._unit is None or self._estimator is None else self._estimator
            pair = self._sensor.read()
        except (DeviceLost, DeviceFault):
            self._unit = None
            if self._estimator is not None:
                self._estimator.interrupt()
            raise
        sample = Sample(pair.object_c, pair.ambient_c, self._clock.monotonic(), self._distance())
        return estimator.feed(sample, someone=self._someone())

    def rest_s(self) -> Seconds:
        """How long the next look can wait."""
        return LOOK_EVERY if self._estimator is None else self._estimator.rest_s(self._clock.monotonic())

    def close(self) -> None:
        """Let go of the bus. Idempotent."""
        self._sensor.close()

    def _begin(self) -> Estimator:
        unit = self._sensor.probe()
        log.info(
            "thermometer probed",
            chip=unit.identity,
            config=f"{unit.config:#06x}",
            iir_code=unit.iir_code,
            fir_code=unit.fir_code,
            pec_right=unit.pec_right,
        )
        self._unit = unit
        if self._estimator is None or self._estimator.iir_code != unit.iir_code:
            self._estimator = Estimator(
                presence_c=self._presence_c,
                calibration=self._calibration,
                iir_code=unit.iir_code,
            )
        return self._estimator
