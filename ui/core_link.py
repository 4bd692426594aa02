"""The screen's end of the link: the newest view in, touches out. One thread; Kivy's thread never waits for the core."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.errors import DeviceLost
from kiosk.lines import get_logger
from kiosk.link import AnyMessage, Connection, PartHealth, ViewChanged, connect_patiently, greet, reconnect_pause
from kiosk.model import Part
from kiosk.ports import Clock
from kiosk.units import Seconds
from kiosk.view import View

SILENT_AFTER = Seconds(1.0)
"""The core beats every 0.15 s: after so long without a word it counts as gone, and what it last showed as untrue."""
JOIN_S = 2.0

_log = get_logger()


class CoreLink:
    """Keeps a connection to the core. `on_view` is called from its thread: with each view, and None without a core."""

    def __init__(self, core_socket: Path, clock: Clock, version: str) -> None:
        self.on_view: Callable[[View | None], None] = lambda _: None
        self._socket = core_socket
        self._clock = clock
        self._version = version
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._trouble = ""
        self._view: View | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="core link", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def attach(self, on_view: Callable[[View | None], None]) -> None:
        """Hear of views from now on, beginning with the newest."""
        self.on_view = on_view
        on_view(self._view)

    def send(self, message: AnyMessage) -> None:
        """Tell the core something, from any thread. What is said while there is no core is lost, as the touch was."""
        with self._guard, contextlib.suppress(DeviceLost):
            if self._connection is not None:
                self._connection.send(message)

    def trouble(self, detail: str) -> None:
        """Say, now and to each core that comes, that nothing can be shown; an empty detail: that it can again."""
        if detail == self._trouble:
            return
        self._trouble = detail
        self.send(PartHealth(Part.SCREEN, not detail, detail, self._clock.monotonic()))

    def close(self) -> None:
        """Hang up. Idempotent."""
        self._stop.set()
        with self._guard:
            connection = self._connection
        if connection is not None:
            connection.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            connection = connect_patiently(self._socket, self._stop.wait)
            if connection is None:
                return
            began = self._clock.monotonic()
            try:
                self._converse(connection)
            except DeviceLost:
                if not self._stop.is_set():
                    _log.warning("core lost")
            finally:
                with self._guard:
                    self._connection = None
                connection.close()
                self._show(None)
            self._stop.wait(reconnect_pause(self._clock.monotonic() - began))

    def _converse(self, connection: Connection) -> None:
        greet(connection, Part.SCREEN, self._version)
        if self._trouble:
            connection.send(PartHealth(Part.SCREEN, False, self._trouble, self._clock.monotonic()))
        with self._guard:
            self._connection = connection
        _log.info("core connected")
        newest: View | None = None
        while not self._stop.is_set():
            message = connection.receive(SILENT_AFTER)
            if isinstance(message, ViewChanged):
                newest = message.view
            # A core that speaks again after a silence shows what it showed before.
            self._show(None if message is None else newest)

    def _show(self, view: View | None) -> None:
        if view is not self._view:
            self._view = view
            self.on_view(view)
