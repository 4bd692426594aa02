import errno
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import i2c_msg

from drivers.filter_setting import CONFIG
from drivers.mlx90614 import ADDRESS, AMBIENT, FLAGS, OBJECT, OBJECT_RANGE
from drivers.simulated.bus import ChipBus
from drivers.simulated.protocol import Segment
from drivers.simulated.script import FaultScript, SensorScript
from drivers.simulated.sensor import PERIOD_S, SensorChip
from drivers.smbus import pec, write_frame


def chip(script: SensorScript | None = None, seed: int = 1, scene_c: float = 34.0) -> SensorChip:
    return SensorChip(script or SensorScript(), seed, scene=lambda at: scene_c, ambient=lambda at: 22.0)


def ask(sensor: SensorChip, command: int, now: float) -> bytes:
    return sensor.transfer((Segment(ADDRESS, write=bytes([command])), Segment(ADDRESS, read=3)), now)[0]


def celsius(answer: bytes) -> float:
    return int.from_bytes(answer[:2], "little") * 0.02 - 273.15


@given(st.sampled_from([OBJECT, AMBIENT, CONFIG]), st.integers(0, 2**16))
def test_every_answer_carries_its_checksum(command: int, seed: int) -> None:
    answer = ask(chip(seed=seed), command, 5.0)
    assert pec(bytes((ADDRESS << 1, command, ADDRESS << 1 | 1, *answer))) == 0


def test_a_part_with_wrong_checksums_gets_every_one_wrong() -> None:
    sensor = chip(SensorScript(pec_right=False))
    for number in range(20):
        answer = ask(sensor, OBJECT, 5.0 + 0.1 * number)
        assert pec(bytes((ADDRESS << 1, OBJECT, ADDRESS << 1 | 1, *answer))) != 0


def test_values_lie_around_the_scene_with_the_noise_stated() -> None:
    sensor = chip()
    values = [celsius(ask(sensor, OBJECT, 5.0 + PERIOD_S * 1.5 * number)) for number in range(400)]
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    assert mean == pytest.approx(34.0, abs=0.02)
    assert deviation == pytest.approx(0.05, abs=0.01)


def test_a_value_stands_until_the_chip_has_a_new_one() -> None:
    sensor = chip()
    seen = [ask(sensor, OBJECT, 5.0 + 0.005 * number) for number in range(1000)]
    runs = 1 + sum(before != after for before, after in pairwise(seen))
    # Five seconds at one value every 85 ms; now and then a new value equals the one before.
    assert 45 <= runs <= 60


def test_a_step_shows_at_once_without_averaging_and_slowly_with_it() -> None:
    def after_step(config: int) -> float:
        sensor = SensorChip(
            SensorScript(config=config), 1, scene=lambda at: 34.0 if at > 10 else 22.0, ambient=lambda at: 22.0
        )
        ask(sensor, OBJECT, 9.95)
        return celsius(ask(sensor, OBJECT, 10.0 + 2 * PERIOD_S))

    assert after_step(0x9FB4) == pytest.approx(34.0, abs=0.3)
    assert after_step(0x9FB0) < 32.0


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param((Segment(0x33, write=b"\x07"), Segment(0x33, read=3)), id="another address"),
        pytest.param((Segment(ADDRESS, write=b"\x66"), Segment(ADDRESS, read=3)), id="unknown command"),
        pytest.param((Segment(ADDRESS, write=b"\x07"), Segment(ADDRESS, read=2)), id="without checksum"),
        pytest.param((Segment(ADDRESS, write=b"\x07\x00\x00\x00"),), id="a write"),
        pytest.param((), id="nothing"),
    ],
)
def test_what_the_chip_does_not_know_is_not_acknowledged(segments: tuple[Segment, ...]) -> None:
    with pytest.raises(OSError, match="Remote I/O") as caught:
        chip().transfer(segments, 5.0)
    assert caught.value.errno == errno.EREMOTEIO


def test_an_absent_chip_acknowledges_nothing() -> None:
    with pytest.raises(OSError, match="Remote I/O"):
        ask(chip(SensorScript(present=False)), OBJECT, 5.0)


def test_reads_close_together_sometimes_fail_and_others_never() -> None:
    def failures(apart_s: float) -> int:
        sensor, count = chip(SensorScript(nack=0.05)), 0
        for number in range(2000):
            try:
                ask(sensor, OBJECT, 5.0 + apart_s * number)
            except OSError:
                count += 1
        return count

    assert 50 <= failures(0.0005) <= 150
    assert failures(0.002) == 0


def test_the_same_seed_gives_the_same_bytes() -> None:
    def run(seed: int) -> list[bytes]:
        sensor = chip(seed=seed)
        return [ask(sensor, OBJECT, 5.0 + 0.04 * number) for number in range(50)]

    assert run(7) == run(7)
    assert run(7) != run(8)


@given(st.floats(-60, 300))
def test_any_scene_gives_a_word_in_range(scene_c: float) -> None:
    word = int.from_bytes(ask(chip(scene_c=scene_c), OBJECT, 5.0)[:2], "little")
    assert word in OBJECT_RANGE


def test_a_bus_in_virtual_time_fills_the_messages_of_smbus2() -> None:
    write, read = i2c_msg.write(ADDRESS, [CONFIG]), i2c_msg.read(ADDRESS, 3)
    ChipBus(chip(), lambda: 5.0).i2c_rdwr(write, read)
    assert list(bytes(read)[:2]) == [0xB4, 0x9F]


@pytest.mark.parametrize(
    ("kind", "number"), [("nack", errno.EREMOTEIO), ("stuck", errno.ETIMEDOUT)], ids=["not acknowledged", "stuck"]
)
def test_a_fault_of_the_bus_lasts_as_long_as_the_script_says(kind: Literal["nack", "stuck"], number: int) -> None:
    sensor = chip(SensorScript(faults=(FaultScript(kind=kind, after_s=1.0, for_s=2.0),)))
    ask(sensor, OBJECT, 5.0)
    with pytest.raises(OSError) as caught:
        ask(sensor, OBJECT, 6.5)
    assert caught.value.errno == number
    assert celsius(ask(sensor, OBJECT, 8.5)) == pytest.approx(34.0, abs=0.5)


@pytest.mark.parametrize(
    ("kind", "word", "right"),
    [("error_flag", 0x8000, True), ("all_ones", 0xFFFF, False), ("wrong_pec", 0x0000, False)],
    ids=["error flag", "all ones", "wrong checksum"],
)
def test_a_fault_of_the_chip_shows_in_its_bytes(
    kind: Literal["error_flag", "all_ones", "wrong_pec"], word: int, right: bool
) -> None:
    answer = ask(chip(SensorScript(faults=(FaultScript(kind=kind),))), OBJECT, 5.0)
    assert int.from_bytes(answer[:2], "little") & word == word
    assert (pec(bytes((ADDRESS << 1, OBJECT, ADDRESS << 1 | 1, *answer))) == 0) == right


def write(sensor: SensorChip, command: int, word: int, now: float) -> None:
    sensor.transfer((Segment(ADDRESS, write=write_frame(ADDRESS, command, word)),), now)


def test_a_cell_that_was_not_erased_keeps_the_bits_that_it_had() -> None:
    sensor = chip(SensorScript(config=0x9FB0))
    write(sensor, CONFIG, 0x0704, 5.0)
    assert sensor.cells[CONFIG] == 0x9FB4
    write(sensor, CONFIG, 0, 5.1)
    write(sensor, CONFIG, 0x0704, 5.2)
    assert sensor.cells[CONFIG] == 0x0704


def test_while_a_cell_is_stored_the_flags_say_so_and_the_eeprom_answers_nobody() -> None:
    sensor = chip(SensorScript(nack=0.0))
    write(sensor, CONFIG, 0, 5.0)
    assert ask(sensor, FLAGS, 5.002)[0] & 0x80
    with pytest.raises(OSError):
        ask(sensor, CONFIG, 5.003)
    assert not ask(sensor, FLAGS, 5.02)[0] & 0x80
    assert ask(sensor, CONFIG, 5.03)[:2] == b"\x00\x00"


def test_another_address_is_the_units_own() -> None:
    sensor = chip(SensorScript(address=0x33))
    assert sensor.transfer((Segment(0x33, write=bytes([OBJECT])), Segment(0x33, read=3)), 5.0)
    with pytest.raises(OSError):
        ask(sensor, OBJECT, 6.0)
