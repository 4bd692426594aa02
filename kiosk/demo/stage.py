"""The demo's processes on one machine: server, issuer, world and a whole kiosk; and the visitors' way through."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from drivers.simulated.observer import Observer
from drivers.simulated.protocol import AllDone, VisitorReport
from kiosk import events
from kiosk.demo.report import Stored
from kiosk.demo.screen import FormScreen
from kiosk.demo.site import COMPOUND, Guest, Site
from kiosk.errors import DeviceLost, GatepostError
from kiosk.supervisor import Program, Supervisor

AHEAD = 2
"""How many visitors wait in the world, so that one can come right after another."""
VISIT_WITHIN_S = 40.0
PARTS = ("gate", "core", "eyes")


@dataclass(frozen=True, slots=True)
class Account:
    """What the world saw of one guest."""

    guest: Guest
    seen: VisitorReport


class Stage:
    """Everything that a run needs, started by `open` and ended by `close`. `program` is how gatepost is called."""

    def __init__(self, site: Site, program: list[str]) -> None:
        self._port = _free_port()
        self.server = f"http://127.0.0.1:{self._port}"
        self._site = site
        self._program = program
        self.supervisor = Supervisor()

    @property
    def world_socket(self) -> Path:
        """Where the world can be watched."""
        return self._site.world_socket

    def open(self, upload_to: str | None = None) -> None:
        """Start every process, the slow ones side by side. `upload_to`: where the kiosk finds the server, if not there."""
        site = self._site
        (site.folder / "run").mkdir(mode=0o700)
        site.write_script()
        central = str(site.write_central(self._port))
        if not site.scenario.surroundings.server_away:
            self._start("central", "central", "--config", central)
        self._start("issuer", "issuer", "--table", str(site.tokens_path))
        self._start("world", "world", "--script", str(site.script_path), "--socket", str(site.world_socket))
        running = self.supervisor.processes
        config = str(site.write_kiosk(upload_to or self.server, running["issuer"].wait_ready()))
        running["world"].wait_ready()
        for part in PARTS:
            self._start(part, "kiosk", "--config", config, "--part", part)
        for process in running.values():
            process.wait_ready()

    def watch(self, count: int | None, interrupted: threading.Event, on_account: Callable[[Account], None]) -> list[Account]:
        """Let `count` visitors come (None: until interrupted); return what the world saw of each."""
        with ExitStack() as stack:
            observer = stack.enter_context(closing(Observer(self._site.world_socket)))
            screen = stack.enter_context(closing(FormScreen(self._site.folder / "run" / "core.sock")))
            accounts: list[Account] = []
            coming: list[Guest] = []

            def call_in() -> None:
                while len(coming) < AHEAD and (count is None or len(accounts) + len(coming) < count):
                    guest = self._next_guest(len(accounts) + len(coming), screen)
                    coming.append(guest)
                    observer.add(guest.script)

            call_in()
            screen.expects(coming[0].case.form)
            observer.begin()
            last = time.monotonic()
            finishing = False
            while time.monotonic() - last < VISIT_WITHIN_S:
                if not finishing and (interrupted.is_set() or not coming):
                    finishing = True
                    if count is not None and interrupted.is_set():
                        return accounts
                    observer.finish()
                try:
                    record = observer.receive(0.2)
                except DeviceLost:
                    return accounts
                if isinstance(record, AllDone):
                    return accounts
                if isinstance(record, VisitorReport):
                    last = time.monotonic()
                    accounts.append(Account(coming.pop(0), record))
                    on_account(accounts[-1])
                    if not finishing:
                        call_in()
                    screen.expects(bool(coming) and coming[0].case.form)
            return accounts

    def finish(self) -> list[Stored]:
        """End the kiosk, let it bring its records to the server, and return all events there, oldest first."""
        if self._site.scenario.surroundings.server_away:
            self._start("central", "central", "--config", str(self._site.folder / "central.toml"))
            self.supervisor.processes["central"].wait_ready()
        for part in ("eyes", "gate", "core", "world"):
            self.supervisor.end(part)
        return _stored(self.server)

    def lost(self, stored: list[Stored]) -> int:
        """How many events of the kiosk's own log are not at the server, or there more than once."""
        found = [event.id for event in stored]
        try:
            with closing(sqlite3.connect(f"file:{self._site.log_path}?mode=ro", uri=True)) as database:
                headers = [row[0] for row in database.execute("SELECT header FROM event")]
        except sqlite3.Error as error:
            raise GatepostError(f"{self._site.log_path}: the kiosk's log cannot be read: {error}") from error
        kept = [events.parse(header) for header in headers]
        names = [events.event_id(one["device"], one["log_id"], one["seq"]) for one in kept]
        return sum(1 for name in names if found.count(name) != 1)

    def processes(self) -> list[dict[str, Any]]:
        """Each process: when it was ready, its resident memory, how often it was restarted."""
        found = []
        for name, process in self.supervisor.processes.items():
            memory = None
            if process.pid is not None:
                memory = round(psutil.Process(process.pid).memory_info().rss / 1e6, 1)
            found.append(
                {
                    "name": name,
                    "kiosk": name in PARTS,
                    "ready_s": process.ready_after_s and round(process.ready_after_s, 3),
                    "rss_mb": memory,
                    "restarts": process.restarts,
                }
            )
        return found

    def close(self) -> None:
        """End every process. Idempotent."""
        self.supervisor.close()

    def _start(self, name: str, *arguments: str) -> None:
        self.supervisor.start(Program(name, [*self._program, *arguments], self._site.folder / f"{name}.log"))

    def _next_guest(self, number: int, screen: FormScreen) -> Guest:
        cases = self._site.scenario.cases
        resumes = cases[number % len(cases)].resumes
        guest = self._site.guest(number, screen.parked if resumes else None)
        if resumes:
            screen.resumed()
        self._site.write_tokens()
        return guest


def _free_port() -> int:
    """A port that was free just now: a server that is killed must come back where it was."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _stored(server: str) -> list[Stored]:
    stored: list[Stored] = []
    asked: dict[str, str | int] = {"compound": COMPOUND, "after": 0, "limit": 500}
    with requests.Session() as session:
        session.trust_env = False
        while True:
            answer = session.get(f"{server.rstrip('/')}/api/v1/events", params=asked, timeout=10)
            answer.raise_for_status()
            page = answer.json()
            for entry in page["events"]:
                fields = events.parse(entry["header"])
                stored.append(Stored(events.event_id(fields["device"], fields["log_id"], fields["seq"]), fields))
            if page["next"] is None:
                return stored
            asked["after"] = page["next"]
