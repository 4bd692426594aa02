"""The durable log: whether it opens, holds together, has room, and how long an event takes to be on the disk."""

import contextlib
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit, unknown
from kiosk.doctor.log_reading import open_for_reading
from kiosk.doctor.running import Running
from kiosk.errors import GatepostError
from kiosk.events import Event, Head, verify
from sync.room import CAPACITY, NEARLY_FULL, room_in
from sync.set_aside import set_aside_beside

VERIFIED = 500
"""So many of the newest events are followed hash by hash."""
FSYNCS = 20
FSYNCS_BESIDE_A_KIOSK = 5
"""Fewer where a kiosk writes to the same disk: each of ours may delay one of its own."""
FSYNCS_WITHIN_S = 3.0
EVENT_BYTES = 4096
SLOW_MS = 60.0
"""Median of a fsync. The budget expects 15 ms; four times that is felt by every visitor."""
SLOWEST_MS = 500.0
LEAST_FREE_MB = 200.0
"""Some weeks of events and their write-ahead log; below it the keeper still has time to act."""
BACKLOG = 1000
LONGEST_REASON = 120
"""SQLite quotes what it cannot read."""

Free = Callable[[Path], float]
Sync = Callable[[Path, int], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Gate:
    """Whose log it must be, and how many bytes it may fill."""

    compound: str
    device: str
    capacity: int = CAPACITY


def _fsync_ms(folder: Path, times: int) -> Sequence[float]:
    """How long the folder's disk takes to make an event durable, with a file that has no name and leaves nothing."""
    taken: list[float] = []
    ends = time.monotonic() + FSYNCS_WITHIN_S
    with tempfile.TemporaryFile(dir=folder, prefix="gatepost-doctor-", buffering=0) as file:
        while len(taken) < times and (not taken or time.monotonic() < ends):
            file.write(bytes(EVENT_BYTES))
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def _free_mb(folder: Path) -> float:
    return shutil.disk_usage(folder).free / 1e6


def examine(path: Path, gate: Gate, running: Running, *, free: Free = _free_mb, sync: Sync = _fsync_ms) -> Iterator[Finding]:
    """Examine the log at `path`. `free` gives a disk's free megabytes, `sync` the milliseconds of some fsyncs."""
    folder = _existing(path.parent)
    measured: dict[str, Any] = {"free_mb": round(free(folder), 1)}
    if not _is_new(path):
        remarks = _content(path, gate, measured)
    elif running.has_devices:
        remarks = [unfit("log.lost", path=path)]
    else:
        remarks = [absent("log.new", free_mb=measured["free_mb"])]
    if measured["free_mb"] < LEAST_FREE_MB:
        remarks.append(unfit("log.no_space", free_mb=measured["free_mb"]))
    if path.parent.is_dir() and (aside := set_aside_beside(path)):
        measured |= {"set_aside": len(aside), "set_aside_mb": round(sum(kept.stat().st_size for kept in aside) / 1e6, 1)}
        remarks.append(fit("log.set_aside", files=len(aside), mb=measured["set_aside_mb"], path=path))
    times = FSYNCS_BESIDE_A_KIOSK if running.has_devices else FSYNCS
    remarks.append(_writing(lambda: sync(folder, times), measured))
    # Not wanted: a log that is not there yet is no fault.
    yield finding(PartName.LOG, remarks, measured, wanted=False)


def _is_new(path: Path) -> bool:
    """Whether there is no log, or no more of one than a crash at its making leaves: the kiosk makes it."""
    return not path.exists() or (path.stat().st_size == 0 and not path.with_name(path.name + "-wal").exists())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there: the kiosk makes the rest."""
    return next(place for place in (folder, *folder.absolute().parents) if place.is_dir())


def _content(path: Path, gate: Gate, measured: dict[str, Any]) -> list[Remark]:
    try:
        with contextlib.closing(open_for_reading(path)) as connection:
            return _read(connection, gate, measured)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return [unfit("log.locked", path=path)]
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH):
            return [unknown("log.unreadable", reason=error)]
        return [unfit("log.corrupt", reason=str(error)[:LONGEST_REASON])]
    except (GatepostError, UnicodeDecodeError, TypeError, ValueError) as error:
        return [unfit("log.corrupt", reason=str(error)[:LONGEST_REASON])]


def _read(connection: sqlite3.Connection, gate: Gate, measured: dict[str, Any]) -> list[Remark]:
    (events,) = connection.execute("SELECT count(*) FROM event").fetchone()
    (lacking,) = connection.execute("SELECT coalesce(sum(next_seq - acknowledged), 0) FROM log").fetchone()
    current = connection.execute(
        "SELECT ordinal, compound, device, log_id, next_seq, head FROM log ORDER BY ordinal DESC LIMIT 1"
    ).fetchone()
    verified = 0 if current is None else _verified(connection, *current)
    measured |= {"events": events, "unacknowledged": lacking, "verified": verified}
    remarks = [fit("log.well", events=events, unacknowledged=lacking, verified=verified, free_mb=measured["free_mb"])]
    if current is not None and current[1:3] != (gate.compound, gate.device):
        found, wanted = f"{current[1]}/{current[2]}", f"{gate.compound}/{gate.device}"
        remarks.append(unfit("log.other_gate", found=found, wanted=wanted))
    room = room_in(connection, gate.capacity, round(measured["free_mb"] * 1e6))
    measured["left_mb"] = room.left // 1_000_000
    if room.capacity - room.used < room.capacity * NEARLY_FULL:
        remarks.append(unfit("log.nearly_full", used_mb=room.used / 1e6, capacity_mb=room.capacity / 1e6))
    if lacking > BACKLOG:
        remarks.append(fit("log.backlog", unacknowledged=lacking))
    return remarks


def _verified(
    connection: sqlite3.Connection, ordinal: int, compound: str, device: str, log_id: str, next_seq: int, head: bytes
) -> int:
    """Follow the chain through the newest events up to the head. Raises what does not hold; ValueError at the head."""
    rows = connection.execute(
        "SELECT seq, header, prev_hash, sealed_digest, hash, sealed, signature FROM event"
        " WHERE ordinal = ? ORDER BY seq DESC LIMIT ?",
        (ordinal, VERIFIED),
    ).fetchall()
    rows.reverse()
    if not rows:
        raise ValueError("its newest events are not there")
    seq, prev_hash = rows[0][0], rows[0][2]
    standing = Head(compound, device, log_id, seq, prev_hash)
    for _, *members in rows:
        standing = verify(standing, Event(*members))
    if (standing.next_seq, standing.hash) != (next_seq, head):
        raise ValueError("its newest event is not the one that its head names")
    return len(rows)


def _writing(sync: Callable[[], Sequence[float]], measured: dict[str, Any]) -> Remark:
    try:
        taken = sync()
    except PermissionError as error:
        # The kiosk's own account may be allowed to.
        return unknown("log.unwritable", reason=error.strerror or error)
    except OSError as error:
        return unfit("log.unwritable", reason=error.strerror or error)
    median, longest = statistics.median(taken), max(taken)
    measured |= {"fsync_ms": round(median, 2), "fsync_max_ms": round(longest, 2), "fsyncs": len(taken)}
    if median > SLOW_MS or longest > SLOWEST_MS:
        return unfit("log.slow_disk", fsync_ms=median, fsync_max_ms=longest)
    return fit("log.fsync", fsync_ms=median, fsync_max_ms=longest)
