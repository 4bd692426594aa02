"""The guest: an emulated machine, the hand inside it, and what its kernel says of the pins."""

import base64
import contextlib
import itertools
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from io import BufferedRWPair
from pathlib import Path
from typing import Any, TypeVar

from tests.hil.guest.agent import PANEL

BUILT = Path(__file__).parents[2] / "build" / "hil"
RUN = BUILT / "run"
MEMORY_MB = 1536
PACE = "shift=1"
"""2 ns of the guest's time for each instruction: 500 million a second, a third of a Pi 3's core. The guest's time goes by
what it does, not by what else this machine does: the kiosk's deadlines mean the same on a busy one."""
BOOTS_WITHIN_S = 600.0
ANSWERS_WITHIN_S = 180.0
POLLS_EVERY_S = 0.4
PIECE = 16 * 1024
DATA_BYTES = 256 * 1024 * 1024
FILE_SYSTEM = "248M"
"""Smaller than its disk: the last sector is for the mark (guest/agent.py)."""
Found = TypeVar("Found")


class GuestSilent(Exception):
    """The guest did not come, or did not answer."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line has changed, at seconds of the guest's monotonic clock, as its kernel wrote it down."""

    at: float
    pin: int
    level: bool


def until(look: Callable[[], Found | None], within_s: float, what: str) -> Found:
    """Look again and again until there is something. Raises GuestSilent, saying what was waited for."""
    ends = time.monotonic() + within_s
    nobody = threading.Event()
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > ends:
            raise GuestSilent(f"{what}: not within {within_s:.0f} s")
        nobody.wait(POLLS_EVERY_S)


class Disks:
    """The disks of one run, in a folder: the root as an overlay, the payload, the data with its history of writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root.qcow2"
        self.payload = folder / "payload.img"
        self.data = folder / "data.img"
        self.before = folder / "data-before.img"
        self.history = folder / "data.log"

    def make(self, payload: Path) -> None:
        """Make them all anew; `payload` is a folder."""
        self._call("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(BUILT / "root.img"), str(self.root))
        self._call("mke2fs", "-q", "-t", "ext4", "-d", str(payload), "-L", "hil-payload", str(self.payload), "64M")
        options = "lazy_itable_init=0,lazy_journal_init=0"
        self._call("mke2fs", "-q", "-t", "ext4", "-L", "hil-data", "-m", "0", "-E", options, str(self.data), FILE_SYSTEM)
        os.truncate(self.data, DATA_BYTES)

    def branch(self, folder: Path) -> "Disks":
        """Return disks that go on from where these are now, and leave these as they are."""
        folder.mkdir(parents=True, exist_ok=True)
        other = Disks(folder)
        other.payload = self.payload
        self._call("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(self.root), str(other.root))
        self._call("cp", "--sparse=always", "--reflink=auto", str(self.data), str(other.data))
        other.begin_history()
        return other

    def begin_history(self) -> None:
        """Keep the data disk as it is now, and forget what was written to it before."""
        self._call("cp", "--sparse=always", "--reflink=auto", str(self.data), str(self.before))
        self.history.write_bytes(b"")

    def arguments(self) -> list[str]:
        """What QEMU is told of them."""
        return [
            *("-drive", f"file={self.root},format=qcow2,if=virtio,cache=unsafe"),
            *("-drive", f"file={BUILT / 'product.img'},format=raw,if=virtio,readonly=on"),
            *("-drive", f"file={self.payload},format=raw,if=virtio,readonly=on"),
            *("-blockdev", f"driver=file,node-name=data-file,filename={self.data}"),
            *("-blockdev", f"driver=file,node-name=data-history,filename={self.history}"),
            *("-blockdev", "driver=blklogwrites,node-name=data,file=data-file,log=data-history"),
            *("-device", "virtio-blk-pci,drive=data,discard=off,write-zeroes=off"),
        ]

    @staticmethod
    def _call(*words: str) -> None:
        subprocess.run(words, check=True, capture_output=True, timeout=120)


def _say(monitor: "BufferedRWPair[Any, Any]", command: dict[str, Any]) -> dict[str, Any]:
    """Give the monitor an order and return what it answers; what it tells besides is passed over."""
    monitor.write(json.dumps(command).encode() + b"\n")
    monitor.flush()
    for line in monitor:
        said = json.loads(line)
        if "error" in said:
            raise GuestSilent(f"{command}: {said['error']}")
        if "return" in said:
            returned: dict[str, Any] = said["return"]
            return returned
    raise GuestSilent(f"{command}: the monitor has ended")


class Machine:
    """One power-on of the guest, until `kill` or `close`; or its going on from a state that was saved."""

    def __init__(self, disks: Disks, state: Path | None = None) -> None:
        folder = disks.folder
        self.console = folder / "console.log"
        agent, pins, monitor = folder / "agent.sock", folder / "pins.sock", folder / "monitor.sock"
        for path in (agent, pins, monitor):
            path.unlink(missing_ok=True)
        self.edges: list[Edge] = []
        self.boot_id = ""
        self._numbers = itertools.count(1)
        self._asking = threading.Lock()
        words = [
            *("nice", "-n", "10", "qemu-system-x86_64", "-M", "pc", "-cpu", "Nehalem", "-accel", "tcg", "-icount", PACE),
            *("-smp", "1", "-m", str(MEMORY_MB), "-nodefaults", "-display", "none", "-nic", "none", "-no-reboot"),
            *("-kernel", str(BUILT / "vmlinuz"), "-initrd", str(BUILT / "initrd")),
            *("-append", "root=LABEL=hil-root rw console=ttyS0 quiet systemd.show_status=0 mitigations=off panic=-1"),
            *("-device", f"bochs-display,edid=on,xres={PANEL[0]},yres={PANEL[1]}"),
            *("-serial", f"file:{self.console}", "-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=agent,path={agent},server=on,wait=off"),
            *("-device", "virtserialport,chardev=agent,name=hil.agent"),
            *("-chardev", f"socket,id=pins,path={pins},server=on,wait=off"),
            *("-device", "virtserialport,chardev=pins,name=hil.pins"),
            *("-qmp", f"unix:{monitor},server=on,wait=off"),
            *disks.arguments(),
            *(() if state is None else ("-incoming", f"exec:cat {state}")),
        ]
        with (folder / "qemu.log").open("ab") as said:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        self._monitor = monitor
        try:
            self._pins = self._connect(pins)
            self._agent = self._connect(agent)
        except BaseException:
            self._process.kill()
            self._process.wait(30)
            raise
        self._answers = self._agent.makefile("rb")
        self._watcher = threading.Thread(target=self._watch, name="hil-pins", daemon=True)
        self._watcher.start()
        if state is not None:
            self._go_on()

    def wait_booted(self) -> str:
        """Wait for the hand inside; return the boot's identity. Raises GuestSilent."""
        self._agent.settimeout(BOOTS_WITHIN_S)
        self.boot_id = str(self._next_answer()["answer"])
        return self.boot_id

    def ask(self, do: str, within_s: float = ANSWERS_WITHIN_S, **words: Any) -> Any:
        """Have one thing done inside. Raises GuestSilent, also for what went wrong there."""
        with self._asking:
            number = next(self._numbers)
            self._agent.settimeout(within_s)
            try:
                self._agent.sendall(json.dumps({"id": number, "do": do, "with": words}).encode() + b"\n")
                answer = self._next_answer()
            except OSError as error:
                raise GuestSilent(f"{do}: {error}") from error
        if answer["id"] != number or "error" in answer:
            raise GuestSilent(f"{do} {words}: {answer.get('error', answer)}")
        return answer["answer"]

    def run(self, *words: str, within_s: float = ANSWERS_WITHIN_S, may_fail: bool = False) -> str:
        """Run a program inside and return what it printed. Raises GuestSilent if it fails and may not."""
        done = self.ask("run", within_s, argv=words, timeout_s=within_s - 1)
        if done["status"] and not may_fail:
            raise GuestSilent(f"{' '.join(words)}: status {done['status']}\n{done['out']}{done['err']}")
        return str(done["out"])

    def write(self, path: str, text: str) -> None:
        """Write a small file inside."""
        self.ask("write", path=path, text=text)

    def read_status(self, pid: int) -> dict[str, str]:
        """What the kernel says of a process."""
        lines = self.ask("read", path=f"/proc/{pid}/status").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def events(self, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """The kiosk's events from a row of its log on."""
        return [(row, json.loads(header)) for row, header in self.ask("events", after=after)]

    def copy_log(self, into: Path) -> Path:
        """Copy the kiosk's log out, whole, while it is written."""
        size = int(self.ask("copy_log"))
        into.write_bytes(b"".join(self._piece(at) for at in range(0, size, PIECE)))
        return into

    def _piece(self, at: int) -> bytes:
        return base64.b64decode(self.ask("piece", at=at, size=PIECE))

    def trace(self, pin: int) -> list[Edge]:
        """What the kernel has told of one line so far."""
        return [edge for edge in list(self.edges) if edge.pin == pin]

    def save(self, state: Path) -> None:
        """Write down all that the machine is, and end it: its disks stay as they are at that moment."""
        with closing(self._connect(self._monitor)) as end, end.makefile("rwb") as monitor:
            _say(monitor, {"execute": "qmp_capabilities"})
            _say(monitor, {"execute": "stop"})
            _say(monitor, {"execute": "migrate", "arguments": {"uri": f"exec:cat >{state}"}})
            until(
                lambda: _say(monitor, {"execute": "query-migrate"}).get("status") == "completed", 60.0, "the state is saved"
            )
        self.close()

    def look(self, into: Path) -> Path:
        """Write what the display shows now, as the graphics card has it, to a file (PPM)."""
        with closing(self._connect(self._monitor)) as end, end.makefile("rwb") as monitor:
            _say(monitor, {"execute": "qmp_capabilities"})
            _say(monitor, {"execute": "screendump", "arguments": {"filename": str(into)}})
        return into

    def _go_on(self) -> None:
        """Let a machine run whose state was saved while it stood still."""
        with closing(self._connect(self._monitor)) as end, end.makefile("rwb") as monitor:
            _say(monitor, {"execute": "qmp_capabilities"})
            until(lambda: _say(monitor, {"execute": "query-status"})["status"] == "paused", 60.0, "the state is read")
            _say(monitor, {"execute": "cont"})

    def kill(self) -> None:
        """Take the power away: SIGKILL, by the emulator's own number. Idempotent."""
        self._process.kill()
        self._process.wait(30)

    def close(self) -> None:
        """End, whatever state it is in."""
        self.kill()
        self._watcher.join(10)
        for end in (self._answers, self._agent, self._pins):
            with contextlib.suppress(OSError):
                end.close()

    def _connect(self, path: Path) -> socket.socket:
        def connected() -> socket.socket | None:
            if self._process.poll() is not None:
                raise GuestSilent(f"QEMU ended: {(path.parent / 'qemu.log').read_text(encoding='utf-8')[-2000:]}")
            end = socket.socket(socket.AF_UNIX)
            try:
                end.connect(str(path))
            except OSError:
                end.close()
                return None
            return end

        return until(connected, 20.0, f"{path.name} is there")

    def _next_answer(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
        except OSError as error:
            raise GuestSilent(f"no answer: {error}; its console is {self.console}") from error
        if not line:
            raise GuestSilent(f"the guest has ended; its console is {self.console}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _watch(self) -> None:
        with contextlib.suppress(OSError), self._pins.makefile("r", encoding="ascii") as lines:
            for line in lines:
                at_ns, pin, level = line.split()
                self.edges.append(Edge(int(at_ns) / 1e9, int(pin), level == "1"))
