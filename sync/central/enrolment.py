"""Codes issued and redeemed: each lets one device in, once, for as long as it is valid.

Only a digest of a code's secret is kept. Two devices with one code: whoever is first in the database has it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from kiosk.direction import Direction
from kiosk.errors import GatepostError, UsageError
from sync.central.access import SERVER, Act, Asker, Role, record
from sync.central.database import changing
from sync.central.enrolled import Ended, Enrolment, add, devices_of, end, find
from sync.central.schema import enrolment_code
from sync.enrolment_code import NO_CA, SECRET_BYTES, EnrolmentCode
from sync.enrolment_wire import Place, Why

HOUR_US = 3_600_000_000
KEPT_US = 31 * 24 * HOUR_US
"""A code that is over is kept for so long, for a device that has not heard the answer yet."""
GATE_LENGTH = 54
"""A gate's name has so many characters at most: its device's name adds nine."""


class CodeRefused(GatepostError, PermissionError):
    """A code lets nobody in (any more), or not this device; `why` says it to programs."""

    def __init__(self, why: Why, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


class GateTaken(UsageError):
    """A gate has a device there already, `device`."""

    def __init__(self, gate: str, device: str) -> None:
        super().__init__(f"{gate} has {device} already; say --replaces {device}, or revoke it, or name another --direction")
        self.device = device


class NobodyReplaced(UsageError):
    """The device that is to be replaced never was at that gate."""


def issue(engine: Engine, place: Mapping[str, Any], valid_hours: int, asker: Asker, now_us: int, ca: bytes) -> EnrolmentCode:
    """Issue a code for a place: `compound`, `gate`, `direction`, and `replaces`, a device of that gate or None.

    Raises GateTaken when somebody is there already, or NobodyReplaced.
    """
    code = EnrolmentCode(secrets.token_bytes(SECRET_BYTES), ca or NO_CA)
    compound, gate, direction = place["compound"], place["gate"], Direction(place["direction"])
    with changing(engine) as connection:
        _see_free(connection, compound, gate, direction, place["replaces"])
        over = enrolment_code.c.expires_us < now_us - KEPT_US
        connection.execute(delete(enrolment_code).where(enrolment_code.c.compound == compound, over))
        connection.execute(
            insert(enrolment_code).values(
                compound=compound,
                digest=_digest(code.secret),
                gate=gate,
                direction=direction,
                replaces=place["replaces"],
                issued_us=now_us,
                expires_us=now_us + valid_hours * HOUR_US,
            )
        )
        record(connection, compound, asker, Act.ISSUE_CODE, {**place, "valid_hours": valid_hours}, now_us)
    return code


def redeem(engine: Engine, compound: str, secret: bytes, public_key: bytes, now_us: int) -> Enrolment:
    """Enrol the device of this key by a code's secret; for a repeat, the same answer. Raises CodeRefused."""
    try:
        with changing(engine) as connection:
            return _redeem(connection, compound, secret, public_key, now_us)
    except IntegrityError as error:
        raise CodeRefused(Why.KEY_KNOWN, "the device is enrolled already, by another code") from error


def _redeem(connection: Connection, compound: str, secret: bytes, public_key: bytes, now_us: int) -> Enrolment:
    digest = _digest(secret)
    codes = connection.execute(select(enrolment_code.c.digest).where(enrolment_code.c.compound == compound)).scalars().all()
    # All are compared, and each in constant time: how long it takes tells nothing of them.
    if not sum(hmac.compare_digest(one, digest) for one in codes):
        raise CodeRefused(Why.CODE_UNKNOWN, f"no such code was issued in {compound}")
    this = (enrolment_code.c.compound == compound) & (enrolment_code.c.digest == digest)
    code = connection.execute(select(enrolment_code).where(this).with_for_update()).one()
    if code.used_by is not None:
        used_by = find(connection, compound, code.used_by)
        if used_by is None or used_by.public_key != public_key:
            raise CodeRefused(Why.CODE_USED, "the code has been used by another device; ask for a new one")
        if used_by.ended_as is not None:
            raise CodeRefused(Why(used_by.ended_as), f"the device has been {used_by.ended_as} since")
        return used_by
    if code.expires_us < now_us:
        raise CodeRefused(Why.CODE_EXPIRED, "the code has expired; ask for a new one")
    place = Place(
        compound=compound,
        gate=code.gate,
        direction=Direction(code.direction),
        device=f"{code.gate}-{hashlib.sha256(public_key).hexdigest()[:8]}",
        replaces=code.replaces,
    )
    enrolled = Enrolment(place, public_key, now_us)
    add(connection, enrolled)
    connection.execute(update(enrolment_code).where(this).values(used_by=place.device))
    if place.replaces is not None:
        end(connection, compound, place.replaces, Ended.REPLACED, now_us)
    asker = Asker(SERVER, Role.TECHNICIAN, "a device enrolled by its code")
    subject = {"device": place.device, "gate": place.gate, "direction": place.direction, "replaces": place.replaces}
    record(connection, compound, asker, Act.ENROL, subject, now_us)
    return enrolled


def _see_free(connection: Connection, compound: str, gate: str, direction: Direction, replaces: str | None) -> None:
    here = {one.place.device: one for one in devices_of(connection, compound) if one.place.gate == gate}
    if replaces is not None and replaces not in here:
        raise NobodyReplaced(f"--replaces {replaces}: {gate} in {compound} never had such a device")
    for name, one in here.items():
        taken = direction == one.place.direction or Direction.BOTH in (direction, one.place.direction)
        if one.ended_as is None and taken and name != replaces:
            raise GateTaken(gate, name)


def _digest(secret: bytes) -> bytes:
    """What is kept of a secret. It is 80 random bits: no slow function would make it harder to guess."""
    return hashlib.sha256(b"gatepost enrolment secret\0" + secret).digest()
