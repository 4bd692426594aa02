"""Codes drawn for tests, and the folder of pictures made by others."""

import os
import time
from pathlib import Path

import numpy as np
import segno
from numpy.typing import NDArray

from kiosk.model import ClockState
from kiosk.units import Monotonic, WallTime

TESTDATA = Path(os.environ.get("GATEPOST_TESTDATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


class RealClock:
    """The boot's monotonic clock."""

    def monotonic(self) -> Monotonic:
        return Monotonic(time.monotonic())

    def wall(self) -> WallTime:
        return WallTime(time.time_ns() // 1000)

    def state(self) -> ClockState:
        return ClockState.SYNCHRONISED

    def boot_id(self) -> str:
        return "test"


def drawn(content: str | bytes, *, pixels: int = 5, error: str = "m") -> NDArray[np.uint8]:
    """Draw a QR code in grey, black on white, `pixels` a module; bytes go in exactly as they are."""
    symbol = segno.make(content, mode="byte", micro=False, error=error)
    modules = np.array([list(row) for row in symbol.matrix_iter(border=4)], np.uint8)
    return np.kron(1 - modules, np.full((pixels, pixels), 255, np.uint8))


def placed(code: NDArray[np.uint8], x: int, y: int, *, width: int = 1280, height: int = 720) -> NDArray[np.uint8]:
    """Lay a grey code into an otherwise plain BGR picture."""
    picture = np.full((height, width, 3), 160, np.uint8)
    picture[y : y + code.shape[0], x : x + code.shape[1]] = code[:, :, None]
    return picture
