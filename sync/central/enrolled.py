"""The devices that were enrolled: found by name, ended for good, and which logs each may bring."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from kiosk.direction import Direction
from kiosk.errors import UsageError
from sync.central.access import Act, Asker, record
from sync.central.schema import device
from sync.enrolment_wire import Place

PREDECESSORS = 100
"""So far back the devices that were at a gate before are looked through."""


# Made once, for every request asks it.
_BY_NAME = select(device).where(device.c.compound == bindparam("its_compound"), device.c.device == bindparam("its_device"))


class Ended(StrEnum):
    """As what a device ceased to be heard."""

    REVOKED = "revoked"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One device that was enrolled, by the raw bytes of its Ed25519 key. `ended_as` is None while it is heard."""

    place: Place
    public_key: bytes
    enrolled_us: int
    ended_us: int | None = None
    ended_as: Ended | None = None


def add(connection: Connection, enrolment: Enrolment) -> None:
    """Hear a new device from now on."""
    place = enrolment.place
    connection.execute(
        insert(device).values(
            compound=place.compound,
            device=place.device,
            gate=place.gate,
            direction=place.direction,
            public_key=enrolment.public_key,
            replaces=place.replaces,
            enrolled_us=enrolment.enrolled_us,
        )
    )


def find(connection: Connection, compound: str, name: str) -> Enrolment | None:
    """Look a device up by its name."""
    row = connection.execute(_BY_NAME, {"its_compound": compound, "its_device": name}).first()
    return None if row is None else of_row(row)


def devices_of(connection: Connection, compound: str | None = None) -> list[Enrolment]:
    """Every device that was ever enrolled, of one compound or of all, in the order of compounds, gates and times."""
    query = select(device).order_by(device.c.compound, device.c.gate, device.c.enrolled_us, device.c.device)
    if compound is not None:
        query = query.where(device.c.compound == compound)
    return [of_row(row) for row in connection.execute(query)]


def end(connection: Connection, compound: str, name: str, how: Ended, now_us: int) -> None:
    """Hear a device no longer, unless it is not heard already."""
    connection.execute(
        update(device)
        .where(device.c.compound == compound, device.c.device == name, device.c.ended_us.is_(None))
        .values(ended_us=now_us, ended_as=how)
    )


def revoke(connection: Connection, compound: str, name: str, asker: Asker, now_us: int) -> Enrolment:
    """Revoke a device and record who did and why; what it sent stays. Raises UsageError when there is none such.

    One that was replaced may be revoked too: the record then says so.
    """
    found = find(connection, compound, name)
    if found is None:
        raise UsageError(f"{compound} has no device {name}; `gatepost central devices` lists them")
    if found.ended_as is Ended.REVOKED:
        raise UsageError(f"{name} is revoked already")
    connection.execute(
        update(device)
        .where(device.c.compound == compound, device.c.device == name)
        .values(ended_us=now_us, ended_as=Ended.REVOKED)
    )
    record(connection, compound, asker, Act.REVOKE, {"device": name, "gate": found.place.gate}, now_us)
    return found


def may_bring(connection: Connection, compound: str, caller: Place | None, name: str) -> bool:
    """Whether a log under this device's name is the caller's to bring; None is a kiosk that is not enrolled.

    It is, when the name is its own, or that of one that was in its place before, or nobody's: a kiosk goes by the name
    in its configuration until it is enrolled, and brings what it recorded under it afterwards.
    """
    if caller is not None and caller.device == name:
        return True
    if find(connection, compound, name) is None:
        return True
    before = None if caller is None else caller.replaces
    for _ in range(PREDECESSORS):
        if before is None or before == name:
            break
        earlier = find(connection, compound, before)
        before = None if earlier is None else earlier.place.replaces
    return before == name


def of_row(row: "Row[tuple[object, ...]]") -> Enrolment:
    """Read a row of the table."""
    found = row._mapping
    return Enrolment(
        place=Place(
            compound=found["compound"],
            gate=found["gate"],
            direction=Direction(found["direction"]),
            device=found["device"],
            replaces=found["replaces"],
        ),
        public_key=found["public_key"],
        enrolled_us=found["enrolled_us"],
        ended_us=found["ended_us"],
        ended_as=None if found["ended_as"] is None else Ended(found["ended_as"]),
    )
