"""A virtual X display that can be looked at, with a hand that points, presses and types (XTEST, by xdotool)."""

import os
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

WITHIN_S = 30.0
LOOK_EVERY_S = 0.05
XWD_COLOUR = 12
"""Bytes of one entry of an XWD file's colour map, which lies between header and pixels."""


class XDisplay:
    """The display `name`, whose pixels X keeps in a file."""

    def __init__(self, name: str, frame: Path) -> None:
        self.name = name
        self._frame = frame

    def look(self) -> npt.NDArray[Any]:
        """Return what is shown: height by width by red, green, blue."""
        data = self._frame.read_bytes()
        fields = struct.unpack_from(">25I", data)
        start, width, height, pitch, colours = fields[0], fields[4], fields[5], fields[12], fields[19]
        rows = np.frombuffer(data, np.uint8, count=height * pitch, offset=start + colours * XWD_COLOUR)
        return rows.reshape(height, pitch // 4, 4)[:, :width, 2::-1]

    def share(self, colour: str, *, left_of: int | None = None) -> float:
        """Return how much of the display, or of its left part, has a colour, or nearly."""
        wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], int)
        return float((np.abs(self.look()[:, :left_of].astype(int) - wanted).max(axis=2) < 6).mean())

    def press(self, x: int, y: int) -> None:
        """Press a place, in pixels from the upper left."""
        self._do("mousemove", str(x), str(y), "click", "1")

    @contextmanager
    def held(self, x: int, y: int, button: int = 1) -> Iterator[None]:
        """Keep a place pressed."""
        self._do("mousemove", str(x), str(y), "mousedown", str(button))
        try:
            yield
        finally:
            self._do("mouseup", str(button))

    def type(self, *keys: str) -> None:
        """Press keys, by X's names."""
        self._do("key", *keys)

    def _do(self, *arguments: str) -> None:
        environment = {**os.environ, "DISPLAY": self.name}
        subprocess.run(["xdotool", *arguments], env=environment, check=True, timeout=WITHIN_S)


@contextmanager
def x_display(folder: Path, width: int, height: int) -> Iterator[XDisplay]:
    """Start a display on a free number, and end it."""
    reading, writing = os.pipe()
    argv = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        [*argv, "-fbdir", str(folder)], pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            number = said.readline().strip()
        assert number, "Xvfb did not start"
        yield XDisplay(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait()


def until(condition: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    """Look until a condition holds."""
    never = threading.Event()
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        never.wait(LOOK_EVERY_S)
