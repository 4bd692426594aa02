"""The guest at one moment: installed, its kiosk ready, nobody there. Kept between runs, for every run to go on from.

What it was made of is named by a digest; another tree, another guest or other hands inside make it anew.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.hil.gate import Gate
from tests.hil.machine import BUILT, Disks, Edge, Machine
from tests.hil.site import Site

HERE = Path(__file__).parent
FOLDER = BUILT / "ready"
MADE_OF = ("ready.py", "gate.py", "machine.py", "site.py", "guest/agent.py", "guest/camera.py")


@dataclass(frozen=True, slots=True)
class Coming:
    """How the guest came up: how long it took, on which kernel, what its lines did, and how far its units are open."""

    made_of: str
    boot_id: str
    kernel: str
    booted_s: float
    ready_s: float
    edges: tuple[tuple[float, int, bool], ...]


class Ready:
    """The saved moment. Making it takes a boot and an installation."""

    def __init__(self) -> None:
        self._disks = Disks(FOLDER)
        self._state = FOLDER / "state"
        self._told = FOLDER / "coming.json"
        self.coming = self._kept() or self._made()

    @contextmanager
    def going_on(self, folder: Path) -> Iterator[tuple[Machine, Disks]]:
        """A machine that goes on from the saved moment, on disks of its own in a folder."""
        disks = self._disks.branch(folder)
        with closing(Machine(disks, self._state)) as machine:
            machine.boot_id = self.coming.boot_id
            machine.edges[:0] = [Edge(*edge) for edge in self.coming.edges]
            yield machine, disks

    def _kept(self) -> Coming | None:
        if not self._told.exists():
            return None
        coming = Coming(**json.loads(self._told.read_text(encoding="utf-8")))
        return coming if coming.made_of == _digest() else None

    def _made(self) -> Coming:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        Site().write(FOLDER / "payload")
        self._disks.make(FOLDER / "payload")
        self._disks.begin_history()
        began = time.monotonic()
        with closing(Machine(self._disks)) as machine:
            boot_id = machine.wait_booted()
            booted_s = time.monotonic() - began
            kernel = machine.run("uname", "-r").strip()
            began = time.monotonic()
            gate = Gate(machine)
            gate.install()
            gate.wait_ready()
            ready_s = time.monotonic() - began
            machine.save(self._state)
        edges = tuple((edge.at, edge.pin, edge.level) for edge in machine.edges)
        coming = Coming(_digest(), boot_id, kernel, round(booted_s, 1), round(ready_s, 1), edges)
        self._told.write_text(json.dumps(asdict(coming)), encoding="utf-8")
        return coming


def _digest() -> str:
    stamps = [BUILT / "root.stamp", BUILT / "product.stamp", *(HERE / name for name in MADE_OF)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in stamps)).hexdigest()
