"""What a technician sends to whoever helps: the doctor's findings, the configuration's figures, the journal's own lines.

Nobody who came to the gate may be in it. So nothing is taken out of the log, and of the journal only lines that are of
our own making: known facts of known kinds. Whatever a library or the system wrote beside them is counted and left out.
"""

import io
import json
import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from kiosk.config import Config
from kiosk.errors import UsageError

EVENT = re.compile(r"[a-z][a-z-]*( [a-z-]+){0,5}")
"""A few plain words, as every line of ours has them."""
FACTS = frozenset(
    {
        "after_s", "at", "chore", "count", "detail", "events", "exception", "kind", "level", "library", "number", "part",
        "pid", "port", "process", "reason", "severity", "status", "thread", "timestamp", "version", "why", "worker",
    }
)  # fmt: skip
"""What a line may tell beside its event. A new fact is left out until it is judged here."""
KIND = re.compile(r"[A-Za-z_][\w.]{0,99}")
PLACE = re.compile(r"[\w./<>-]{1,120}:\d+ [\w.<>]{1,80}")
LONGEST = 400
"""Characters: a sentence of ours is shorter."""
TOLD = frozenset(
    {
        "gate.compound", "gate.device", "gate.run_dir", "thermometer.source", "relay.source", "relay.direction",
        "screen.language", "screen.window", "policy.file", "log.path",
    }
)  # fmt: skip
"""The configuration's texts that may be told; of all others, only that they are set."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Lines of ours as JSON, oldest first, and how many were left out."""

    lines: tuple[str, ...]
    left_out: int


def our_lines(entries: Iterable[bytes]) -> Journal:
    """Keep what is ours of the journal's entries, as `journalctl --output=json` gives them."""
    kept, left_out = [], 0
    for entry in entries:
        line = _line_of(entry)
        if line is None:
            left_out += 1
        else:
            kept.append(line)
    return Journal(tuple(kept), left_out)


def write_bundle(file: Path, findings: Mapping[str, Any], config: Config, journal: Journal, at: datetime) -> None:
    """Write the bundle, a gzipped tar, for its owner alone. Raises UsageError."""
    about = {"written": at.astimezone(UTC).isoformat(timespec="seconds"), "lines_left_out": journal.left_out}
    contents = {
        "about.json": _json(about),
        "doctor.json": _json(findings),
        "configuration.json": _json(figures(config)),
        "journal.jsonl": "".join(f"{line}\n" for line in journal.lines).encode(),
    }
    try:
        with file.open("xb") as opened:
            file.chmod(0o600)
            with tarfile.open(fileobj=opened, mode="w:gz") as bundle:
                for name, content in contents.items():
                    member = tarfile.TarInfo(f"gatepost-support/{name}")
                    member.size, member.mtime = len(content), int(at.timestamp())
                    bundle.addfile(member, io.BytesIO(content))
    except FileExistsError as error:
        raise UsageError(f"{file}: is there already; name another with --to") from error
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from error


def figures(config: Config) -> dict[str, dict[str, Any]]:
    """Return the configuration without secrets and addresses: figures and switches, and what kind of device there is."""
    told: dict[str, dict[str, Any]] = {}
    for section, values in msgspec.to_builtins(config).items():
        if values is None:
            continue
        told[section] = {key: _figure(f"{section}.{key}", value) for key, value in values.items()}
    # Its address may have a password in it.
    told["camera"]["source"] = config.camera.source.partition(":")[0]
    return told


def _figure(place: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float) or place in TOLD:
        return value
    return "set" if value else "empty"


def _line_of(entry: bytes) -> str | None:
    """Read one entry; None if it is not a line of ours."""
    try:
        told = json.loads(entry)
        line = json.loads(told["MESSAGE"])
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(line, dict) or not isinstance(event := line.get("event"), str) or not EVENT.fullmatch(event):
        return None
    facts = {key: kept for key, value in line.items() if key in FACTS and (kept := _fact(key, value)) is not None}
    unit = str(told.get("_SYSTEMD_UNIT", ""))
    process = unit if re.fullmatch(r"gatepost-[a-z-]+\.service", unit) else "unknown"
    return json.dumps({"unit": process, "event": event, **facts}, ensure_ascii=False)


def _fact(key: str, value: object) -> object | None:
    if key == "exception":
        return _trace(value)
    if isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and len(value) <= LONGEST else None


def _trace(told: object) -> list[dict[str, Any]] | None:
    """Errors by their kinds and places, as `kiosk.diagnostics` writes them."""
    if not isinstance(told, list):
        return None
    kept = []
    for error in told:
        if isinstance(error, dict) and isinstance(kind := error.get("kind"), str) and KIND.fullmatch(kind):
            places = [place for place in error.get("at", []) if isinstance(place, str) and PLACE.fullmatch(place)]
            several = [_trace(one) for one in error.get("several", [])]
            kept.append({"kind": kind, "at": places} | ({"several": several} if several else {}))
    return kept


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
