"""A kiosk's log that goes on without its disk, on the bench: a real file, a model server, a kernel that refuses to write."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kiosk.events import Event
from kiosk.model import EventId
from kiosk.spent import Spend
from sync.log import SqliteLog
from sync.resilient import ResilientLog
from sync.sender import Sender
from sync.standby import Standby
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, LogClock, held, note
from tests.sync.servers import BROKEN, ModelServer, Reply, Request, Transport, exchange_over, sender_over, turns
from tests.sync.test_log_durability import no_file_larger_than

WAIT_S = 10.0
NEVER_S = 3600.0
SPEND = Spend("mark", LogClock().wall())


class Kiosk:
    """A log over a file, its standby and its sender, all facing one server.

    `full`: the disk takes nothing while the log is called; `interfere` may answer in the server's place.
    """

    def __init__(self, path: Path, disk: Callable[..., SqliteLog] = SqliteLog, **settings: Any) -> None:
        self.path = path
        self.full = False
        self.server = ModelServer()
        self.interfere: Callable[[Request], Reply | Exception | None] = lambda _: None
        self.health: list[bool] = []
        self.transport = Transport(self._answer)
        self.disk = disk(path, compound=COMPOUND, device=DEVICE, clock=LogClock())
        self.standby = Standby(
            exchange_over(self.transport),
            compound=COMPOUND,
            device=DEVICE,
            clock=LogClock(),
            retry_s=NEVER_S,
            patience_s=WAIT_S,
        )
        self.log = ResilientLog(
            self.disk,
            self.standby,
            **{"on_health": lambda well, _: self.health.append(well), "try_every_s": NEVER_S, **settings},
        )
        self.sender: Sender = sender_over(Transport(self._answer), self.disk)

    @contextmanager
    def with_its_disk(self) -> Iterator[None]:
        """As it is just now, full or not."""
        if self.full:
            with no_file_larger_than(0):
                yield
        else:
            yield

    def decide(self, number: int, spends: Spend | None = None) -> EventId:
        with self.with_its_disk():
            return self.log.append(note(number), visit="v", decision=ADMIT, spends=spends)

    def note(self, number: int) -> EventId:
        with self.with_its_disk():
            event = self.log.append(note(number), visit="v")
        self.standby.flush(WAIT_S)
        return event

    def mend(self) -> bool:
        with self.with_its_disk():
            return self.log.mend()

    def send(self) -> None:
        with self.with_its_disk():
            turns(self.sender, 1)

    def server_away(self, away: bool = True) -> None:
        self.interfere = (lambda _: BROKEN) if away else (lambda _: None)

    def arrived(self) -> list[EventId]:
        return [event.id for chain in self.server.logs.values() for event in chain]

    def on_disk(self) -> dict[str, list[Event]]:
        """Every log in the file; none while that is no log yet."""
        if not self.path.is_file():
            return {}
        with closing(sqlite3.connect(self.path)) as connection:
            begun = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
        return held(self.path) if begun else {}

    def kept(self) -> dict[str, list[Event]]:
        """Every log of this kiosk: what the file has, and what the memory has beyond it."""
        found = self.on_disk()
        if (carried := self.standby.carried()) is not None:
            found[carried.head.log_id] = [entry.event for entry in carried.entries if entry.event is not None]
        return found

    def close(self) -> None:
        with self.with_its_disk():
            self.log.close()
        self.sender.close()

    def _answer(self, request: Request) -> Reply | Exception:
        reply = self.interfere(request)
        return self.server.answer(request) if reply is None else reply
