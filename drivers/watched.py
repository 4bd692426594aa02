"""A camera that comes and goes, and may go blind: opened again when it is lost, silent, or shows the same for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from drivers.camera import Camera, Frame
from drivers.lens import Blind, Lens
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.ports import Clock

FULL_FPS = 1000
"""More than any camera gives: no frame is left unread."""
BACKOFF_S = (0.2, 2.0)
SILENT_S = 3.0
"""A camera that gives no frame for so long is opened again."""


class WatchedCamera:
    """A camera that comes and goes: opened and closed in a thread of its own, so that the loop beats meanwhile."""

    def __init__(self, open_camera: Callable[[], Camera], clock: Clock) -> None:
        self._open = open_camera
        self._clock = clock
        self._opener = ThreadPoolExecutor(1, thread_name_prefix="camera opener")
        self._coming: Future[Camera] | None = None
        self._camera: Camera | None = None
        self._index = 0
        self._fps = FULL_FPS
        self._backoff_s = BACKOFF_S[0]
        self._retry_at: float = clock.monotonic()
        self._frame_at = clock.monotonic()
        self._lens = Lens()
        self._sight = Edge("sight")
        self.well: bool | None = None
        self.detail = ""

    def pace(self, fps: int) -> None:
        """Set how many frames a second are unpacked."""
        self._fps = fps
        camera = self._camera
        if camera is not None:
            camera.pace(fps)

    def frame(self, timeout_s: float, wake: threading.Event) -> Frame | None:
        """Return the next frame, or None in time: none came, or there is no camera just now."""
        if self._camera is None:
            self._reopen(timeout_s, wake)
            return None
        try:
            frame = self._camera.newest(self._index, timeout_s)
        except DeviceLost as error:
            self._lose(str(error))
            return None
        now = self._clock.monotonic()
        if frame is None:
            if now - self._frame_at > SILENT_S:
                self._lose("the camera is silent")
            return None
        self._index, self._frame_at = frame.index, now
        blind = self._lens.watch(frame.image, frame.captured_at)
        if blind is Blind.FROZEN:
            self._lose(blind)
            return None
        if blind is not None:
            # No loss: a phone that is held up in the dark is seen all the same.
            self._sight.lose(now, detail=str(blind))
        else:
            self._sight.find(now)
        self.well, self.detail, self._backoff_s = True, "", BACKOFF_S[0]
        return frame

    def overtaken(self) -> bool:
        """Say whether there is a newer frame than the one that was given last."""
        return self._camera is not None and self._camera.has_newer(self._index)

    def close(self) -> None:
        """Let go of the camera, also of one that is still being opened. Idempotent."""
        if self._coming is not None:
            self._coming.cancel()
            self._coming.add_done_callback(_close_unused)
            self._coming = None
        self._opener.shutdown(wait=False)
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def _reopen(self, timeout_s: float, wake: threading.Event) -> None:
        if self._coming is None:
            rest = self._retry_at - self._clock.monotonic()
            if rest > 0:
                wake.wait(min(rest, timeout_s))
                return
            self._coming = self._opener.submit(self._open)
        wait([self._coming], timeout_s)
        if not self._coming.done():
            return
        coming, self._coming = self._coming, None
        try:
            self._camera = coming.result()
        except DeviceLost as error:
            self._lose(str(error))
            return
        self._camera.pace(self._fps)
        self._lens = Lens(replayed=self._camera.replayed)
        self._index, self._frame_at = 0, self._clock.monotonic()

    def _lose(self, detail: str) -> None:
        now = self._clock.monotonic()
        camera, self._camera = self._camera, None
        if camera is not None:
            # A driver that is stuck holds the closing up: the next opening waits behind it, the loop does not.
            self._opener.submit(camera.close)
        self._retry_at = now + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, BACKOFF_S[1])
        if self.well is not False:
            self.well, self.detail = False, detail


def _close_unused(coming: Future[Camera]) -> None:
    if not coming.cancelled() and coming.exception() is None:
        coming.result().close()
