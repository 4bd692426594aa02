"""What the server does by itself, at its start and once a day: partitions, keys and certificate, the index, retention."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from sync.central.database import prepare
from sync.central.messages import forget_expired
from sync.central.months import months_from
from sync.central.people import People
from sync.central.vault import Vault, VaultClosed

EVERY_S = 86_400.0
AGAIN_S = 600.0
"""So long after chores that failed they are tried again."""

_log = get_logger()


class Housekeeping:
    """The chores of one server. Two servers on one database may do them at the same time."""

    def __init__(
        self,
        engine: Engine,
        people: People,
        vault: Vault,
        wall_us: Callable[[], int],
        *,
        days_of: Callable[[str], int],
        months_ahead: int,
        forget_forms: Callable[[], int] | None = None,
        forget_consents: Callable[[], int] | None = None,
        renew: Callable[[], None] | None = None,
        read_unread: Callable[[], int] | None = None,
    ) -> None:
        self._engine = engine
        self._people = people
        self._vault = vault
        self._wall_us = wall_us
        self._days_of = days_of
        self._months_ahead = months_ahead
        self._forget_forms = forget_forms
        self._forget_consents = forget_consents
        self._renew = renew
        self._read_unread = read_unread

    async def run(self, closing: asyncio.Event, every_s: float = EVERY_S) -> None:
        """Do the chores now and every day, until `closing`."""
        alone = CapacityLimiter(1)
        while not closing.is_set():
            well = await to_thread.run_sync(self.once, limiter=alone)
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s if well else min(every_s, AGAIN_S)):
                    await closing.wait()

    def stop(self) -> None:
        """Let chores that are under way end soon; what is left of them is done the next time."""
        self._people.stop()

    def once(self) -> bool:
        """Do every chore; one that fails keeps no other from being done. Whether all went well."""
        chores = (
            self._make_partitions,
            self._make_keys,
            self._read_waiting,
            self._index_rest,
            self._retain,
            self._forget_messages,
            self._renew_certificate,
        )
        went = [self._well(chore) for chore in chores]
        return all(went)

    def _well(self, chore: Callable[[], None]) -> bool:
        try:
            chore()
        except VaultClosed:
            # It was said at the start, and the figures say it all the time.
            return True
        except (SQLAlchemyError, GatepostError, OSError) as error:
            _log.error("chore failed", chore=chore.__name__.strip("_"), kind=type(error).__name__)
            return False
        return True

    def _make_partitions(self) -> None:
        for name in prepare(self._engine, self._wall_us()):
            _log.info("partition made", partition=name)

    def _make_keys(self) -> None:
        """Make keys ahead for every compound that has keys at all."""
        make_keys_ahead(
            self._vault, sorted({one.compound for one in self._vault.records()}), self._wall_us(), self._months_ahead
        )

    def _read_waiting(self) -> None:
        if self._read_unread is not None and (count := self._read_unread()):
            _log.info("waiting events read", count=count)

    def _index_rest(self) -> None:
        for compound in self._compounds():
            if count := self._people.index_rest(compound):
                _log.info("sealed parts indexed that had waited", compound=compound, count=count)

    def _forget_messages(self) -> None:
        forget_expired(self._engine, self._wall_us())

    def _compounds(self) -> list[str]:
        return sorted({one.compound for one in self._vault.records()})

    def _retain(self) -> None:
        if count := self._people.retain(self._days_of):
            _log.info("personal data erased after their time", count=count)
        if self._forget_forms is not None and (count := self._forget_forms()):
            _log.info("visitor forms erased after their time", count=count)
        if self._forget_consents is not None and (count := self._forget_consents()):
            _log.info("consents erased after their time", count=count)

    def _renew_certificate(self) -> None:
        if self._renew is not None:
            self._renew()


def make_keys_ahead(vault: Vault, compounds: list[str], now_us: int, months_ahead: int) -> int:
    """Make the keys of this month and of those to come, where they are missing; how many. Raises VaultClosed."""
    months = [f"{first:%Y-%m}" for first in islice(months_from(now_us), months_ahead + 1)]
    return sum(len(vault.create(compound, months, now_us)) for compound in compounds)
