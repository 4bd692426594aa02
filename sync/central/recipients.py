"""To whom a message goes: one device at a gate, so that of two that share a gate exactly one opens."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from kiosk.direction import Direction
from kiosk.errors import UsageError
from sync.central.enrolled import devices_of
from sync.enrolment_wire import Place


class Recipient(NamedTuple):
    """An enrolled device at its gate; a simulated kiosk that is not enrolled goes by its gate's name for both."""

    compound: str
    gate: str
    device: str


def recipient_at(
    connection: Connection, compound: str, gate: str, direction: Direction | None, *, simulation_allowed: bool
) -> Recipient:
    """Return the one device that is heard at a gate, for a direction where there are several. Raises UsageError."""
    heard = [one.place for one in devices_of(connection, compound) if one.ended_as is None and one.place.gate == gate]
    if not heard:
        if simulation_allowed:
            return Recipient(compound, gate, gate)
        raise UsageError(f"no device is enrolled at {gate} in {compound}; `gatepost central devices` lists them")
    found = [one for one in heard if direction in (None, one.direction) or one.direction is Direction.BOTH]
    if not found:
        raise UsageError(f"no device at {gate} is for {direction}: there are {_listed(heard)}")
    if len(found) > 1:
        raise UsageError(f"{gate} has {len(found)} devices, {_listed(found)}; say --direction in or out")
    return Recipient(compound, gate, found[0].device)


def _listed(places: Sequence[Place]) -> str:
    return ", ".join(f"{one.device} ({one.direction})" for one in places)
