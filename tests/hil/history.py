"""A disk's history of writes, and what would be on it had the power gone at any moment of it.

The history is what QEMU's blklogwrites driver writes (block/blklogwrites.c; the format of Linux's dm-log-writes): one
sector of head, then for each request a sector that says what it was, and its data. What a disk has flushed it keeps. Of
what came later it has any part: here a part drawn by chance, each write whole or not at all.
"""

import json
import os
import random
import sqlite3
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.events import GENESIS, Event, Head, verify

SECTOR = 512
MAGIC, VERSION = 0x6A736677736872, 1
SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD = 1, 2, 4
FILES = ("log.sqlite", "log.sqlite-wal")


@dataclass(frozen=True, slots=True)
class Request:
    """A write of `length` bytes at `offset` of the disk, whose data are at `place` in the history; or a flush alone."""

    offset: int
    length: int
    place: int
    flushes: bool


def requests(history: Path) -> Iterator[Request]:
    """Read a history from its beginning, as far as it goes."""
    size = history.stat().st_size
    with history.open("rb") as file:
        magic, version, _, sector = SUPER.unpack(file.read(SUPER.size))
        if (magic, version, sector) != (MAGIC, VERSION, SECTOR):
            raise ValueError(f"{history} is no history of writes")
        at = SECTOR
        while at + SECTOR <= size:
            file.seek(at)
            place, count, flags, _ = ENTRY.unpack(file.read(ENTRY.size))
            at += SECTOR
            if not count and not flags & FLUSH:
                # The emulator was killed before it had written what this request was.
                return
            length = 0 if flags & DISCARD else count * SECTOR
            if at + length > size:
                return
            yield Request(place * SECTOR, length, at, bool(flags & (FLUSH | FUA)))
            at += length


class Disk:
    """The disk as it was before its history, and any moment of it."""

    def __init__(self, before: Path, history: Path) -> None:
        self._before = before
        self._history = history
        self.requests = list(requests(history))

    @property
    def flushes(self) -> list[int]:
        """The numbers of the requests that flushed."""
        return [number for number, request in enumerate(self.requests) if request.flushes]

    def without_power(self, after: int, chance: random.Random, into: Path) -> Path:
        """Write what is left of the disk if the power goes after so many requests."""
        flushed = max((number for number in self.flushes if number < after), default=-1)
        kept = [
            request
            for number, request in enumerate(self.requests[:after])
            if request.length and (number <= flushed or chance.random() < 0.5)
        ]
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", str(self._before), str(into)], check=True, timeout=60)
        with self._history.open("rb") as history, into.open("r+b") as disk:
            for request in kept:
                history.seek(request.place)
                disk.seek(request.offset)
                disk.write(history.read(request.length))
        return into


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a kiosk would find: the events whose chain was verified, and the mark beyond the file system."""

    events: tuple[dict[str, Any], ...]
    mark: dict[str, Any] | None


def recover(disk: Path, folder: Path) -> Recovered:
    """Do what a boot does: replay the file system's journal, open the log, follow its chain.

    Raises ValueError for a file system or a log that is damaged, ChainBroken for a chain that does not hold.
    """
    mended = subprocess.run(["e2fsck", "-p", str(disk)], capture_output=True, text=True, timeout=60, check=False)
    if mended.returncode not in (0, 1):
        raise ValueError(f"the file system is damaged: {mended.stdout}{mended.stderr}")
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
        _dump(disk, name, folder / name)
    return Recovered(_chain(folder / FILES[0]), _mark(disk))


def follow(log: Path) -> tuple[dict[str, Any], ...]:
    """Read a log and verify every chain in it. Raises ValueError or ChainBroken."""
    return _chain(log)


def _dump(disk: Path, name: str, into: Path) -> None:
    subprocess.run(["debugfs", "-R", f"dump /{name} {into}", str(disk)], check=True, capture_output=True, timeout=60)


def _mark(disk: Path) -> dict[str, Any] | None:
    with disk.open("rb") as file:
        file.seek(-SECTOR, os.SEEK_END)
        text = file.read(SECTOR).rstrip(b"\0")
    if not text:
        return None
    mark: dict[str, Any] = json.loads(text)
    return mark


def _chain(log: Path) -> tuple[dict[str, Any], ...]:
    if not log.exists() or not log.stat().st_size:
        return ()
    with closing(sqlite3.connect(log)) as connection:
        if (said := connection.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
            raise ValueError(f"the log is damaged: {said[:3]}")
        heads: dict[int, Head] = {}
        found = []
        for ordinal, compound, device, log_id in connection.execute("SELECT ordinal, compound, device, log_id FROM log"):
            heads[ordinal] = Head(compound, device, log_id, 1, GENESIS)
        rows = connection.execute(
            "SELECT ordinal, header, prev_hash, sealed_digest, hash, sealed FROM event ORDER BY ordinal, seq"
        )
        for ordinal, *columns in rows:
            event = Event(*columns)
            heads[ordinal] = verify(heads[ordinal], event)
            found.append(event.fields)
        stored = connection.execute("SELECT ordinal, next_seq, head FROM log").fetchall()
    for ordinal, next_seq, head in stored:
        if (heads[ordinal].next_seq, heads[ordinal].hash) != (next_seq, head):
            raise ValueError(f"log {ordinal} ends elsewhere than its head says")
    return tuple(found)
