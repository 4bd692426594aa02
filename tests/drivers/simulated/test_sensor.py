import errno
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import i2c_msg

from drivers.mlx90614 import ADDRESS, AMBIENT, CONFIG, OBJECT, OBJECT_RANGE, pec
from drivers.simulated.bus import ChipBus
from drivers.simulated.protocol import Segment
from drivers.simulated.script import SensorScript
from drivers.simulated.sensor import PERIOD_S, SensorChip


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
