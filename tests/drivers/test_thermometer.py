import errno
import random
from dataclasses import dataclass

import pytest
from smbus2 import i2c_msg

from drivers.mlx90614 import Mlx90614
from drivers.simulated.bus import ChipBus
from drivers.simulated.procession import Procession
from drivers.simulated.script import Script, SensorScript, VisitorScript
from drivers.simulated.sensor import SensorChip
from drivers.smbus import Bus
from drivers.thermometer import InfraredThermometer
from kiosk.errors import DeviceLost
from kiosk.evidence import Observation, Reading
from tests.drivers.worlds import MovedClock

WALK_S = 1.0


@dataclass(frozen=True)
class Measured:
    """A first reading, and how long after the forehead filled the field it came."""

    reading: Reading
    after_s: float


class Cable:
    """A bus that answers unless it is pulled out."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.pulled = False

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        if self.pulled:
            raise OSError(errno.EREMOTEIO, "not acknowledged")
        self.bus.i2c_rdwr(*i2c_msgs)

    def close(self) -> None:
        self.bus.close()


class Stand:
    """A thermometer before a visitor in virtual time."""

    def __init__(self, seed: int, sensor: SensorScript, core_c: float = 36.6, period_s: float = 0.085) -> None:
        lot = random.Random(seed)
        self.clock = MovedClock(1000 + 500 * lot.random())
        script = Script(seed=seed, sensor=sensor, visitors=(VisitorScript(name="one", core_c=core_c, gap_s=1.0),))
        self.visitors = Procession(script)
        chip = SensorChip(sensor, seed, scene=self.visitors.scene_c, ambient=self.visitors.ambient_c, period_s=period_s)
        self.cable = Cable(ChipBus(chip, self.clock.monotonic))
        unit = Mlx90614(self.cable, pause=self.clock.move)
        self.thermometer = InfraredThermometer(unit, self.clock)
        # At any moment between two looks.
        self.begun_at = self.clock.at + 0.2 * lot.random()
        self.visitors.begin(self.begun_at)

    def look(self) -> Observation:
        self.clock.move(self.thermometer.rest_s())
        self.visitors.advance(self.clock.at)
        return self.thermometer.observe()

    def measure(self) -> Measured:
        for _ in range(200):
            reading = self.look().reading
            if reading is not None:
                return Measured(reading, self.clock.at - self.begun_at - 1.0 - WALK_S)
        raise AssertionError("no reading in eight seconds")


@pytest.mark.parametrize("core_c", [36.4, 37.3, 38.8], ids=["normal", "threshold", "fever"])
@pytest.mark.parametrize("ambient_c", [15.0, 22.0, 28.0], ids=["cool", "room", "warm"])
def test_the_body_temperature_is_within_its_stated_uncertainty(core_c: float, ambient_c: float) -> None:
    found = [Stand(seed, SensorScript(ambient_c=ambient_c), core_c).measure().reading for seed in range(60)]
    inside = [abs(reading.body_c - core_c) <= reading.uncertainty_c for reading in found]
    assert sum(inside) >= 0.95 * len(inside)
    mean = sum(reading.body_c - core_c for reading in found) / len(found)
    assert abs(mean) < 0.06


@pytest.mark.parametrize(
    ("config", "period_s", "half", "nearly_all"),
    [
        pytest.param(0x9FB4, 0.085, 0.25, 0.30, id="no averaging"),
        pytest.param(0x9FB4, 0.068, 0.22, 0.27, id="no averaging, period a fifth shorter"),
        pytest.param(0x9FB4, 0.102, 0.29, 0.34, id="no averaging, period a fifth longer"),
        pytest.param(0x9FB0, 0.085, 1.05, 1.20, id="half weight, the slowest that is usual"),
    ],
)
def test_a_reading_comes_soon_after_the_forehead_fills_the_field(
    config: int, period_s: float, half: float, nearly_all: float
) -> None:
    times = sorted(Stand(seed, SensorScript(config=config), period_s=period_s).measure().after_s for seed in range(200))
    assert times[100] <= half
    assert times[190] <= nearly_all


def test_a_unit_with_wrong_checksums_measures_as_well() -> None:
    measured = Stand(5, SensorScript(pec_right=False)).measure()
    assert measured.reading.body_c == pytest.approx(36.6, abs=0.4)


def test_an_absent_sensor_is_lost_at_every_look() -> None:
    stand = Stand(1, SensorScript(present=False))
    for _ in range(3):
        with pytest.raises(DeviceLost):
            stand.look()


def test_after_a_loss_the_unit_is_probed_and_the_person_measured_anew() -> None:
    stand = Stand(2, SensorScript())
    first = stand.measure().reading
    stand.cable.pulled = True
    with pytest.raises(DeviceLost):
        stand.look()
    stand.cable.pulled = False
    seen = stand.look()
    assert seen.reading is None
    again = stand.measure().reading
    assert again.began_at > first.at
