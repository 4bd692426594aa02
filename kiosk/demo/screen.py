"""The kiosk's screen under the finger of a simulated visitor: it asks for the form, and learns which visit is parked."""

import os
import threading
from collections import deque
from pathlib import Path

from kiosk.demo.phone import Phone
from kiosk.errors import DeviceLost
from kiosk.link import Connection, FormAsked, HelloToo, ViewChanged, connect
from kiosk.model import Phase, VisitId
from kiosk.people import VisitorKind
from kiosk.units import Monotonic
from kiosk.view import View

JOIN_S = 2.0


class FormScreen:
    """Connects beside the screen, if there is one."""

    def __init__(self, core_socket: Path, phone: Phone) -> None:
        """Connect. Raises DeviceLost when there is no core. `phone` scans the codes of those who fill in the form."""
        self._phone = phone
        self._scanning: tuple[str, VisitorKind] | None = None
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

    def touch_form(self, at: float, name: str, fills: VisitorKind | None) -> None:
        """Touch 'form', and let `name` fill it in as somebody. A core that is gone does not feel it."""
        self._scanning = None if fills is None else (name, fills)
        try:
            self._link.send(FormAsked(Monotonic(at)))
        except DeviceLost:
            return

    def close(self) -> None:
        """Let go of the screen. Idempotent."""
        self._link.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _follow(self) -> None:
        while True:
            try:
                message = self._link.receive()
            except DeviceLost:
                return
            if isinstance(message, ViewChanged):
                self._seen(message.view)

    def _seen(self, view: View) -> None:
        if view.phase is Phase.PARKED:
            self._parked.append(view.visit)
        elif view.phase is Phase.AWAITING_FORM and view.form is not None and self._scanning is not None:
            (name, fills), self._scanning = self._scanning, None
            self._phone.scan(name, fills, view.form.url)
