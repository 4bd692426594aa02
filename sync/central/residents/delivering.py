"""Brings questions to residents: tried again while an answer may still count, and never in anybody's way.

Each worker takes one delivery at a time; a delivery belongs to whoever has moved its time, for a while, so that several
workers and several servers bring none twice.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from kiosk.people import VisitorKind
from sync.central.database import changing
from sync.central.residents.consents import ASKED_US, Consents, State
from sync.central.residents.couriers import Courier, NotDelivered, deliver
from sync.central.residents.notice import consent_notice
from sync.central.residents.register import Residents
from sync.central.residents.tables import consent_delivery, consent_request
from sync.central.residents.targets import Reach
from sync.central.schema import visitor_form
from sync.central.vault import Vault

WORKERS = 3
"""A target that does not answer holds up one of them for ten seconds."""
LEASE_US = 60 * 1_000_000
PAUSES_US = (5_000_000, 15_000_000, 60_000_000, 180_000_000)
"""Between one attempt and the next; after the last there is none."""
LOOK_S = 5.0
"""Another server on the same database may have asked."""

_log = get_logger()


class Delivering:
    """The job of each worker (`kiosk.worker.Job`)."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        consents: Consents,
        by: Mapping[Reach, Courier],
        wall_us: Callable[[], int],
        wake: threading.Condition,
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._consents = consents
        self._residents = Residents(engine, vault)
        self._by = by
        self._wall_us = wall_us
        self._wake = wake

    def set_up(self) -> None:
        """Nothing to acquire."""

    def turn(self, stop: threading.Event) -> bool:
        """Bring one delivery that is due, or wait for one."""
        try:
            row = self._claim()
            if row is not None:
                self._bring(row)
                return True
            wait_s = self._until_due_s()
        except (SQLAlchemyError, OSError) as error:
            _log.error("residents not asked", kind=type(error).__name__)
            wait_s = LOOK_S
        with self._wake:
            if not stop.is_set():
                self._wake.wait(wait_s)
        return True

    def tear_down(self) -> None:
        """Nothing to let go of."""

    def _claim(self) -> Row[Any] | None:
        """One delivery whose time has come, for us alone."""
        now_us = self._wall_us()
        due = select(consent_delivery).where(consent_delivery.c.due_us <= now_us).order_by(consent_delivery.c.due_us)
        with self._engine.connect() as connection:
            row = connection.execute(due.limit(1)).first()
        if row is None:
            return None
        ours = and_(_named(row), consent_delivery.c.due_us == row.due_us)
        with changing(self._engine) as connection:
            moved = {"due_us": now_us + LEASE_US, "attempts": row.attempts + 1}
            return row if connection.execute(update(consent_delivery).where(ours).values(moved)).rowcount else None

    def _until_due_s(self) -> float:
        with self._engine.connect() as connection:
            first = connection.execute(select(func.min(consent_delivery.c.due_us))).scalar()
        return LOOK_S if first is None else min(LOOK_S, max(0.0, (first - self._wall_us()) / 1e6))

    def _bring(self, row: Row[Any]) -> None:
        try:
            self._deliver(row)
        except NotDelivered as failed:
            self._failed(row, failed)
        except GatepostError as error:
            # The vault was closed meanwhile, or the resident's row cannot be read.
            self._failed(row, NotDelivered(type(error).__name__, lasting=True))
        else:
            with changing(self._engine) as connection:
                done = {"due_us": None, "delivered_us": self._wall_us(), "failed": ""}
                connection.execute(update(consent_delivery).where(_named(row)).values(done))

    def _deliver(self, row: Row[Any]) -> None:
        """Bring one. Raises NotDelivered, or what the vault raises."""
        named = {"compound": row.compound, "device": row.device, "visit": row.visit}
        with self._engine.connect() as connection:
            request = connection.execute(select(consent_request).where(_of(consent_request.c, named))).first()
            form = connection.execute(select(visitor_form.c.sealed).where(_of(visitor_form.c, named))).first()
            one = self._residents.find(connection, row.compound, row.resident)
        left_us = 0 if request is None else request.expires_us - self._wall_us()
        if request is None or form is None or one is None or row.target >= len(one.targets) or left_us <= 0:
            raise NotDelivered("over", lasting=True)
        if request.state not in (State.ASKED, State.UNREACHED):
            return  # somebody else at home was quicker
        told = msgspec.json.decode(self._vault.unseal(row.compound, form.sealed), type=dict[str, str])
        link = f"{self._consents.link(named, one.id, request.expires_us)}?lang={one.language}"
        minutes = max(1, min(left_us, ASKED_US) // 60_000_000)
        visitor = VisitorKind(told["visitor"])
        deliver(
            self._by,
            one.targets[row.target],
            consent_notice(row.compound, request.gate, visitor, one.language, link, minutes),
        )

    def _failed(self, row: Row[Any], failed: NotDelivered) -> None:
        """Note it, try again later if that may help, and tell the gate where nothing has reached anybody."""
        again = row.attempts < len(PAUSES_US) and not failed.lasting
        _log.warning("resident not reached", compound=row.compound, kind=failed.kind, again=again)
        due_us = self._wall_us() + PAUSES_US[row.attempts] if again else None
        with changing(self._engine) as connection:
            values = {"due_us": due_us, "failed": failed.kind[:64]}
            connection.execute(update(consent_delivery).where(_named(row)).values(values))
            if self._all_failed(connection, row):
                named = {"compound": row.compound, "device": row.device, "visit": row.visit}
                self._consents.unreached(connection, named)

    def _all_failed(self, connection: Connection, row: Row[Any]) -> bool:
        """Whether every way has been tried in vain: whoever stands at the gate need not wait for the next attempts."""
        hopeful = and_(
            consent_delivery.c.compound == row.compound,
            consent_delivery.c.device == row.device,
            consent_delivery.c.visit == row.visit,
            consent_delivery.c.failed == "",
        )
        return connection.execute(select(func.count()).where(hopeful)).scalar_one() == 0


def _named(row: Row[Any]) -> ColumnElement[bool]:
    names = ("compound", "device", "visit", "resident", "target")
    return and_(*(consent_delivery.c[name] == getattr(row, name) for name in names))


def _of(columns: Any, named: dict[str, str]) -> ColumnElement[bool]:
    return and_(*(getattr(columns, name) == text for name, text in named.items()))
