"""A camera's controls: the right numbers in the right order, and one that a camera lacks is no reason not to use it."""

import struct
from pathlib import Path

import pytest

from drivers import v4l2
from drivers.v4l2 import Controls
from tests.captured_lines import capture_logs


class Device:
    """Takes what is set, and refuses some controls as a driver does."""

    def __init__(self, *refused: int) -> None:
        self.refused = refused
        self.set: list[tuple[int, int]] = []

    def ask(self, request: bytes) -> None:
        control, value = struct.unpack("Ii", request)
        if control in self.refused:
            raise OSError(22, "Invalid argument")
        self.set.append((control, value))


def test_nothing_is_touched_where_nothing_is_wanted() -> None:
    assert v4l2.apply(Controls(), 99) == ()


def test_each_automatic_is_switched_off_before_its_value_is_set() -> None:
    device = Device()
    assert v4l2._set(Controls(exposure=80, focus=30, gain=0, power_line_hz=50).values(), device.ask) == ()
    assert device.set == [
        (0x00980918, 1),
        (0x009A0901, 1),
        (0x009A0902, 80),
        (0x009A090C, 0),
        (0x009A090A, 30),
        (0x00980912, 0),
        (0x00980913, 0),
    ]


def test_a_control_that_the_camera_lacks_is_named_and_the_others_are_set() -> None:
    device = Device(v4l2.FOCUS, v4l2.AUTO_FOCUS, v4l2.AUTO_EXPOSURE)
    with capture_logs() as said:
        refused = v4l2._set(Controls(exposure=80, focus=30).values(), device.ask)
    assert refused == ("focus",)
    assert device.set == [(v4l2.EXPOSURE, 80)]
    assert [(line["event"], line["control"]) for line in said] == [("camera control refused", "focus")]


@pytest.mark.skipif(Path("/dev/video63").exists(), reason="there is such a camera")
def test_a_camera_that_is_not_there_has_none_of_them() -> None:
    with capture_logs() as said:
        assert v4l2.apply(Controls(exposure=80, power_line_hz=60), 63) == ("power_line_hz", "exposure")
    assert [line["event"] for line in said] == ["camera controls not set"]


def test_the_request_is_the_kernels() -> None:
    header = Path("/usr/include/linux/videodev2.h")
    # _IOWR('V', 28, struct v4l2_control), whose two members are four bytes each.
    assert (3 << 30) | (8 << 16) | (ord("V") << 8) | 28 == v4l2.SET_CONTROL
    assert not header.exists() or "VIDIOC_S_CTRL" in header.read_text(encoding="utf-8")
