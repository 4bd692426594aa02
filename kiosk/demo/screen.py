"""The finger of a simulated visitor on the kiosk's screen: it asks for the form, and learns which visit is parked."""

import os
import threading
from collections import deque
from pathlib import Path

from kiosk.errors import DeviceLost
from kiosk.link import Connection, FormAsked, HelloToo, ViewChanged, connect
from kiosk.model import Monotonic, VisitId
from kiosk.view import View
from kiosk.visit import Phase

JOIN_S = 2.0


class FormScreen:
    """Connects beside the screen, if there is one. While a visitor without a code is expected, it touches 'form' for them."""

    def __init__(self, core_socket: Path) -> None:
        """Connect. Raises DeviceLost when there is no core."""
        self._touching = threading.Event()
        self._parked: deque[VisitId] = deque()
        self._link: Connection = connect(core_socket)
        self._link.send(HelloToo(os.getpid()))
        self._thread = threading.Thread(target=self._follow, name="demo-screen", daemon=True)
        self._thread.start()

    @property
    def parked(self) -> VisitId | None:
        """The visit that has been parked longest; None when none is."""
        return self._parked[0] if self._parked else None

    def resumed(self) -> None:
        """Forget the visit that has been parked longest: its visitor is on the way back."""
        if self._parked:
            self._parked.popleft()

    def expects(self, form: bool) -> None:
        """Say whether the next visitor will ask for the form."""
        if form:
            self._touching.set()
        else:
            self._touching.clear()

    def close(self) -> None:
        """Let go of the screen. Idempotent."""
        self._link.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _follow(self) -> None:
        while True:
            try:
                message = self._link.receive()
                if isinstance(message, ViewChanged):
                    self._see(message.view)
            except DeviceLost:
                return

    def _see(self, view: View) -> None:
        if view.phase is Phase.COLLECTING and self._touching.is_set():
            self._touching.clear()
            self._link.send(FormAsked(Monotonic(view.at)))
        elif view.phase is Phase.PARKED:
            self._parked.append(view.visit)
