"""The gates that devices are enrolled at, the mode that each recorded last, and orders of another mode, one at a time.

An order is what `gatepost central mode` gives: signed, once, on record before the kiosk can hear of it, and over in seconds.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, select

from kiosk.direction import Direction
from kiosk.gate_mode import GateMode
from sync.central.access import Asker
from sync.central.document_key import DocumentKey
from sync.central.enrolled import devices_of
from sync.central.messages import fetched, issue_mode
from sync.central.recipients import Recipient
from sync.central.schema import event

LOOKED_THROUGH = 400
"""Of a compound's latest modes, before each gate that has none among them is looked up by itself: a lock has no end."""
KIND = "gate_mode"


@dataclass(frozen=True, slots=True)
class Gate:
    """A device that is heard, at its gate. `mode` is what it recorded last, `since_us` when; with no record, normal."""

    to: Recipient
    direction: Direction
    mode: GateMode = GateMode.NORMAL
    since_us: int | None = None


class _Recorded(msgspec.Struct, frozen=True):
    mode: GateMode


def gates_of(connection: Connection, scope: str | None) -> list[Gate]:
    """Every gate of one compound, or of all, in the order of compounds and names."""
    heard = [one.place for one in devices_of(connection, scope) if one.ended_as is None]
    devices: dict[str, list[str]] = {}
    for one in heard:
        devices.setdefault(one.compound, []).append(one.device)
    modes = {compound: _modes(connection, compound, there) for compound, there in devices.items()}
    found = []
    for one in heard:
        mode, since_us = modes[one.compound].get(one.device, (GateMode.NORMAL, None))
        found.append(Gate(Recipient(one.compound, one.gate, one.device), one.direction, mode, since_us))
    return found


def _modes(connection: Connection, compound: str, devices: Collection[str]) -> dict[str, tuple[GateMode, int | None]]:
    """What each of these devices of a compound recorded last, and when; what is no mode that is known here says nothing."""
    believed = and_(event.c.forked.is_(False), event.c.faulty == "")
    query = (
        select(event.c.device, event.c.header, event.c.at_us)
        .where(event.c.compound == compound, event.c.kind == KIND, believed)
        .order_by(event.c.at_us.desc(), event.c.arrival.desc())
    )
    rows = connection.execute(query.limit(LOOKED_THROUGH)).all()
    found = _latest(rows)
    if len(rows) == LOOKED_THROUGH:
        for device in set(devices) - found.keys():
            found |= _latest(connection.execute(query.where(event.c.device == device).limit(LOOKED_THROUGH)).all())
    return found


def _latest(rows: Iterable[Row[str, bytes, int]]) -> dict[str, tuple[GateMode, int | None]]:
    """Of rows with the latest first, the first of each device."""
    found: dict[str, tuple[GateMode, int | None]] = {}
    for row in rows:
        try:
            recorded = msgspec.json.decode(row.header, type=_Recorded)
        except msgspec.MsgspecError:
            continue
        found.setdefault(row.device, (recorded.mode, row.at_us))
    return found


class Orders:
    """Orders of modes to the gates of one database. Any thread may call any method."""

    def __init__(
        self, engine: Engine, key: DocumentKey, wall_us: Callable[[], int], wait: Callable[[float], object] = time.sleep
    ) -> None:
        self.engine = engine
        self._key = key
        self._wall_us = wall_us
        self._wait = wait

    def give(self, to: Recipient, asker: Asker, mode: GateMode, lasts_s: int | None) -> bool:
        """Order a mode and wait, at most ten seconds, until the gate has fetched it (True) or never will (False).

        Raises NotAllowed, UsageError, or KeyUnusable.
        """
        said = issue_mode(self.engine, self._key, to, asker, self._wall_us(), mode, lasts_s=lasts_s)
        return fetched(self.engine, said, self._wall_us, self._wait)
