"""The ring of pictures itself; what it does for cameras and for the mirror is tried with them."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.errors import DeviceLost
from kiosk.frame_ring import NOTE, RingReader, RingWriter, shared_path
from tests.examples import examples

MAGIC = b"TESTRING"
SHAPE = (2, 3, 3)
BYTES = 18


def picture(level: int) -> memoryview:
    return memoryview(bytes([level]) * BYTES)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RingWriter]:
    writer = RingWriter("ring", MAGIC, slots=2, directory=tmp_path)
    yield writer
    writer.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[RingReader]:
    reader = RingReader("ring", MAGIC, directory=tmp_path)
    yield reader
    reader.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(0.5))
@given(pixels=st.binary(min_size=BYTES, max_size=BYTES), note=st.binary(max_size=NOTE), later=st.floats(0.001, 1e6))
def test_a_picture_is_read_as_it_was_written(
    writer: RingWriter, reader: RingReader, pixels: bytes, note: bytes, later: float
) -> None:
    writer.publish(memoryview(pixels), SHAPE, later, note)
    times = reader.times()
    newest = max(times)
    assert times[newest] == later
    frame = reader.copy(newest)
    assert frame is not None
    assert (frame.shape, frame.captured_at, bytes(frame.pixels), frame.note) == (SHAPE, later, pixels, note)


def test_a_picture_that_was_overwritten_is_none(writer: RingWriter, reader: RingReader) -> None:
    writer.publish(picture(1), SHAPE, 1.0)
    (first,) = reader.times()
    for level in (2, 3):
        writer.publish(picture(level), SHAPE, 1.0)
    assert reader.copy(first) is None
    assert sorted(reader.times()) == [first + 1, first + 2]


def test_a_note_too_long_is_cut(writer: RingWriter, reader: RingReader) -> None:
    writer.publish(picture(1), SHAPE, 1.0, b"n" * (NOTE + 9))
    frame = reader.copy(max(reader.times()))
    assert frame is not None
    assert frame.note == b"n" * NOTE


def test_pictures_of_another_shape_come_after_those_before(writer: RingWriter, reader: RingReader) -> None:
    writer.publish(picture(1), SHAPE, 1.0)
    (before,) = reader.times()
    writer.publish(memoryview(bytes(27)), (3, 3, 3), 1.1)
    with pytest.raises(DeviceLost):
        reader.copy(before)
    frame = reader.copy(max(reader.times()))
    assert frame is not None
    assert frame.shape == (3, 3, 3)
    assert frame.index > before


def test_a_writer_that_closed_begins_anew(writer: RingWriter, reader: RingReader, tmp_path: Path) -> None:
    writer.publish(picture(1), SHAPE, 1.0)
    (before,) = reader.times()
    writer.close()
    writer.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DeviceLost):
        reader.times()
    writer.publish(picture(2), SHAPE, 2.0)
    (after,) = reader.times()
    assert after > before


def test_where_memory_is_short_it_is_an_error_and_nothing_stays_behind(writer: RingWriter, tmp_path: Path) -> None:
    """A ring of this shape is more than any machine has: the pages are reserved before they are touched."""
    with pytest.raises(OSError) as raised:
        writer.publish(memoryview(b""), (2**31 - 1, 2**31 - 1, 1), 1.0)
    assert raised.value.errno in (errno.ENOSPC, errno.EFBIG, errno.ENOMEM, errno.EINVAL)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_memorys_place_is_not_followed(reader: RingReader, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(bytes(8192))
    shared_path("ring", tmp_path).symlink_to(elsewhere)
    with pytest.raises(DeviceLost):
        reader.times()


def test_a_memory_that_its_user_replaced_is_found_when_looked_for(reader: RingReader, tmp_path: Path) -> None:
    killed, successor = (RingWriter("ring", MAGIC, slots=2, directory=tmp_path) for _ in range(2))
    killed.publish(picture(1), SHAPE, 1.0)
    assert len(reader.times()) == 1
    successor.publish(picture(2), SHAPE, 2.0)
    assert list(reader.times().values()) == [1.0]
    reader.look_again()
    assert list(reader.times().values()) == [2.0]
    killed.close()
    assert list(reader.times().values()) == [2.0], "the dead one's end took the living one's memory away"
    assert [path.name for path in tmp_path.iterdir()] == ["gatepost-ring"]
    assert (tmp_path / "gatepost-ring").stat().st_mode & 0o777 == 0o600
    successor.close()
