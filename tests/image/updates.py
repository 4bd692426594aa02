"""Bundles for the emulated gate, each on a stick: another version, and one whose gate never gets ready."""

import re
import subprocess
from pathlib import Path

from tests.image.board import BUILT
from tests.image.card import MIB, ROOT_A_AT, Card

ROOT_MIB = 1280
UNIT = "/usr/lib/systemd/system/gatepost-gate.service"


def stick_of(card: Card, version: str, folder: Path, *, bad: bool = False) -> Path:
    """Return a stick with the card's first root as another version; `bad`: its gate ends at once, whenever it is started."""
    folder.mkdir(parents=True)
    root = folder / "root.ext4"
    with card.path.open("rb") as file, root.open("wb") as copy:
        file.seek(ROOT_A_AT)
        for _ in range(ROOT_MIB):
            piece = file.read(MIB)
            copy.seek(MIB, 1) if piece == bytes(MIB) else copy.write(piece)
        copy.truncate(ROOT_MIB * MIB)
    new = Card(root)
    named = folder / "version"
    named.write_text(version + "\n", encoding="ascii")
    new.put(0, named, "/usr/lib/gatepost/version")
    if bad:
        unit = new.read(0, UNIT, folder / "gate.service")
        text = re.sub(r"(?m)^ExecStart=.*$", "ExecStart=/bin/false", unit.read_text(encoding="utf-8"))
        unit.write_text(text, encoding="utf-8")
        new.put(0, unit, UNIT)
    signing = BUILT / "signing"
    bundle = folder / f"gatepost-{version}-arm64.raucb"
    files = [root, signing / "certificate.pem", signing / "key.pem", signing / "certificate.pem", bundle]
    subprocess.run(["nice", "-n", "10", "deploy/image/make-bundle.sh", version, *map(str, files)], check=True, timeout=1800)
    root.unlink()
    stick = folder / "stick.img"
    with stick.open("wb") as file:
        file.truncate(bundle.stat().st_size + 64 * MIB)
    subprocess.run(["mkfs.vfat", "-F", "32", "-n", "GATEPOST", str(stick)], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", str(stick), str(bundle), "::"], check=True)
    bundle.unlink()
    return stick
