"""The camera: whether it opens, what it shows, how often, and how long a frame takes to decode."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from drivers.camera import Frame
from drivers.qr import decode
from kiosk.doctor.findings import Finding, PartName, absent, finding, fit, unfit
from kiosk.errors import DeviceLost, UsageError
from kiosk.ports import Clock
from kiosk.units import Seconds

FIRST_WITHIN = Seconds(4.0)
LOOK_FOR = Seconds(1.5)
DECODED = 3
DARK, BLINDED = 10.0, 245.0
"""Mean of the grey values, of 255: a lens cap gives 0 to 5, the sun 250 and more."""
SHARE_OF_FPS = 0.6
LEAST_FPS = 5.0
SLOW_DECODING_MS = 90.0
"""Twice the budget for the newest frame to become text."""


class Camera(Protocol):
    """What is needed of drivers.camera.Camera."""

    def newest(self, after: int, timeout_s: float) -> Frame | None:
        """Return the newest frame numbered above `after`. Raises DeviceLost."""

    def close(self) -> None:
        """Let go of the device."""


def examine(open_camera: Callable[[], Camera], clock: Clock, *, width: int, fps: int) -> Iterator[Finding]:
    """Open the camera and look through it; what is seen is measured and forgotten."""
    began = clock.monotonic()
    try:
        camera = open_camera()
    except DeviceLost as error:
        yield finding(PartName.CAMERA, [absent("camera.absent", reason=error)])
        return
    except UsageError as error:
        yield finding(PartName.CAMERA, [unfit("camera.unusable", reason=error)])
        return
    measured: dict[str, Any] = {"opens_s": round(clock.monotonic() - began, 3)}
    try:
        first = camera.newest(0, FIRST_WITHIN)
        if first is None:
            yield finding(PartName.CAMERA, [unfit("camera.no_frames", within_s=FIRST_WITHIN)], measured)
            return
        measured["first_frame_s"] = round(clock.monotonic() - began, 3)
        frames = _watch(camera, first, clock)
    except DeviceLost as error:
        yield finding(PartName.CAMERA, [unfit("camera.lost", reason=error)], measured)
    else:
        yield _judge(frames[0], len(frames[1]), frames[1][-1] - first.captured_at, measured, width=width, fps=fps)
    finally:
        camera.close()


def _watch(camera: Camera, first: Frame, clock: Clock) -> tuple[Frame, list[float]]:
    """Return the newest frame after a while, and when each frame was captured."""
    newest, captured = first, [float(first.captured_at)]
    ends = clock.monotonic() + LOOK_FOR
    while (left := ends - clock.monotonic()) > 0:
        frame = camera.newest(newest.index, left)
        if frame is not None:
            newest = frame
            captured.append(frame.captured_at)
    return newest, captured


def _judge(frame: Frame, count: int, lasted_s: float, measured: dict[str, Any], *, width: int, fps: int) -> Finding:
    height, seen_width = frame.image.shape[:2]
    brightness = float(frame.image.mean())
    rate = (count - 1) / lasted_s if lasted_s > 0 else 0.0
    decode_ms = statistics.median(_decode_ms(frame) for _ in range(DECODED))
    measured |= {
        "width": seen_width,
        "height": height,
        "fps": round(rate, 1),
        "brightness": round(brightness, 1),
        "decode_ms": round(decode_ms, 2),
    }
    remarks = [fit("camera.well", width=seen_width, height=height, fps=rate, brightness=brightness, decode_ms=decode_ms)]
    if brightness < DARK:
        remarks.append(unfit("camera.dark", brightness=brightness))
    if brightness > BLINDED:
        remarks.append(unfit("camera.blinded", brightness=brightness))
    if rate < SHARE_OF_FPS * fps:
        remarks.append((unfit if rate < LEAST_FPS else fit)("camera.slow", fps=rate, wanted_fps=fps))
    if seen_width < width:
        remarks.append(fit("camera.small", width=seen_width, wanted_width=width))
    if decode_ms > SLOW_DECODING_MS:
        remarks.append(fit("camera.slow_decoding", decode_ms=decode_ms))
    return finding(PartName.CAMERA, remarks, measured)


def _decode_ms(frame: Frame) -> float:
    """How long the whole ladder takes on a frame. What a code says is not looked at."""
    began = time.perf_counter()
    decode(frame.image)
    return (time.perf_counter() - began) * 1000
