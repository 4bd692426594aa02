import errno
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import i2c_msg

from drivers.filter_setting import CONFIG
from drivers.mlx90614 import (
    ADDRESS,
    AMBIENT,
    EMISSIVITY,
    FLAGS,
    IDENTITY,
    OBJECT,
    Mlx90614,
    to_celsius,
)
from drivers.simulated.bus import fill, segments_of
from drivers.smbus import RETRY_AFTER_S, open_bus, pec, read_pec
from kiosk.errors import DeviceFault, DeviceLost

WORDS = {
    OBJECT: 0x3C8D,
    AMBIENT: 0x39B0,
    CONFIG: 0x9FB4,
    EMISSIVITY: 0xFFFF,
    FLAGS: 0x0010,
    **dict.fromkeys(IDENTITY, 0x1234),
}
Corruption = Callable[[int, int], int]


class ScriptedBus:
    """Answers with words by command. `failures` are raised first; `corrupt` changes the n-th answer's PEC."""

    def __init__(self, words: dict[int, int] | None = None, failures: list[int] | None = None) -> None:
        self.words = WORDS | (words or {})
        self.failures = failures or []
        self.corrupt: Corruption = lambda _, checksum: checksum
        self.wire: list[tuple[int, bytes, int]] = []
        self.sequences: dict[int, list[int]] = {}
        self.closed = False

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        write, read = segments_of(i2c_msgs)
        self.wire.append((write.address, write.write, read.read))
        if self.failures:
            raise OSError(self.failures.pop(0), "scripted")
        command = write.write[0]
        queued = self.sequences.get(command)
        low, high = (queued.pop(0) if queued else self.words[command]).to_bytes(2, "little")
        checksum = self.corrupt(len(self.wire), read_pec(write.address, command, low, high))
        fill(i2c_msgs, [bytes((low, high, checksum))])

    def close(self) -> None:
        self.closed = True


def sensor(bus: ScriptedBus) -> Mlx90614:
    return Mlx90614(bus, pause=lambda seconds: None)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        pytest.param("b4 ff", 0xE8, id="sleep command, data sheet"),
        pytest.param("00 2e 00 00", 0x6F, id="erase of cell 0x2E at address 0, data sheet"),
        pytest.param("b4 07 b5 d2 3a", 0x30, id="read of the object temperature, data sheet's example"),
        pytest.param("", 0x00, id="nothing"),
    ],
)
def test_the_checksum_is_that_of_the_data_sheet(wire: str, expected: int) -> None:
    assert pec(bytes.fromhex(wire)) == expected


@given(st.binary(min_size=1, max_size=6))
def test_bytes_followed_by_their_checksum_have_checksum_zero(wire: bytes) -> None:
    assert pec(wire + bytes([pec(wire)])) == 0


@given(st.binary(min_size=5, max_size=5), st.integers(0, 39))
def test_a_flipped_bit_changes_the_checksum(wire: bytes, bit: int) -> None:
    flipped = bytearray(wire)
    flipped[bit // 8] ^= 1 << bit % 8
    assert pec(bytes(flipped)) != pec(wire)


def test_a_read_is_one_transaction_of_a_command_and_three_bytes() -> None:
    bus = ScriptedBus()
    thermometer = sensor(bus)
    thermometer.probe()
    bus.wire.clear()
    pair = thermometer.read()
    assert bus.wire == [(ADDRESS, bytes([OBJECT]), 3), (ADDRESS, bytes([AMBIENT]), 3)]
    assert pair.object_c == pytest.approx(36.87)
    assert pair.ambient_c == pytest.approx(22.21)


def test_probing_tells_identity_filters_and_that_the_checksum_is_right() -> None:
    bus = ScriptedBus({word: 0xA0 + number for number, word in enumerate(IDENTITY)})
    unit = sensor(bus).probe()
    assert unit.identity == "00a300a200a100a0"
    assert (unit.config, unit.iir_code, unit.fir_code, unit.pec_right) == (0x9FB4, 4, 7, True)


@pytest.mark.parametrize(
    ("raw", "celsius"), [(0x27AD, -70.01), (0x7FFF, 382.19), (0x3AD2, 28.01)], ids=["lowest", "highest", "room"]
)
def test_raw_values_are_fiftieths_of_a_kelvin(raw: int, celsius: float) -> None:
    assert to_celsius(raw) == pytest.approx(celsius, abs=0.006)


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        pytest.param(0xFFFF, "flags", id="all ones, 1037 degrees"),
        pytest.param(0x8000 | 0x3C8D, "flags", id="error flag"),
        pytest.param(0x27AC, "out of range", id="below the range"),
        pytest.param(0x0000, "out of range", id="all zeros"),
    ],
)
def test_a_wrong_value_is_a_fault(word: int, fault: str) -> None:
    with pytest.raises(DeviceFault, match=fault):
        sensor(ScriptedBus({OBJECT: word})).read()


def test_a_wrong_checksum_from_a_unit_that_is_usually_right_is_a_fault() -> None:
    bus = ScriptedBus()
    thermometer = sensor(bus)
    thermometer.probe()
    bus.corrupt = lambda _, checksum: checksum ^ 1
    with pytest.raises(DeviceFault, match="checksum"):
        thermometer.read()


def test_a_unit_whose_checksum_is_always_wrong_is_read_until_it_repeats() -> None:
    bus = ScriptedBus()
    bus.corrupt = lambda _, checksum: checksum ^ 0x11
    thermometer = sensor(bus)
    assert not thermometer.probe().pec_right
    bus.sequences[OBJECT] = [0x3C00, 0x3C10, 0x3C10]
    assert thermometer.read().object == 0x3C10


def test_a_unit_without_right_checksum_that_never_repeats_is_a_fault() -> None:
    bus = ScriptedBus()
    bus.corrupt = lambda _, checksum: checksum ^ 0x11
    thermometer = sensor(bus)
    thermometer.probe()
    bus.sequences[OBJECT] = [0x3C00, 0x3C01, 0x3C02, 0x3C03]
    with pytest.raises(DeviceFault, match="repeat"):
        thermometer.read()


def test_a_checksum_that_is_right_at_times_is_a_disturbed_bus() -> None:
    bus = ScriptedBus()
    bus.corrupt = lambda count, checksum: checksum ^ (count == 3)
    with pytest.raises(DeviceFault, match="disturbed"):
        sensor(bus).probe()


def test_one_unacknowledged_read_is_tried_again_after_a_pause() -> None:
    bus, pauses = ScriptedBus(), list[float]()
    thermometer = Mlx90614(bus, pause=pauses.append)
    thermometer.probe()
    bus.failures = [errno.EREMOTEIO]
    assert thermometer.read().object == WORDS[OBJECT]
    assert len(pauses) == 1
    assert 0.001 <= pauses[0] <= 0.005


@pytest.mark.parametrize(
    ("failures", "reads"),
    [
        pytest.param([errno.EREMOTEIO] * 3, 3, id="not acknowledged three times"),
        pytest.param([errno.ETIMEDOUT], 1, id="stuck, and nothing frees it"),
        pytest.param([errno.EIO], 1, id="bus error"),
        pytest.param([errno.ENODEV], 1, id="adapter gone"),
    ],
)
def test_a_bus_that_fails_is_a_lost_device(failures: list[int], reads: int) -> None:
    bus = ScriptedBus(failures=failures)
    with pytest.raises(DeviceLost):
        sensor(bus).probe()
    assert len(bus.wire) == reads


def test_a_device_that_has_lost_its_place_is_asked_again_once_its_time_is_out() -> None:
    bus, pauses = ScriptedBus(failures=[errno.EREMOTEIO, errno.ENXIO]), list[float]()
    Mlx90614(bus, pause=pauses.append).probe()
    assert pauses == list(RETRY_AFTER_S)
    assert pauses[-1] > 0.035


def test_a_stuck_bus_is_freed_once_and_the_read_goes_on() -> None:
    bus, freed = ScriptedBus(failures=[errno.ETIMEDOUT]), iter([True])
    assert Mlx90614(bus, pause=lambda _: None, free=lambda: next(freed)).probe().pec_right
    assert list(freed) == []


def test_a_bus_that_is_stuck_again_at_once_is_lost() -> None:
    bus = ScriptedBus(failures=[errno.ETIMEDOUT, errno.ETIMEDOUT])
    with pytest.raises(DeviceLost, match="fails"):
        Mlx90614(bus, pause=lambda _: None, free=lambda: True).probe()


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (0x0010, (False, False, False)),
        (0x0090, (True, False, False)),
        (0x0030, (False, True, False)),
        (0, (False, False, True)),
    ],
    ids=["well", "storing", "EEPROM dead", "starting"],
)
def test_flags_tell_the_chips_own_state(word: int, state: tuple[bool, bool, bool]) -> None:
    flags = sensor(ScriptedBus({FLAGS: word})).flags()
    assert (flags.busy, flags.dead, flags.starting) == state


def test_a_bus_that_is_not_there_is_a_lost_device() -> None:
    with pytest.raises(DeviceLost, match="bus 4711"):
        open_bus(4711)


def test_closing_lets_go_of_the_bus() -> None:
    bus = ScriptedBus()
    sensor(bus).close()
    assert bus.closed
