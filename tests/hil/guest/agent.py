"""The hand of the tests inside the guest: commands from the host over one virtio port, the pins' witness over another.

Runs as root under the guest's own Python, standard library alone. A request is one line of JSON, and so is its answer;
every change of a line is told the moment the kernel has written it down.
"""

import base64
import contextlib
import fcntl
import json
import mmap
import os
import sqlite3
import struct
import subprocess
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

PORTS = Path("/dev/virtio-ports")
EDGES = Path("/sys/kernel/debug/gatepost_hil_pins/edges")
LOG = Path("/var/lib/gatepost/log.sqlite")
DATA = Path("/dev/disk/by-label/hil-data")
COPY = Path("/run/hil/copy.sqlite")
RELAY = "17"
SECTOR = 512
PANEL = (800, 480)


def run(argv: list[str], timeout_s: float = 60.0) -> dict[str, Any]:
    """Run a program to its end."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)
    return {"status": done.returncode, "out": done.stdout, "err": done.stderr}


def read(path: str) -> str:
    """Return a small file."""
    return Path(path).read_text(encoding="utf-8")


def write(path: str, text: str) -> None:
    """Write a small file, in place."""
    Path(path).write_text(text, encoding="utf-8")


def events(after: int = 0) -> list[list[Any]]:
    """Return the log's events from a row on, as the kiosk has written them: row, header."""
    with contextlib.closing(sqlite3.connect(f"{LOG.as_uri()}?mode=ro", uri=True)) as log:
        return [list(row) for row in log.execute("SELECT rowid, header FROM event WHERE rowid > ? ORDER BY rowid", (after,))]


def copy_log() -> int:
    """Take a whole copy of the log while it is written; return its size in bytes."""
    with (
        contextlib.closing(sqlite3.connect(f"{LOG.as_uri()}?mode=ro", uri=True)) as log,
        contextlib.closing(sqlite3.connect(COPY)) as into,
    ):
        log.backup(into)
    return COPY.stat().st_size


def piece(at: int, size: int) -> str:
    """Return a piece of that copy, in base64."""
    with COPY.open("rb") as copy:
        copy.seek(at)
        return base64.b64encode(copy.read(size)).decode()


class Finger:
    """A finger on a touch panel that is there from the boot on: a device of uinput, numbers as in linux/uinput.h.

    Events of the multitouch protocol, type B (Documentation/input/multi-touch-protocol.rst), as panels of Pis send them.
    """

    SET_EVENT, SET_KEY, SET_PROPERTY = 0x40045564, 0x40045565, 0x4004556E
    SET_UP, SET_UP_AXIS, CREATE = 0x405C5503, 0x401C5504, 0x5501
    SYNC, KEY, ABSOLUTE, TOUCHING, DIRECT = 0, 1, 3, 0x14A, 1
    X, Y, SLOT, TRACK_X, TRACK_Y, TRACK = 0x00, 0x01, 0x2F, 0x35, 0x36, 0x39

    def __init__(self) -> None:
        self._device = os.open("/dev/uinput", os.O_WRONLY)
        for kind in (self.KEY, self.ABSOLUTE):
            fcntl.ioctl(self._device, self.SET_EVENT, kind)
        fcntl.ioctl(self._device, self.SET_KEY, self.TOUCHING)
        fcntl.ioctl(self._device, self.SET_PROPERTY, self.DIRECT)
        wide, high = (size - 1 for size in PANEL)
        axes = {self.X: wide, self.Y: high, self.SLOT: 9, self.TRACK_X: wide, self.TRACK_Y: high, self.TRACK: 65535}
        for axis, most in axes.items():
            fcntl.ioctl(self._device, self.SET_UP_AXIS, struct.pack("<H2x6i", axis, 0, 0, most, 0, 0, 0))
        fcntl.ioctl(self._device, self.SET_UP, struct.pack("<4H80sI", 3, 0x1209, 1, 1, b"gatepost hil panel", 0))
        fcntl.ioctl(self._device, self.CREATE)
        self._touches = 0

    def touch(self, x: int, y: int, hold_s: float = 0.2) -> None:
        """Touch a place, in pixels from the upper left, and let go."""
        self._touches += 1
        place = [(self.TRACK_X, x), (self.TRACK_Y, y), (self.X, x), (self.Y, y)]
        self._tell([(self.ABSOLUTE, self.SLOT, 0), (self.ABSOLUTE, self.TRACK, self._touches)])
        self._tell([*((self.ABSOLUTE, axis, at) for axis, at in place), (self.KEY, self.TOUCHING, 1)], whole=True)
        time.sleep(hold_s)
        self._tell([(self.ABSOLUTE, self.TRACK, -1), (self.KEY, self.TOUCHING, 0)], whole=True)

    def _tell(self, events: list[tuple[int, int, int]], *, whole: bool = False) -> None:
        for event in [*events, *([(self.SYNC, 0, 0)] if whole else [])]:
            os.write(self._device, struct.pack("<qqHHi", 0, 0, *event))


ANSWERS: dict[str, Callable[..., Any]] = {
    "run": run,
    "read": read,
    "write": write,
    "events": events,
    "copy_log": copy_log,
    "piece": piece,
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carry a request out; what went wrong is an answer too."""
    try:
        return {"id": request["id"], "answer": ANSWERS[request["do"]](**request.get("with", {}))}
    except Exception:  # noqa: BLE001 - the host reads what it was
        return {"id": request.get("id"), "error": traceback.format_exc(limit=3)}


class Marks:
    """A number at the end of the data disk, past the file system: written straight to the disk after every rise.

    Whatever moment of the disk's history is looked at later: what the mark counts, the records must hold.
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, SECTOR)
        self._file = os.open(DATA, os.O_RDWR | os.O_DIRECT | os.O_SYNC)
        self._at = os.lseek(self._file, 0, os.SEEK_END) - SECTOR

    def write(self, rose_ns: int) -> None:
        """Write when the relay line rose last."""
        self._page[:] = json.dumps({"rose_ns": rose_ns, "boot": boot_id()}).encode().ljust(SECTOR, b"\0")
        os.pwritev(self._file, [self._page], self._at)


def boot_id() -> str:
    """Return the identity of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def tell_edges() -> None:
    """Tell every change of a line, from the boot on."""
    marks = Marks()
    edges = os.open(EDGES, os.O_RDONLY)
    port = os.open(PORTS / "hil.pins", os.O_WRONLY)
    while line := os.read(edges, 64):
        os.write(port, line)
        at_ns, pin, level = line.decode().split()
        if pin == RELAY and level == "1":
            marks.write(int(at_ns))


def tell(port: BinaryIO, answered: dict[str, Any]) -> None:
    """Write an answer, whole: the port takes 32 kB at a time."""
    text = memoryview(json.dumps(answered).encode() + b"\n")
    while text:
        text = text[port.write(text) :]


def main() -> None:
    """Serve until the guest ends."""
    Path("/run/hil").mkdir(exist_ok=True)
    ANSWERS["touch"] = Finger().touch
    threading.Thread(target=tell_edges, name="edges", daemon=True).start()
    with (PORTS / "hil.agent").open("r+b", buffering=0) as port:
        tell(port, {"id": 0, "answer": boot_id()})
        waiting = b""
        while True:
            read = port.read(65536)
            if not read:
                # Nobody is at the other end of the port, as after a restore.
                time.sleep(0.02)
                continue
            waiting += read
            *whole, waiting = waiting.split(b"\n")
            for line in whole:
                tell(port, answer(json.loads(line)))


if __name__ == "__main__":
    main()
