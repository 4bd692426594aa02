"""Tells a compound's other kiosks, where they are in touch, that a pass for one use was used, or keeps its use.

A message to each, for as long as a gate may be out of touch without being away. Whoever hears none admits, and the
server notices when the logs arrive (`sync.central.replays`).
"""

import secrets
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from kiosk.edge import Edge
from sync.central.database import changing
from sync.central.document_key import DocumentKey, KeyUnusable
from sync.central.messages import announce
from sync.central.recipients import Recipient
from sync.central.replays import Change
from sync.central.schema import device
from sync.downward.message import PASS_USED, Message, PassUsedBody

HEARD_WITHIN_US = 10 * 60 * 1_000_000
"""So long after the server knew of it a gate that comes back is still told."""


class Telling:
    """Writes the messages of one server. Any thread may call it."""

    def __init__(self, engine: Engine, key: DocumentKey, wall_us: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self._engine = engine
        self._key = key
        self._wall_us = wall_us
        self._monotonic = monotonic
        self._edge = Edge("telling gates of used passes")

    def tell(self, compound: str, by: str, changes: Sequence[Change]) -> None:
        """Tell all devices but `by` itself. Never raises: the events themselves are kept already."""
        try:
            with changing(self._engine) as connection:
                for to in _others(connection, compound, by):
                    for change in changes:
                        self._write(connection, to, change)
        except (SQLAlchemyError, KeyUnusable) as error:
            self._edge.lose(self._monotonic(), kind=type(error).__name__)
        else:
            self._edge.find(self._monotonic())

    def _write(self, connection: Connection, to: Recipient, change: Change) -> None:
        now_us = self._wall_us()
        said = Message(
            **to._asdict(),
            id=secrets.token_hex(16),
            kind=PASS_USED,
            issued_us=now_us,
            expires_us=now_us + HEARD_WITHIN_US,
            body=msgspec.to_builtins(PassUsedBody(mark=change.mark, used=change.used)),
        )
        announce(connection, self._key, said)


def _others(connection: Connection, compound: str, by: str) -> list[Recipient]:
    heard = (device.c.compound == compound, device.c.ended_us.is_(None), device.c.device != by)
    found = connection.execute(select(device.c.gate, device.c.device).where(*heard))
    return [Recipient(compound, row.gate, row.device) for row in found]
