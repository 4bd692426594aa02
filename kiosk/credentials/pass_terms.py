"""Where, when, with which vehicle and for whom a pass counts: what version 2 says beyond version 1.

    gates: count 1, each length 1, name | hours: count 1, each days 1, begins 2, ends 2
    | plate: length 1, UTF-8 | a company's 1: 0 or 1

Days are bits, Monday's the lowest; times are minutes of the day, big-endian, over midnight where they end earlier.
"""

import re
import struct
from dataclasses import field

from kiosk.errors import UsageError
from kiosk.evidence import Verdict
from kiosk.frozen import frozen
from kiosk.model import LocalTime
from kiosk.operands import Hours

MOST_GATES = 8
MOST_HOURS = 4
PLATE_BYTES = 20

_GATE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SPAN = struct.Struct(">BHH")
_DAY_MINUTES = 24 * 60
_ALL_DAYS = 0x7F


@frozen
class Terms:
    """The gates for which a pass is, and its hours; of what is empty, all.

    `plate`: of the vehicle with which its holder is expected; whoever comes on foot may. `company`: it is a whole
    company's, and each of its people gives their name at the gate.
    """

    gates: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    plate: str | None = field(default=None, repr=False)
    company: bool = False

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.gates or self.hours or self.plate or self.company)


ANYWHERE_ALWAYS = Terms()


@frozen
class Here:
    """Where and when a pass is shown. `time` None: this gate does not know what time of the week it is."""

    gate: str
    time: LocalTime | None


def judged(terms: Terms, here: Here | None) -> tuple[Verdict, str]:
    """Say whether a pass counts here and now; without a place, as `gatepost verify` asks, that is left out."""
    if here is None:
        return Verdict.VALID, ""
    if terms.gates and here.gate not in terms.gates:
        return Verdict.UNTRUSTED_ISSUER, "it is for other gates"
    if terms.hours and here.time is None:
        return Verdict.NOT_YET_VALID, "it is for some hours of the week, and this gate does not know the time"
    if terms.hours and not any(span.hold(here.time) for span in terms.hours if here.time is not None):
        return Verdict.NOT_YET_VALID, "it is for other hours of the week"
    return Verdict.VALID, ""


def packed(terms: Terms) -> bytes:
    """Write terms. Raises UsageError when they cannot stand in a pass."""
    if len(terms.gates) > MOST_GATES or len(terms.hours) > MOST_HOURS:
        raise UsageError(f"a pass names at most {MOST_GATES} gates and {MOST_HOURS} spans of hours")
    if len(set(terms.gates)) != len(terms.gates) or len(set(terms.hours)) != len(terms.hours):
        raise UsageError("a pass names a gate, or a span of hours, twice")
    out = bytes((len(terms.gates),))
    for gate in terms.gates:
        if not _GATE.fullmatch(gate):
            raise UsageError(f"a pass cannot name the gate {gate!r}; use small letters, digits and -")
        out += bytes((len(gate),)) + gate.encode()
    out += bytes((len(terms.hours),))
    out += b"".join(_SPAN.pack(sum(1 << day for day in span.days), span.begins, span.ends) for span in terms.hours)
    if terms.plate is not None and not _is_plate(terms.plate):
        raise UsageError(f"the plate on a pass is plain text of 1 to {PLATE_BYTES} bytes")
    plate = (terms.plate or "").encode()
    return out + bytes((len(plate),)) + plate + bytes((terms.company,))


def unpacked(data: bytes) -> Terms:
    """Read terms, which are all of `data`. Raises ValueError: they are not written as they are written here."""
    gates: list[str] = []
    count, rest = _one(data)
    for _ in range(count):
        length, rest = _one(rest)
        name, rest = rest[:length], rest[length:]
        if not _GATE.fullmatch(name.decode("ascii")):
            raise ValueError("a gate is not a name")
        gates.append(name.decode("ascii"))
    count, rest = _one(rest)
    hours, rest = rest[: count * _SPAN.size], rest[count * _SPAN.size :]
    length, rest = _one(rest)
    plate, company = rest[:length].decode(), rest[length:]
    if len(hours) != count * _SPAN.size or company not in {b"\0", b"\1"} or (plate and not _is_plate(plate)):
        raise ValueError("the lengths do not add up, or a plate is none")
    spans = tuple(_span(*found) for found in _SPAN.iter_unpack(hours))
    terms = Terms(tuple(gates), spans, plate or None, company == b"\1")
    if not terms or len(gates) > MOST_GATES or count > MOST_HOURS:
        raise ValueError("too many terms, or none at all")
    if len(set(terms.gates)) != len(gates) or len(set(terms.hours)) != count:
        raise ValueError("a term is there twice")
    return terms


def _span(days: int, begins: int, ends: int) -> Hours:
    if not 0 < days <= _ALL_DAYS or begins == ends or max(begins, ends) >= _DAY_MINUTES:
        raise ValueError("hours that are none")
    return Hours(begins, ends, frozenset(day for day in range(7) if days >> day & 1))


def _is_plate(text: str) -> bool:
    return text.isprintable() and text == text.strip() and 1 <= len(text.encode()) <= PLATE_BYTES


def _one(data: bytes) -> tuple[int, bytes]:
    if not data:
        raise ValueError("cut short")
    return data[0], data[1:]
