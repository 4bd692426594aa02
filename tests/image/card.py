"""A card as a test prepares it: a copy of the image, with files put onto its partitions from outside, as a reader would."""

import hashlib
import subprocess
from pathlib import Path

from tests.image.board import BUILT

MIB = 1024 * 1024
BOOT_AT, ROOT_A_AT, ROOT_B_AT, DATA_AT = 4 * MIB, 132 * MIB, 1412 * MIB, 2692 * MIB
"""Where the partitions begin (deploy/image/make-card.sh)."""
TALKATIVE = "systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info console=ttyAMA0,115200"
"""For the emulator alone: the journal on the serial line, where a test can read it."""


def _call(*words: str, text: str | None = None) -> str:
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout


class Card:
    """One card; `path` is its image. Its board must be off while it is changed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def copied(cls, image: Path, to: Path, size_mib: int) -> "Card":
        """Return a copy as on a card of this size, talkative."""
        _call("cp", "--sparse=always", "--reflink=auto", str(image), str(to))
        _call("truncate", "-s", f"{size_mib}M", str(to))
        card = cls(to)
        script = to.with_suffix(".cmd")
        script.write_text((BUILT / "boot.cmd").read_text(encoding="utf-8").replace("${more}", TALKATIVE), encoding="utf-8")
        _call("deploy/image/boot-script.py", str(script), str(to.with_suffix(".scr")))
        card.put_boot(to.with_suffix(".scr"), "boot.scr")
        return card

    def put_boot(self, file: Path, name: str) -> None:
        """Put a file onto the first partition, the one that any computer opens."""
        _call("mcopy", "-o", "-i", f"{self.path}@@{BOOT_AT}", str(file), f"::{name}")

    def boot_file(self, name: str) -> str | None:
        """Return a file of the first partition; None if it is not there."""
        done = subprocess.run(["mtype", "-i", f"{self.path}@@{BOOT_AT}", f"::{name}"], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def put(self, at: int, file: Path, name: str, *, mode: str = "0100644") -> None:
        """Put a file into the ext4 that begins `at` this byte, and was never cut: its journal would be played over it."""
        orders = f"rm {name}\nwrite {file} {name}\nsif {name} mode {mode}\n"
        _call("debugfs", "-w", "-f", "-", f"{self.path}?offset={at}", text=orders)

    def link(self, at: int, target: str, name: str) -> None:
        _call("debugfs", "-w", "-R", f"symlink {name} {target}", f"{self.path}?offset={at}")

    def read(self, at: int, name: str, into: Path) -> Path:
        """Copy a file out of an ext4."""
        _call("debugfs", "-R", f"dump {name} {into}", f"{self.path}?offset={at}")
        return into

    def copied_as(self, to: Path) -> "Card":
        """Return a copy of what is on the card at this moment."""
        _call("cp", "--sparse=always", "--reflink=auto", str(self.path), str(to))
        return Card(to)

    def digest(self, at: int) -> str:
        """The SHA-256 of the root that begins `at` this byte."""
        sha = hashlib.sha256()
        with self.path.open("rb") as file:
            file.seek(at)
            for _ in range(ROOT_B_AT - ROOT_A_AT >> 20):
                sha.update(file.read(MIB))
        return sha.hexdigest()

    def slots(self) -> bytes:
        """The two sectors that name the slots."""
        data = b""
        with self.path.open("rb") as file:
            for sector in (0x100, 0x500):
                file.seek(sector * 512)
                data += file.read(512)
        return data
