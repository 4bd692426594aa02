"""Which display there is, and a virtual one where there is none. No Kivy here: it would open an off-screen window."""

import contextlib
import ctypes
import os
import select
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from kiosk.errors import DeviceLost, GatepostError

X_SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where X servers listen by convention
CARDS = Path("/dev/dri")
STARTED_WITHIN_S = 20.0


class NoVirtualDisplay(GatepostError, RuntimeError):
    """Xvfb is not installed, or did not start."""


def find_display(environment: Mapping[str, str], *, sockets: Path = X_SOCKETS, cards: Path = CARDS) -> str:
    """Return the name of SDL's driver for the display that is there: wayland, x11 or kmsdrm. Raises DeviceLost."""
    if (wayland := environment.get("WAYLAND_DISPLAY")) and (
        Path(environment.get("XDG_RUNTIME_DIR", "/"), wayland).is_socket()
    ):
        return "wayland"
    if display := environment.get("DISPLAY"):
        if _x_answers(display, sockets):
            return "x11"
        raise DeviceLost(f"no X server answers at DISPLAY={display}")
    if any(cards.glob("card*")):
        return "kmsdrm"
    raise DeviceLost("there is no display: neither Wayland, nor X, nor a graphics card")


def _x_answers(display: str, sockets: Path) -> bool:
    host, _, number = display.rpartition(":")
    if host not in {"", "unix"}:
        return True  # another machine's: only the library can tell
    path = sockets / f"X{number.partition('.')[0]}"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as endpoint:
        try:
            endpoint.connect(str(path))
        except OSError:
            return False
    return True


def x_size(display: str) -> tuple[int, int] | None:
    """Return width and height of an X display; None when it cannot be told."""
    try:
        library = ctypes.CDLL("libX11.so.6")
    except OSError:
        return None
    library.XOpenDisplay.restype = ctypes.c_void_p
    opened = library.XOpenDisplay(display.encode())
    if not opened:
        return None
    handle = ctypes.c_void_p(opened)
    screen = library.XDefaultScreen(handle)
    size = library.XDisplayWidth(handle, screen), library.XDisplayHeight(handle, screen)
    library.XCloseDisplay(handle)
    return size


@contextlib.contextmanager
def virtual_display(width: int, height: int) -> Iterator[str]:
    """Run an X server of its own without a screen, on a number that is free; yield its DISPLAY. Raises NoVirtualDisplay."""
    reading, writing = os.pipe()
    try:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=(writing,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A group of its own: an interrupt at the terminal reaches us, and we end it last.
            process_group=0,
        )
    except OSError as error:
        os.close(reading)
        raise NoVirtualDisplay("Xvfb is not installed; make setup brings it") from error
    finally:
        os.close(writing)
    try:
        yield f":{_number(reading)}"
    finally:
        os.close(reading)
        server.terminate()
        server.wait()


def _number(reading: int) -> str:
    said = b""
    while not said.endswith(b"\n"):
        ready, _, _ = select.select([reading], [], [], STARTED_WITHIN_S)
        more = os.read(reading, 16) if ready else b""
        if not more:
            raise NoVirtualDisplay("Xvfb did not start")
        said += more
    return said.decode().strip()
