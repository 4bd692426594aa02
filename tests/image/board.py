"""An emulated board with a card in it: QEMU's `virt` with U-Boot, one boot after another until the power is taken away."""

import contextlib
import json
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

BUILT = Path(__file__).parents[2] / "build" / "image"
U_BOOT = BUILT / "u-boot-virt.bin"
MEMORY_MB = 1024
POLLS_EVERY_S = 0.5


class BoardSilent(Exception):
    """The board did not say what was waited for."""


class Board:
    """A board from power-on until `cut` or `close`. What it says on its serial line is in `serial`."""

    def __init__(self, card: Path, folder: Path, stick: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.serial = folder / "serial.log"
        self._monitor = folder / "monitor.sock"
        self._monitor.unlink(missing_ok=True)
        self.began = time.monotonic()
        words = [
            *("nice", "-n", "10", "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2"),
            *("-m", str(MEMORY_MB), "-accel", "tcg,thread=multi", "-nodefaults", "-display", "none"),
            *("-bios", str(U_BOOT), "-serial", f"file:{self.serial}"),
            *("-qmp", f"unix:{self._monitor},server=on,wait=off", "-device", "virtio-rng-pci"),
            # `cut` loses no more than the board's memory: whatever QEMU has taken over is on the card.
            *("-drive", f"file={card},format=raw,if=none,id=card,cache=writeback", "-device", "virtio-blk-pci,drive=card"),
            *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="),
            *("-device", "virtio-gpu-pci,xres=800,yres=480", "-device", "i6300esb", "-action", "watchdog=reset"),
        ]
        if stick is not None:
            words += [
                "-drive",
                f"file={stick},format=raw,if=none,id=stick,readonly=on",
                "-device",
                "virtio-blk-pci,drive=stick",
            ]
        with (folder / "qemu.log").open("ab") as said:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)

    def said(self) -> str:
        """Everything on the serial line so far."""
        return self.serial.read_text(encoding="utf-8", errors="replace") if self.serial.exists() else ""

    def wait_for(self, text: str, within_s: float, after: int = 0) -> float:
        """Wait until the serial line has `text`, past `after` characters; return seconds since power-on."""
        ends = time.monotonic() + within_s
        nobody = threading.Event()
        while text not in self.said()[after:]:
            if self._process.poll() is not None:
                raise BoardSilent(f"{text!r}: QEMU has ended, see {self.serial.parent / 'qemu.log'}")
            if time.monotonic() > ends:
                raise BoardSilent(f"{text!r}: not within {within_s:.0f} s, see {self.serial}")
            nobody.wait(POLLS_EVERY_S)
        return time.monotonic() - self.began

    def order(self, command: str, **words: Any) -> dict[str, Any]:
        """Give the monitor an order and return its answer. Raises BoardSilent."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as end:
            end.settimeout(60)
            end.connect(str(self._monitor))
            with end.makefile("rwb") as monitor:
                answer: dict[str, Any] = {}
                for order in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": words}):
                    monitor.write(json.dumps(order).encode() + b"\n")
                    monitor.flush()
                    answer = next(said for line in monitor if {"return", "error"} & (said := json.loads(line)).keys())
        if "error" in answer:
            raise BoardSilent(f"{command}: {answer['error']}")
        returned: dict[str, Any] = answer["return"]
        return returned

    def screenshot(self, into: Path) -> Path:
        """Write what the screen shows as a PNG."""
        self.order("screendump", filename=str(into), format="png")
        return into

    def press_power(self) -> None:
        """Ask for an orderly end."""
        self.order("system_powerdown")

    def wait_ended(self, within_s: float) -> None:
        self._process.wait(within_s)

    def cut(self) -> None:
        """Take the power away. Idempotent."""
        self._process.kill()
        self._process.wait(30)

    close = cut
