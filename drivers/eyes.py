"""The eyes: watch the camera, decode, and tell the core what was seen. One loop, which also beats.

idle       `idle_fps` frames a second, the quick decoder alone
watching   every newest frame, every decoder: while the core says that a visitor is here, the picture moves,
or a code was just seen; then the screen has a mirror, and whoever's code is not read is told why
"""

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from drivers.adviser import Adviser
from drivers.camera import Camera, Frame
from drivers.engines import QR_ONLY, Formats, Found
from drivers.mirror import Mirror
from drivers.motion import Motion
from drivers.qr import Decoder
from drivers.tint import tint_around
from drivers.watched import FULL_FPS, WatchedCamera
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.evidence import MAX_CODE, Colour, Scan
from kiosk.link import (
    BEAT_EVERY,
    AnyMessage,
    Attend,
    Beat,
    Coloured,
    Connection,
    Noticed,
    PartHealth,
    Scanned,
    SceneMoved,
    connect_patiently,
    greet,
    reconnect_pause,
)
from kiosk.model import Part
from kiosk.ports import Clock

REPEAT_S = 0.3
"""The same content is told again after so long, for the core to know that it is still held up."""
LINGER_S = 1.5
"""How long watching goes on after the last sign of a visitor."""
JOIN_S = 2.0


def run_eyes(
    core_socket: Path,
    open_camera: Callable[[], Camera],
    clock: Clock,
    stop: threading.Event,
    *,
    mirror: Mirror,
    idle_fps: int,
    version: str,
    formats: Formats = QR_ONLY,
    leash: AbstractContextManager[None] | None = None,
) -> None:
    """Watch until `stop` is set. A lost core or camera is waited for; one that cannot be meant is a UsageError.

    `leash` is held around every look at a frame: what ends the process if a decoder does not come back.
    """
    core = Edge("core")
    with contextlib.closing(WatchedCamera(open_camera, clock)) as camera, contextlib.closing(mirror):
        while not stop.is_set():
            connection = connect_patiently(core_socket, stop.wait)
            if connection is None:
                return
            began = clock.monotonic()
            session = _Session(
                connection, camera, mirror, clock, stop, idle_fps, core, Decoder(formats=formats), leash or nullcontext()
            )
            try:
                greet(connection, Part.EYES, version)
                session.run()
            except DeviceLost as error:
                core.lose(clock.monotonic(), detail=str(error))
            finally:
                session.close()
            stop.wait(reconnect_pause(clock.monotonic() - began))


class _Session:
    """One connection with the core, from greeting to its end."""

    def __init__(
        self,
        connection: Connection,
        camera: WatchedCamera,
        mirror: Mirror,
        clock: Clock,
        stop: threading.Event,
        idle_fps: int,
        core: Edge,
        decoder: Decoder,
        leash: AbstractContextManager[None],
    ) -> None:
        self._leash = leash
        self._core = core
        self._connection = connection
        self._camera = camera
        self._mirror = mirror
        self._adviser = Adviser()
        self._clock = clock
        self._stop = stop
        self._idle_fps = idle_fps
        self._decoder = decoder
        self._motion = Motion()
        self._attended = False
        self._gone = threading.Event()
        self._heard = threading.Event()
        self._told_well: bool | None = None
        self._told_at: dict[bytes, float] = {}
        self._watch_until: float = 0.0
        self._beat_at: float = 0.0
        self._listener = threading.Thread(target=self._listen, name="eyes link", daemon=True)
        self._listener.start()

    def run(self) -> None:
        """Watch, until stopped. Raises DeviceLost when the core is gone."""
        while not self._stop.is_set():
            if self._gone.is_set():
                raise DeviceLost("the core is gone")
            now = self._clock.monotonic()
            if self._heard.is_set():
                self._core.find(now)
            if now >= self._beat_at:
                self._beat_at = now + BEAT_EVERY
                self._send(Beat(now))
            watching = self._attended or now < self._watch_until
            self._camera.pace(FULL_FPS if watching else self._idle_fps)
            frame = self._camera.frame(max(0.001, self._beat_at - now), self._gone)
            self._tell_health()
            if frame is not None:
                with self._leash:
                    codes = self._look(frame, thorough=watching)
                    self._help(frame, codes, watching=watching)

    def close(self) -> None:
        """End the connection and its thread, and take the mirror away. Idempotent."""
        self._mirror.close()
        self._connection.close()
        self._listener.join(JOIN_S)

    def _listen(self) -> None:
        """Take the core's messages; a visitor's arrival is acted on before the next frame is decoded."""
        try:
            while not self._stop.is_set():
                # A limit on the wait is one on `send` too: a core that does not read counts as gone.
                message = self._connection.receive(1.0)
                if message is not None:
                    self._heard.set()
                if isinstance(message, Attend):
                    self._attended = message.active
                    if message.active:
                        self._camera.pace(FULL_FPS)
        except DeviceLost:
            self._gone.set()

    def _look(self, frame: Frame, *, thorough: bool) -> tuple[Found, ...]:
        if self._motion.watch(frame.image, frame.captured_at):
            self._send(SceneMoved(self._motion.moving, frame.captured_at))
        if self._motion.moving:
            self._linger()
        codes = self._decoder.decode(frame.image, thorough=thorough, overtaken=self._camera.overtaken)
        told = [code for code in codes if self._tell(code, frame)]
        for code in told:
            # After all are told: no decision waits for a colour.
            if (around := tint_around(frame.image, code.corners)) is not None:
                self._send(Coloured(frame.captured_at, Colour(around.tint), around.confidence))
        return codes

    def _help(self, frame: Frame, codes: tuple[Found, ...], *, watching: bool) -> None:
        """Show the frame and say what could be done better, after all that was read in it is told."""
        if not watching:
            self._mirror.close()
            self._adviser.rest(frame.captured_at)
            return
        self._mirror.show(frame, codes, self._adviser.hint)
        hint = self._adviser.advise(frame.image, frame.captured_at, read=bool(codes))
        if hint is not None:
            self._send(Noticed(hint, self._clock.monotonic()))

    def _linger(self) -> None:
        self._watch_until = self._clock.monotonic() + LINGER_S

    def _tell(self, code: Found, frame: Frame) -> bool:
        """Tell the core of a code, unless it was told of it a moment ago; whether it was."""
        self._linger()
        now = self._clock.monotonic()
        if len(code.content) > MAX_CODE or now - self._told_at.get(code.content, -REPEAT_S) < REPEAT_S:
            return False
        self._told_at = {content: at for content, at in self._told_at.items() if now - at < REPEAT_S}
        self._told_at[code.content] = now
        self._send(Scanned(Scan(code.content, code.symbology, code.engine, frame.captured_at, now, code.corners)))
        return True

    def _tell_health(self) -> None:
        """Tell the core on edges, and once in each connection."""
        well = self._camera.well
        if well is not None and well != self._told_well:
            self._told_well = well
            self._send(PartHealth(Part.CAMERA, well, self._camera.detail, self._clock.monotonic()))

    def _send(self, message: AnyMessage) -> None:
        self._connection.send(message)
