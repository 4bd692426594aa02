"""A kiosk and a server as they are, on files of their own, in virtual time; only what lies between them is made up.

Either may crash at any commit, and goes on from its files as they were at that moment. Either may be restored.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum, auto
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import event as engine_event
from sqlalchemy import text

from kiosk.events import Event, Head, verify
from sync.central.backup import back_up
from sync.central.store import Store
from sync.log import SqliteLog
from sync.wire import decode_upload, encode_standing
from tests.sync.logs import COMPOUND, DEVICE, LogClock, held, note
from tests.sync.servers import BROKEN, Reply, Request, Transport, sender_over, turns

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Files in memory, where they may be: thousands of commits here are of whole processes that die, never of power."""
Key = tuple[str, int, bytes]
"""An event by its log, its number and its hash."""


class Crash(BaseException):
    """A process dies where this is raised."""


class Fate(Enum):
    """What becomes of a request, and of those who have to do with it."""

    WELL = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    DOUBLED = auto()
    COMES_LATER = auto()
    FAILED = auto()
    NONSENSE = auto()
    SERVER_DIES_BEFORE_ITS_COMMIT = auto()
    SERVER_DIES_AFTER_ITS_COMMIT = auto()
    KIOSK_DIES_BEFORE = auto()
    KIOSK_DIES_AFTER = auto()


class DiesAt(Enum):
    """Where a kiosk dies while it records something."""

    NOWHERE = auto()
    BEFORE_ITS_COMMIT = auto()
    AFTER_ITS_COMMIT = auto()


class BothEnds:
    """One kiosk, one server. `fates` are those of the next requests; afterwards all goes well."""

    def __init__(self, batch: int) -> None:
        self.folder = Path(mkdtemp(dir=MEMORY))
        self.clock = LogClock()
        self.batch = batch
        self.fates: list[Fate] = []
        self.late: list[Request] = []
        self._lives = 0
        self._dies_at = DiesAt.NOWHERE
        self._server_dies = False
        self._number = 0
        server = self._copied(_new_server(), "server")
        self._open_server(server)
        self._open_kiosk(self._place("kiosk"))

    # What happens to the kiosk.

    def record(self, count: int, dies: DiesAt = DiesAt.NOWHERE) -> None:
        self._dies_at = dies
        for _ in range(count):
            self._number += 1
            try:
                self.log.append(note(self._number), visit="v")
            except (Crash, sqlite3.Error):
                self.kiosk_goes_on(self._remains)
                return

    def send(self, count: int = 1) -> None:
        try:
            turns(self.sender, count)
        except Crash:
            self.kiosk_goes_on(self._remains)

    def restart_kiosk(self) -> None:
        self.log.close()
        self._open_kiosk(self.path.parent)

    def image(self) -> Path:
        """A copy of the kiosk's card, as somebody makes it who pulls the card out."""
        return self._copied(self.path.parent, "image")

    def kiosk_goes_on(self, folder: Path) -> None:
        """Go on from files that were the kiosk's at some time."""
        self.log.close()
        self._open_kiosk(self._copied(folder, "kiosk"))

    def spoil(self) -> None:
        """Leave a file behind that this software cannot go on with, and start with it."""
        self.log.close()
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA user_version = 99")
        self._open_kiosk(self.path.parent)
        assert self.log.set_aside is not None

    def forget_acknowledgements(self, count: int) -> None:
        """Lose the power: what the sender noted last was not synced."""
        self.log.close()
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "UPDATE log SET acknowledged ="
                " max(acknowledged - ?, (SELECT min(seq) FROM event WHERE event.ordinal = log.ordinal))",
                (count,),
            )
        self._open_kiosk(self.path.parent)

    # What happens to the server.

    def restart_server(self) -> None:
        self.store.close()
        self._open_server(self._server_folder)

    def backup(self) -> Path:
        copy = self._place("backup")
        copy.mkdir()
        back_up(self.store.engine, copy / "central.sqlite")
        return copy

    def server_goes_on(self, folder: Path) -> None:
        """Go on from files that were the server's at some time."""
        self.store.close()
        self._open_server(self._copied(folder, "server"))

    def arrives(self, request: Request) -> Reply | Exception:
        """A request at the server, which may die of it."""
        try:
            if request.upload is None:
                return Reply(200, encode_standing(self.store.standing(COMPOUND, DEVICE, request.log_id)))
            upload, members = decode_upload(request.body)
            fitted, standing = self.store.append(COMPOUND, DEVICE, request.log_id, upload, members)
        except Crash:
            self.server_goes_on(self._remains)
            return BROKEN
        return Reply(200 if fitted else 409, encode_standing(standing))

    # What both hold.

    def kiosk_holds(self) -> dict[str, list[Event]]:
        return held(self.path)

    def server_holds(self, *, aside: bool) -> dict[str, list[tuple[int, Event]]]:
        """Every log's events with their numbers, in order; or those that are kept aside."""
        query = text(
            "SELECT log_id, seq, header, prev_hash, sealed_digest, hash FROM event WHERE forked = :aside ORDER BY log_id, seq"
        )
        found: dict[str, list[tuple[int, Event]]] = {}
        with self.store.engine.connect() as connection:
            for log_id, seq, *members in connection.execute(query, {"aside": aside}):
                found.setdefault(log_id, []).append((seq, Event(*members)))
        return found

    def at_the_server(self) -> Counter[Key]:
        """Every event that the server has, in a log or aside, and how often."""
        return Counter(
            (log_id, seq, event.hash)
            for aside in (False, True)
            for log_id, events in self.server_holds(aside=aside).items()
            for seq, event in events
        )

    def at_the_kiosk(self) -> set[Key]:
        """Every event that the kiosk has."""
        holds = self.kiosk_holds()
        return {(log_id, event.fields["seq"], event.hash) for log_id, events in holds.items() for event in events}

    def close(self) -> None:
        self.log.close()
        self.store.close()
        shutil.rmtree(self.folder)

    # Within.

    def _answer(self, request: Request) -> Reply | Exception:
        fate = self.fates.pop(0) if self.fates else Fate.WELL
        match fate:
            case Fate.LOST:
                return BROKEN
            case Fate.COMES_LATER:
                self.late.append(request)
                return BROKEN
            case Fate.FAILED:
                return Reply(503)
            case Fate.NONSENSE:
                return Reply(200, b"<html></html>")
            case Fate.KIOSK_DIES_BEFORE:
                self._die(self.path.parent)
            case Fate.SERVER_DIES_BEFORE_ITS_COMMIT:
                self._server_dies = True
        reply = self.arrives(request)
        self._server_dies = False
        match fate:
            case Fate.DOUBLED:
                return self.arrives(request)
            case Fate.ANSWER_LOST:
                return BROKEN
            case Fate.SERVER_DIES_AFTER_ITS_COMMIT:
                self.server_goes_on(self._copied(self._server_folder, "remains"))
                return BROKEN
            case Fate.KIOSK_DIES_AFTER:
                self._die(self.path.parent)
        return reply

    def _die(self, folder: Path) -> None:
        self._remains = self._copied(folder, "remains")
        raise Crash

    @contextmanager
    def _fsync(self) -> Iterator[None]:
        dies, self._dies_at = self._dies_at, DiesAt.NOWHERE
        if dies is DiesAt.BEFORE_ITS_COMMIT:
            self._die(self.path.parent)
        yield
        if dies is DiesAt.AFTER_ITS_COMMIT:
            self._die(self.path.parent)

    def _open_kiosk(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "log.sqlite"
        self.log = SqliteLog(self.path, compound=COMPOUND, device=DEVICE, clock=self.clock, fsync=self._fsync)
        assert self.log.fault is None
        self.sender = sender_over(Transport(self._answer), self.log, batch=self.batch)

    def _open_server(self, folder: Path) -> None:
        self._server_folder = folder
        self.store = Store(f"sqlite:///{folder / 'central.sqlite'}", wall_us=self.clock.wall)

        def committing(_: object) -> None:
            if self._server_dies:
                self._server_dies = False
                self._die(folder)

        engine_event.listen(self.store.engine, "commit", committing)

    def _copied(self, folder: Path, name: str) -> Path:
        """Copy databases as they are on the disk now, their write-ahead logs included, in whatever they are busy with."""
        copy = self._place(name)
        copy.mkdir()
        for path in folder.iterdir():
            if not path.name.endswith("-shm"):
                with suppress(FileNotFoundError):
                    shutil.copy(path, copy)
        return copy

    def _place(self, name: str) -> Path:
        self._lives += 1
        return self.folder / f"{name}-{self._lives}"


@cache
def _new_server() -> Path:
    """A server's folder with nothing in its database."""
    folder = Path(mkdtemp())
    Store(f"sqlite:///{folder / 'central.sqlite'}").close()
    return folder


def chained(log_id: str, events: list[tuple[int, Event]]) -> bool:
    """Whether these are a log's events from the first one on, none left out, each following the one before it."""
    head = Head(COMPOUND, DEVICE, log_id)
    for seq, event in events:
        if seq != head.next_seq:
            return False
        head = verify(head, event)
    return True
