"""Changing the chip's filters, over the bytes of the simulated chip."""

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smbus2 import i2c_msg

from drivers.filter_setting import CONFIG, FILTER_BITS, Filter
from drivers.mlx90614 import EMISSIVITY, Mlx90614
from drivers.simulated.bus import ChipBus, segments_of
from drivers.simulated.script import SensorScript
from drivers.simulated.sensor import PERIOD_S, SensorChip
from kiosk.errors import DeviceFault, DeviceLost, UsageError
from tests.drivers.worlds import MovedClock
from tests.examples import examples


class Bench:
    """A chip on a bus that fails where the test says: `failing` are numbers of writes that nobody acknowledges."""

    def __init__(self, config: int = 0x9FB0, *, pec_right: bool = True, failing: frozenset[int] = frozenset()) -> None:
        self.clock = MovedClock()
        script = SensorScript(config=config, pec_right=pec_right, nack=0.0)
        self.chip = SensorChip(script, 1, scene=lambda _: 34.0, ambient=lambda _: 22.0)
        self.sensor = Mlx90614(self, pause=self.clock.move)
        self._bus = ChipBus(self.chip, self.clock.monotonic)
        self._failing = failing
        self.writes = 0

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        if len(segments_of(i2c_msgs)) == 1:
            self.writes += 1
            if self.writes in self._failing:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._bus.i2c_rdwr(*i2c_msgs)

    def close(self) -> None:
        self._bus.close()


def test_a_filter_is_stored_and_taken_up_with_the_next_power() -> None:
    bench = Bench(0x9FB0)
    assert bench.sensor.set_filter(Filter(4, 7)) == 0x9FB4
    assert bench.chip.cells[CONFIG] == 0x9FB4
    assert bench.sensor.unit.iir_code == 4

    def after_a_step() -> int:
        bench.clock.move(5.0)
        return bench.sensor.read().object

    slow = after_a_step()
    bench.chip.power_cycle()
    bench.clock.move(PERIOD_S * 2)
    assert after_a_step() == pytest.approx(slow, abs=20)


def test_the_filter_that_is_there_already_is_not_written() -> None:
    bench = Bench(0x9FB4)
    assert bench.sensor.set_filter(Filter(4, 7)) == 0x9FB4
    assert bench.writes == 0


def test_a_unit_with_wrong_checksums_can_be_set_too() -> None:
    bench = Bench(0x9FB0, pec_right=False)
    assert bench.sensor.set_filter(Filter(4, 7)) == 0x9FB4


@pytest.mark.parametrize("failing", [{1}, {2}, {2, 3}, {2, 4}], ids=["erase", "write", "write and erase", "write twice"])
def test_what_fails_on_the_way_leaves_the_former_configuration(failing: set[int]) -> None:
    bench = Bench(0x9FB0, failing=frozenset(failing))
    with pytest.raises(DeviceFault, match="the former configuration is back"):
        bench.sensor.set_filter(Filter(4, 7))
    assert bench.chip.cells[CONFIG] == 0x9FB0


def test_a_configuration_that_cannot_be_put_back_is_named() -> None:
    bench = Bench(0x9FB0, failing=frozenset(range(2, 100)))
    with pytest.raises(DeviceFault, match="0x9fb0 put back"):
        bench.sensor.set_filter(Filter(4, 7))


@pytest.mark.parametrize("config", [0x0000, 0xFFFF], ids=["erased", "nobody answers"])
def test_a_configuration_that_is_none_is_not_changed(config: int) -> None:
    bench = Bench(config)
    with pytest.raises(DeviceFault, match="certainty"):
        bench.sensor.set_filter(Filter(4, 7))
    assert bench.writes == 0


def test_without_an_answer_nothing_is_written() -> None:
    bench = Bench()
    absent = Mlx90614(
        ChipBus(SensorChip(SensorScript(present=False), 1, scene=lambda _: 0, ambient=lambda _: 0), bench.clock.monotonic),
        pause=bench.clock.move,
    )
    with pytest.raises(DeviceLost):
        absent.set_filter(Filter(4, 7))


@pytest.mark.parametrize(("iir", "fir"), [(8, 7), (-1, 7), (4, 3), (4, 8)], ids=["iir 8", "iir -1", "fir 3", "fir 8"])
def test_codes_that_the_chip_does_not_have_are_refused(iir: int, fir: int) -> None:
    with pytest.raises(UsageError, match="code"):
        Filter(iir, fir)


@given(
    iir=st.integers(0, 7),
    fir=st.integers(4, 7),
    config=st.integers(1, 0xFFFE),
    failing=st.frozensets(st.integers(1, 8)),
)
@settings(max_examples=examples(2), deadline=None)
def test_whatever_is_asked_and_whatever_fails_no_other_bit_of_the_eeprom_changes(
    iir: int, fir: int, config: int, failing: frozenset[int]
) -> None:
    bench = Bench(config, failing=failing)
    factory = bench.chip.cells
    try:
        bench.sensor.set_filter(Filter(iir, fir))
    except DeviceFault as error:
        whole = "put back" not in str(error)
    else:
        whole = True
    cells = bench.chip.cells
    assert set(bench.chip.written) <= {CONFIG}
    assert cells[EMISSIVITY] == 0xFFFF
    assert {**cells, CONFIG: 0} == {**factory, CONFIG: 0}
    if whole:
        assert (cells[CONFIG] ^ config) & ~FILTER_BITS == 0
