#!/usr/bin/python3
"""Which of the two roots U-Boot starts, and how often it may try: RAUC's own back end, for boards of three kinds.

Two single sectors before the first partition hold the same text with its CRC-32, as U-Boot's `env export -c` writes it.
The first is written first and read first: whatever a power cut leaves, one of the two holds. boot.cmd is the other reader.

    slots.py get-primary | set-primary SLOT | get-state SLOT | set-state SLOT good|bad | show
"""

import os
import struct
import sys
import zlib
from pathlib import Path

SECTOR = 512
PLACES = (0x100 * SECTOR, 0x500 * SECTOR)
SLOTS = ("A", "B")
PROVEN = 8
"""Attempts of a slot that has reached 'gate ready': a card that is plugged in and out is no reason to change."""
ON_TRIAL = 2
"""Attempts of a slot that was just written."""
ROOT = "/dev/disk/by-partuuid/67617465-02"


class Slots:
    """The order in which slots are tried, and each one's attempts left."""

    def __init__(self, order: list[str], left: dict[str, int]) -> None:
        self.order = order
        self.left = left

    @classmethod
    def read(cls, disk: Path) -> "Slots":
        """What the disk says; both slots as proven where neither copy holds, as boot.cmd has it."""
        with disk.open("rb") as file:
            for place in PLACES:
                file.seek(place)
                found = cls.decoded(file.read(SECTOR))
                if found is not None:
                    return found
        return cls(list(SLOTS), dict.fromkeys(SLOTS, PROVEN))

    @classmethod
    def decoded(cls, sector: bytes) -> "Slots | None":
        """Read one copy; None if its checksum or its content does not hold."""
        if len(sector) != SECTOR or struct.unpack("<I", sector[:4])[0] != zlib.crc32(sector[4:]):
            return None
        texts = sector[4:].split(b"\0\0", 1)[0].decode("ascii", "replace").split("\0")
        said = dict(text.partition("=")[::2] for text in texts)
        order = said.get("slot_order", "").split()
        lefts = [said.get(f"slot_{slot.lower()}_left", "") for slot in SLOTS]
        # U-Boot counts in hexadecimal.
        if sorted(order) != sorted(SLOTS) or any(left not in tuple("012345678") for left in lefts):
            return None
        return cls(order, {slot: int(left) for slot, left in zip(SLOTS, lefts, strict=True)})

    def encoded(self) -> bytes:
        """One copy: 512 bytes."""
        said = [f"slot_{slot.lower()}_left={self.left[slot]}" for slot in SLOTS] + [f"slot_order={' '.join(self.order)}"]
        body = "\0".join(said).encode("ascii").ljust(SECTOR - 4, b"\0")
        return struct.pack("<I", zlib.crc32(body)) + body

    def write(self, disk: Path) -> None:
        """One copy after the other, each on the card before the next is begun."""
        file = os.open(disk, os.O_WRONLY | os.O_SYNC)
        try:
            for place in PLACES:
                os.pwrite(file, self.encoded(), place)
                os.fsync(file)
        finally:
            os.close(file)

    def primary(self) -> str:
        """The slot that is started next."""
        return next((slot for slot in self.order if self.left[slot]), self.order[0])

    def prefer(self, slot: str) -> None:
        """Try this one first from now on; a slot that had no attempt left gets those of a trial."""
        self.order = [slot, *(other for other in SLOTS if other != slot)]
        self.left[slot] = self.left[slot] or ON_TRIAL


def say(answer: str) -> None:
    """Answer RAUC."""
    sys.stdout.write(answer + "\n")


def main(words: list[str], disk: Path) -> int:
    """Do what RAUC asks for; return the exit status."""
    slots = Slots.read(disk)
    match words:
        case ["get-primary"]:
            say(slots.primary())
        case ["set-primary", slot] if slot in SLOTS:
            slots.prefer(slot)
            slots.write(disk)
        case ["get-state", slot] if slot in SLOTS:
            say("good" if slots.left[slot] else "bad")
        case ["set-state", slot, "good" | "bad" as state] if slot in SLOTS:
            slots.left[slot] = PROVEN if state == "good" else 0
            slots.write(disk)
        case ["show"]:
            say(" ".join([*slots.order, *(f"{slot}={slots.left[slot]}" for slot in SLOTS)]))
        case _:
            sys.stderr.write("slots.py: get-primary, set-primary SLOT, get-state SLOT, set-state SLOT good|bad, show\n")
            return 2
    return 0


def own_disk() -> Path:
    """The disk that the running root is a partition of."""
    partition = Path(ROOT).resolve().name
    return Path("/dev") / Path("/sys/class/block", partition).resolve().parent.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], own_disk()))
