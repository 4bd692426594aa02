"""The guest's panel: what its graphics card shows, and a finger on it. The buttons are where the screen's own layout says."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tests.end_to_end.shown_kiosk import IDLE, PALETTE, ShownScreen, session
from tests.end_to_end.x_display import XDisplay
from tests.hil.machine import Machine, until
from ui.picture import Action
from ui.session import Session

SHOWN_WITHIN_S = 900.0


class Panel(XDisplay):
    """A display that is looked at through the emulator, and touched through the guest's kernel."""

    def __init__(self, machine: Machine, frame: Path) -> None:
        super().__init__("guest", frame)
        self._machine = machine
        self._seen = frame

    def look(self) -> npt.NDArray[Any]:
        """Return what is shown: height by width by red, green, blue."""
        _, size, _, pixels = self._machine.look(self._seen).read_bytes().split(b"\n", 3)
        width, height = map(int, size.split())
        return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)

    def press(self, x: int, y: int) -> None:
        """Touch a place, in pixels from the upper left."""
        self._machine.ask("touch", x=x, y=y)


class Screen(ShownScreen):
    """The screen process in the guest: its picture, and its buttons."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        super().__init__(Panel(machine, folder / "panel.ppm"))

    def keep(self, picture: Path) -> None:
        """Keep what is shown as a picture, for whoever wants to see it."""
        cv2.imwrite(str(picture), cv2.cvtColor(self.display.look(), cv2.COLOR_RGB2BGR))

    def wait_idle(self, language: str = "zh") -> Session:
        """Wait until nobody is there and a language is chosen; return the session as the screen has it then."""
        shown = session(IDLE, language)
        until(lambda: self.display.share(PALETTE["ground"]) > 0.3, SHOWN_WITHIN_S, "the screen shows something")
        self.button_is(shown, Action.LANGUAGE, language, "accent", SHOWN_WITHIN_S)
        return shown
