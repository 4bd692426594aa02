"""Whether a kiosk is running here, which must not be disturbed: its core is asked, and its log says what it has lost."""

import contextlib
import errno
import json
import socket
import sqlite3
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from kiosk.doctor.findings import Finding, PartName, finding, fit, unfit, unknown
from kiosk.doctor.log_reading import open_for_reading
from kiosk.model import Part
from kiosk.units import Seconds

ANSWER_WITHIN = Seconds(1.0)
LOOKED_THROUGH = 20_000
"""So many of the newest events are looked through for what the running kiosk has lost."""
PROCESSES = frozenset({Part.GATE, Part.EYES, Part.SCREEN})
_PEER = struct.Struct("3i")
"""struct ucred (unix(7)): process, user, group."""


class Answer(StrEnum):
    """What came of asking the core's socket."""

    RUNNING = "running"
    STOPPED = "stopped"
    SILENT = "silent"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Running:
    """The kiosk as it was met. `lost`: parts that it has lost, by its own record, and why."""

    answer: Answer = Answer.STOPPED
    answer_s: float | None = None
    pid: int | None = None
    lost: Mapping[Part, str] = field(default_factory=dict)

    @property
    def has_devices(self) -> bool:
        """Whether the devices are another's, or may be: then they are left alone."""
        return self.answer is not Answer.STOPPED


def ask(core_socket: Path, within_s: Seconds = ANSWER_WITHIN) -> Running:
    """Ask whether a core lives at this socket: hang up, and see it hang up in return. It takes no note of that.

    A listening socket alone proves nothing: the kernel accepts for a process that hangs.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
        link.settimeout(within_s)
        began = time.monotonic()
        try:
            link.connect(str(core_socket))
            pid, _, _ = _PEER.unpack(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        except OSError as error:
            return Running(refusal(error))
        try:
            link.shutdown(socket.SHUT_WR)
            while link.recv(4096):
                pass
        except TimeoutError:
            return Running(Answer.SILENT, pid=pid)
        except OSError:
            pass  # hung up in haste: an answer all the same
        return Running(Answer.RUNNING, time.monotonic() - began, pid)


def refusal(error: OSError) -> Answer:
    """What an attempt to connect that failed says of the kiosk. What is not known to be free counts as held."""
    if isinstance(error, PermissionError):
        return Answer.FORBIDDEN
    if isinstance(error, FileNotFoundError | ConnectionRefusedError | NotADirectoryError) or error.errno == errno.EPROTOTYPE:
        return Answer.STOPPED
    # Its queue of callers is full: somebody listens, and does not accept.
    return Answer.SILENT


def lost_parts(log: Path) -> Mapping[Part, str]:
    """What the kiosk has lost since its start and not found again, with its reason, as its log says."""
    found: dict[Part, str] = {}
    heard: set[str] = set()
    with contextlib.closing(open_for_reading(log)) as connection:
        rows = connection.execute(
            "SELECT header FROM (SELECT header FROM event ORDER BY ordinal DESC, seq DESC LIMIT ?)"
            ' WHERE instr(header, \'"kind":"part_health"\') OR instr(header, \'"kind":"started"\')',
            (LOOKED_THROUGH,),
        )
        for (header,) in rows:
            event = json.loads(header)
            if event["kind"] == "started":
                break
            part = event["part"]
            if part not in heard and not event["well"] and part in tuple(Part):
                found[Part(part)] = str(event["detail"])
            heard.add(part)
    return found


def note_losses(running: Running, log: Path) -> Running:
    """Add what the log of a running kiosk says of its parts; nothing when the log cannot be read now."""
    if running.answer is not Answer.RUNNING:
        return running
    with contextlib.suppress(sqlite3.Error, OSError, ValueError, KeyError):
        return Running(running.answer, running.answer_s, running.pid, lost_parts(log))
    return running


def in_use(name: PartName, running: Running, *parts: Part) -> Finding:
    """Judge a device by what the running kiosk says of it: the first of `parts` that it has lost, if any."""
    measured = {"in_use": True}
    if running.answer is not Answer.RUNNING:
        return finding(name, [unknown("any.in_use_silent")], measured)
    for part in parts:
        if part in running.lost:
            reason = running.lost[part]
            # A process that is gone says nothing of the cable of its device.
            gone = part in PROCESSES
            lost = unfit("any.in_use_gone", reason=reason) if gone else unfit("any.in_use_lost", reason=reason)
            return finding(name, [lost], measured)
    return finding(name, [fit("any.in_use")], measured)
