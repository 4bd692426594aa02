"""The camera: a thread that always drains to the newest frame, whatever the source.

OpenCV queues old frames for a reader that falls behind; a visitor must be judged by the newest. So the thread
grabs without pause, unpacks no more frames than are asked for (`pace`), and keeps one.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers import v4l2
from drivers.pictures import Picture, fit, load_picture
from drivers.v4l2 import Controls
from kiosk.errors import DeviceLost, UsageError
from kiosk.lines import get_logger
from kiosk.ports import Clock
from kiosk.units import Monotonic

if TYPE_CHECKING:
    from drivers.simulated.capture import SimulatedCapture

JOIN_S = 2.0
AT_ONCE_S = 0.002
"""A grab that returns sooner did not wait for the sensor: its frame came out of a queue."""
QUEUE = 4
"""Frames that a queue is taken to hold: after so many dropped, one is kept in any case."""
STAMP_BELIEVED_S = 2.0
"""A driver's time stamp older than this is of another clock."""
AS_THEY_ARE = Controls()
PICTURE_HELD_S = 0.5
"""How long each picture of a folder is shown."""
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}

# FFmpeg's own words for "be quiet" (AV_LOG_QUIET): what is wrong with a video is said by our errors.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Frame:
    """A BGR picture, when it was captured, and its number; numbers rise, with gaps where frames were dropped."""

    image: Picture
    captured_at: Monotonic
    index: int


class Capture(Protocol):
    """What the grabbing thread needs of `cv2.VideoCapture`."""

    def grab(self) -> bool:
        """Wait for the next frame; False when there will be none."""

    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
        """Unpack the grabbed frame."""

    def get(self, property_id: int, /) -> float:
        """Return a property, 0 where it is unknown."""

    def release(self) -> None:
        """Let go of the device."""


class Camera:
    """Owns a source and the thread that grabs from it. `newest` from one thread, the rest from any."""

    def __init__(self, capture: Capture, *, name: str, fps: int, clock: Clock, replayed: bool = False) -> None:
        self.replayed = replayed
        """Its pictures are no sensor's, and may be the same for ever."""
        self._capture = capture
        self._clock = clock
        self._period_s = 1 / fps
        self._keep_every_s = 0.0
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._frame: Frame | None = None
        self._lost = ""
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)
        self._thread.start()

    def newest(self, after: int, timeout_s: float) -> Frame | None:
        """Return the newest frame numbered above `after`; None when none came in time. Raises DeviceLost."""
        with self._news:
            self._news.wait_for(lambda: self._lost or (self._frame and self._frame.index > after), timeout_s)
            if self._frame is not None and self._frame.index > after:
                return self._frame
            if self._lost:
                raise DeviceLost(self._lost)
            return None

    def has_newer(self, than: int) -> bool:
        """Say whether a frame numbered above `than` is there already. Never waits."""
        frame = self._frame
        return frame is not None and frame.index > than

    def pace(self, fps: int) -> None:
        """Unpack at most `fps` frames a second from now on; the others are grabbed and dropped as they are."""
        # Half a period of slack: 10 of 30 frames is every third, however they jitter.
        self._keep_every_s = max(0.0, 1 / fps - self._period_s / 2)

    def close(self) -> None:
        """Stop grabbing and let go of the device. Idempotent."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        lost = "the camera gives no more frames"
        try:
            self._drain()
        except (cv2.error, DeviceLost) as error:
            lost = f"the camera failed: {error}"
        finally:
            self._capture.release()
            with self._news:
                self._lost = "the camera was closed" if self._stop.is_set() else lost
                self._news.notify_all()

    def _drain(self) -> None:
        kept_at, dropped, freshest = float("-inf"), 0, float("inf")
        for index in itertools.count(1):
            began = self._clock.monotonic()
            if self._stop.is_set() or not self._capture.grab():
                return
            now = self._clock.monotonic()
            captured_at = self._stamp(now)
            age = now - captured_at
            freshest = min(age, freshest)
            old = age == 0 or age > freshest + 0.8 * self._period_s
            if old and now - began < AT_ONCE_S and dropped < QUEUE:
                dropped += 1
                continue
            if now - kept_at < self._keep_every_s:
                continue
            kept_at, dropped = now, 0
            taken, image = self._capture.retrieve()
            if taken and image is not None:
                with self._news:
                    self._frame = Frame(np.asarray(image, np.uint8), Monotonic(captured_at), index)
                    self._news.notify_all()

    def _stamp(self, now: float) -> float:
        """Return when the frame was captured: by the driver (V4L2 stamps on the monotonic clock), or now."""
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return stamp if 0 <= now - stamp <= STAMP_BELIEVED_S else now


class Replay:
    """Pictures shown as a camera would give them: one each period, round and round."""

    def __init__(self, pictures: Callable[[], Iterator[Picture]], fps: float, clock: Clock) -> None:
        self._make = pictures
        self._pictures = pictures()
        self._period_s = 1 / fps
        self._clock = clock
        self._released = threading.Event()
        self._due: float = clock.monotonic()
        self._picture: Picture | None = None

    def grab(self) -> bool:
        """Wait until the next picture falls due; False when there is none."""
        self._due = max(self._due + self._period_s, self._clock.monotonic())
        if self._released.wait(self._due - self._clock.monotonic()):
            return False
        self._picture = next(self._pictures, None)
        if self._picture is None:
            self._pictures = self._make()
            self._picture = next(self._pictures, None)
        return self._picture is not None

    def retrieve(self) -> tuple[bool, Picture | None]:
        """Return the picture that is due."""
        return self._picture is not None, self._picture

    def get(self, property_id: int, /) -> float:
        """Know no property: a picture is captured when it is shown."""
        del property_id
        return 0.0

    def release(self) -> None:
        """End a wait. Idempotent."""
        self._released.set()


def open_camera(
    source: str,
    *,
    width: int,
    height: int,
    fps: int,
    clock: Clock,
    simulated: "Callable[[], SimulatedCapture] | None" = None,
    controls: Controls = AS_THEY_ARE,
) -> Camera:
    """Open `device:N`, `picamera2`, `picture:FILE`, `folder:DIR`, `video:FILE` or `simulated` (made by the function given).

    Raises DeviceLost when the camera is not there, UsageError when the source cannot be meant.
    """
    # The kiosk's other processes want the other cores, and OpenCV's threads cost more than they give at this size.
    cv2.setNumThreads(1)
    # A camera that stays away is tried again and again; that it is lost is logged once, by the eyes.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    kind, _, place = source.partition(":")
    if kind == "device":
        capture = _device(place, width, height, fps, controls)
    elif kind == "picamera2":
        # Only here: it comes with Raspberry Pi OS, and nothing else needs it.
        from drivers.picamera import open_picamera

        capture = open_picamera(width, height, fps)
    elif kind == "simulated" and simulated is not None:
        capture = _simulated(simulated)
    elif kind in ("picture", "folder", "video"):
        capture = Replay(_pictures(kind, Path(place), width, height, fps), fps, clock)
    else:
        # Not quoted: the address of a camera may have a password in it.
        raise UsageError("[camera] source is no camera: name device:N, picamera2, picture:FILE, folder:DIR or video:FILE")
    return Camera(capture, name=source, fps=fps, clock=clock, replayed=isinstance(capture, Replay))


def _device(number: str, width: int, height: int, fps: int, controls: Controls) -> Capture:
    if not number.isdigit():
        raise UsageError(f"device:{number} is no camera: name its number, as in device:0")
    capture = cv2.VideoCapture(int(number), cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise DeviceLost(f"camera {number} cannot be opened")
    # Packed, for 720p at 30 a second does not fit through USB 2 unpacked.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    wishes = {
        cv2.CAP_PROP_FRAME_WIDTH: width,
        cv2.CAP_PROP_FRAME_HEIGHT: height,
        cv2.CAP_PROP_FPS: fps,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }
    for wish, value in wishes.items():
        capture.set(wish, value)
    # Last: a new format may put them back to what they were.
    v4l2.apply(controls, int(number))
    return capture  # type: ignore[return-value]  # OpenCV's stubs give `retrieve` wider pictures than a camera has


def _simulated(make: "Callable[[], SimulatedCapture]") -> Capture:
    capture = make()
    if not capture.isOpened():
        capture.release()
        raise DeviceLost("the simulated camera is not there")
    return capture


def _pictures(kind: str, path: Path, width: int, height: int, fps: int) -> Callable[[], Iterator[Picture]]:
    """Check that the source can be shown, and return what shows it once."""
    if kind == "video":
        if next(_video(path, width, height), None) is None:
            raise UsageError(f"{path}: no video that can be read")
        return lambda: _video(path, width, height)
    held = 1 if kind == "picture" else max(1, round(PICTURE_HELD_S * fps))
    pictures = [_picture(path, width, height)] if kind == "picture" else _folder(path, width, height)
    return lambda: (picture for picture in pictures for _ in range(held))


def _picture(path: Path, width: int, height: int) -> Picture:
    try:
        return fit(load_picture(path), width, height)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _folder(path: Path, width: int, height: int) -> list[Picture]:
    if not path.is_dir():
        raise UsageError(f"{path}: this is not a folder")
    pictures = []
    for file in sorted(path.iterdir()):
        if file.suffix.lower() in PICTURES:
            try:
                pictures.append(_picture(file, width, height))
            except UsageError as error:
                _log.warning("picture left out", error=str(error))
    if not pictures:
        raise UsageError(f"{path}: there is no picture in this folder")
    return pictures


def _video(path: Path, width: int, height: int) -> Iterator[Picture]:
    capture = cv2.VideoCapture(str(path))
    try:
        while True:
            taken, image = capture.read()
            if not taken:
                return
            yield fit(np.asarray(image, np.uint8), width, height)
    finally:
        capture.release()
