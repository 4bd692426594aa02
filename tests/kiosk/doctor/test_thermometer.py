"""The thermometer's examination, over the simulated chip's bytes in virtual time."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.mlx90614 import Mlx90614, RawPair, Unit
from drivers.simulated.bus import ChipBus, SimulatedBus
from drivers.simulated.script import Script, SensorScript
from drivers.simulated.sensor import SensorChip
from kiosk.doctor import thermometer
from kiosk.doctor.findings import Finding, State
from kiosk.errors import DeviceFault, DeviceLost
from tests.drivers.worlds import MovedClock, living_world

ROOM_C = 22.0
WELL = Unit("0011223344556677", 0x9FB4, pec_right=True)


def examined(
    script: SensorScript, *, scene: Callable[[float], float] = lambda _: ROOM_C, ambient_c: float = ROOM_C
) -> Finding:
    """What is found of a simulated chip."""
    clock = MovedClock()
    chip = SensorChip(script, 1, scene=scene, ambient=lambda _: ambient_c)
    bus = ChipBus(chip, clock.monotonic)
    (found,) = thermometer.examine(lambda: Mlx90614(bus, pause=clock.move), clock, clock.move)
    return found


class FakeSensor:
    """A unit that says what the test gives it, one read after the other, round and round."""

    def __init__(self, *reads: RawPair | Exception, unit: Unit | Exception = WELL) -> None:
        self._reads = reads
        self._unit = unit
        self._count = 0
        self.closed = False

    def probe(self) -> Unit:
        if isinstance(self._unit, Exception):
            raise self._unit
        return self._unit

    def read(self) -> RawPair:
        answer = self._reads[self._count % len(self._reads)]
        self._count += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


def examined_fake(sensor: FakeSensor) -> Finding:
    clock = MovedClock()
    (found,) = thermometer.examine(lambda: sensor, clock, clock.move)
    assert sensor.closed
    return found


def test_a_good_unit_is_fit_and_measured() -> None:
    found = examined(SensorScript())
    assert (found.state, found.advice) == (State.FIT, "")
    measured = found.measured
    assert (measured["iir_code"], measured["fir_code"], measured["pec_right"]) == (4, 7, True)
    assert measured["config"] == "0x9fb4"
    assert len(measured["identity"]) == 16
    assert measured["ambient_c"] == pytest.approx(ROOM_C, abs=0.05)
    # The chip's noise is 0.05 and its period 85 ms; the doctor finds both out by looking.
    assert 0.02 < measured["noise_c"] < 0.09
    assert 70 <= measured["update_ms"] <= 105


@pytest.mark.parametrize(
    ("script", "ambient_c", "state", "said", "advised"),
    [
        (SensorScript(present=False), 22, State.ABSENT, "not found", "Check its four wires"),
        (SensorScript(pec_right=False), 22, State.FIT, "checksums are wrong", "It can stay"),
        (SensorScript(config=0x9FB0), 22, State.UNFIT, "IIR code 0", "--iir 4"),
        (SensorScript(config=0x9CB4), 22, State.FIT, "FIR code 4", "FIR 1024"),
        (SensorScript(), 5, State.UNFIT, "outside 14 to 32", "indoors"),
        (SensorScript(), 38, State.UNFIT, "outside 14 to 32", "indoors"),
        (SensorScript(pec_right=False, config=0x9FB0), 22, State.UNFIT, "checksums are wrong", "--iir 4"),
    ],
    ids=["no-sensor", "wrong-pec", "iir-0", "fir-4", "cold", "hot", "two-faults"],
)
def test_a_faulty_unit_is_judged_with_what_to_do(
    script: SensorScript, ambient_c: float, state: State, said: str, advised: str
) -> None:
    found = examined(script, scene=lambda _: ambient_c, ambient_c=ambient_c)
    assert found.state is state
    assert said in found.detail
    assert advised in found.advice
    assert found.in_order is (state is State.FIT)


def test_the_slow_filters_delay_is_said_in_seconds() -> None:
    assert "a reading takes 0.8 s longer" in examined(SensorScript(config=0x9FB0)).detail


def test_a_unit_whose_values_never_agree_is_noisy() -> None:
    found = examined(SensorScript(), scene=lambda at: ROOM_C + 2 * math.sin(17 * at))
    assert found.state is State.UNFIT
    assert "never agree" in found.detail
    assert "empty" in found.advice


@pytest.mark.parametrize(
    ("sensor", "state", "said"),
    [
        (FakeSensor(RawPair(14757, 14757)), State.UNFIT, "always the same value"),
        (FakeSensor(RawPair(14757, 14757), RawPair(14758, 14757), DeviceLost("away")), State.UNFIT, "reads failed"),
        (FakeSensor(DeviceFault("the value is flagged")), State.UNFIT, "answers wrongly: the value is flagged"),
        (FakeSensor(unit=DeviceFault("the bus is disturbed")), State.UNFIT, "answers wrongly: the bus is disturbed"),
        (FakeSensor(unit=DeviceLost("does not answer")), State.ABSENT, "not found: does not answer"),
    ],
    ids=["stuck", "dropouts", "every-read-flagged", "disturbed", "gone"],
)
def test_a_unit_that_fails_is_judged_and_let_go(sensor: FakeSensor, state: State, said: str) -> None:
    found = examined_fake(sensor)
    assert found.state is state
    assert said in found.detail
    assert found.advice


def test_a_bus_that_is_not_there_is_an_absent_thermometer() -> None:
    def no_bus() -> Mlx90614:
        raise DeviceLost("the I2C bus 1 cannot be opened: No such file or directory")

    clock = MovedClock()
    (found,) = thermometer.examine(no_bus, clock, clock.move)
    assert found.state is State.ABSENT
    assert not found.in_order
    assert "bus 1" in found.detail


@pytest.mark.parametrize(("wanted", "state"), [(True, State.UNFIT), (False, State.ABSENT)], ids=["asked-for", "not"])
def test_none_configured_is_in_order_unless_the_policy_asks_for_the_temperature(wanted: bool, state: State) -> None:
    (found,) = thermometer.not_configured(wanted=wanted)
    assert found.state is state
    assert found.in_order is not wanted
    assert bool(found.advice) is wanted


def test_a_unit_in_a_living_world_is_found(tmp_path: Path) -> None:
    clock = MovedClock()
    with living_world(Script(sensor=SensorScript(config=0x9FB0)), tmp_path / "w.sock"):
        (found,) = thermometer.examine(lambda: Mlx90614(SimulatedBus(tmp_path / "w.sock")), clock, clock.move)
    assert found.measured["iir_code"] == 0


def test_a_unit_whose_emissivity_was_written_cannot_be_put_right() -> None:
    written = Unit("0011223344556677", 0x9FB4, pec_right=True, emissivity=0xFAE1)
    (found,) = judged_unit(written)
    assert found.state is State.UNFIT
    assert "Take another unit" in found.advice


def judged_unit(unit: Unit) -> list[Finding]:
    clock = MovedClock()
    reads = [RawPair(0x3AD2 + step % 2, 0x39B0) for step in range(20)]
    return list(thermometer.examine(lambda: FakeSensor(*reads, unit=unit), clock, clock.move))
