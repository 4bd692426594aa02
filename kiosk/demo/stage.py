"""The demo's processes on one machine: server, issuer, world and a whole kiosk; and the visitors' way through."""

import bisect
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import requests

from drivers.simulated.observer import Observer
from drivers.simulated.protocol import AllDone, PinEdge, ScreenTouched, VisitorReport
from kiosk import events
from kiosk.demo.admission import add_account, issue_code, move_in
from kiosk.demo.disk import Disk
from kiosk.demo.homes import Homes
from kiosk.demo.phone import Phone
from kiosk.demo.relay import CuttableWire
from kiosk.demo.report import Stored
from kiosk.demo.scenarios import Case
from kiosk.demo.screen import FormScreen
from kiosk.demo.site import COMPOUND, Guest, Site
from kiosk.demo.watcher import NotLetIn, Watcher
from kiosk.errors import DeviceLost, GatepostError
from kiosk.lines import get_logger
from kiosk.model import Answer
from kiosk.pace.bursts import AchievedScale
from kiosk.pace.slowing import Slowing
from kiosk.supervisor import Program, Supervisor
from sync.enrolment_wire import Place
from sync.identity import papers_beside

AHEAD = 3
"""How many visitors are in the world: one on the way through, one at the gate, one who waits."""
VISIT_WITHIN_S = 40.0
ENROLLED_WITHIN_S = 20.0
SETTLED_WITHIN_S = 12.0
"""After so long every admission has its outcome: the time to pass is 8 s."""
PARTS = ("gate", "core", "eyes")
SCREEN = "screen"

_log = get_logger()


class RecordsUnread(GatepostError, RuntimeError):
    """The server did not say what it has; the machine may be too busy, or the server was never there."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the world saw of one guest."""

    guest: Guest
    seen: VisitorReport
    form_sent_at: float | None = None

    @property
    def form_s(self) -> float | None:
        """From 'send' on the visitor's phone to the open gate; None for whoever sent no form, or was not let in."""
        if self.form_sent_at is None or self.seen.relay_at is None:
            return None
        return round(self.seen.relay_at - self.form_sent_at, 4)


class Stage:
    """Everything that a run needs, started by `open` and ended by `close`. `program` is how gatepost is called.

    The kiosk's processes, and no others, are made `cpu_scale` times slower. `screen`: the display for the kiosk's
    screen, as environment variables; None for a kiosk without one.
    """

    def __init__(
        self, site: Site, program: list[str], cpu_scale: float = 1.0, screen: Mapping[str, str] | None = None
    ) -> None:
        self._port = _free_port()
        self.server = f"https://127.0.0.1:{self._port}"
        self.watcher = Watcher()
        """Who may sign in to the server's pages."""
        self._site = site
        self._program = program
        self._cpu_scale = cpu_scale
        self._slowing: Slowing | None = None
        self._achieved = AchievedScale()
        self._screen = screen
        self.supervisor = Supervisor()
        self.edges: list[PinEdge] = []
        """What the world has seen of the pins while visitors were watched."""
        self._disk = Disk()
        self._wire: CuttableWire | None = None
        self._moved_in = False
        self._homes = Homes(site.site_ca) if site.scenario.has_residents else None
        self._over = threading.Event()
        self._enrolled: Place | None = None
        self._admission = threading.Thread(target=self._admit, name="enrolment", daemon=True)

    @property
    def world_socket(self) -> Path:
        """Where the world can be watched."""
        return self._site.world_socket

    def open(self, upload_to: str | None = None) -> None:
        """Start every process, the slow ones side by side. `upload_to`: where the kiosk finds the server, if not there."""
        self.start_kiosk(self.set_up(upload_to))
        self.wait_ready()

    def set_up(self, upload_to: str | None = None) -> Path:
        """Start all that surrounds the kiosk, and return the kiosk's configuration."""
        site = self._site
        site.write_script()
        central = str(site.write_central(self._port))
        if not site.scenario.surroundings.server_away:
            self._start("central", "central", "--config", central)
            self._admission.start()
        self._start("issuer", "issuer", "--table", str(site.tokens_path))
        self._start("world", "world", "--script", str(site.script_path), "--socket", str(site.world_socket))
        running = self.supervisor.processes
        if site.scenario.cuts_the_wire:
            self._wire = CuttableWire(self._port)
            upload_to = self._wire.url
        config = site.write_kiosk(upload_to or self.server, running["issuer"].wait_ready(), screen=self._screen is not None)
        running["world"].wait_ready()
        return config

    def start_kiosk(self, config: Path) -> None:
        """Start the kiosk's processes without waiting for them."""
        if self._cpu_scale != 1 and self._slowing is None:
            self._slowing = Slowing(self._cpu_scale)
        for part in PARTS:
            self._start(part, "kiosk", "--config", str(config), "--part", part)
        if self._screen is not None:
            self._start(SCREEN, "kiosk", "--config", str(config), "--part", SCREEN, environment=self._screen)

    def wait_ready(self) -> None:
        """Wait until every process that was started is ready."""
        for process in self.supervisor.processes.values():
            process.wait_ready()
        scenario = self._site.scenario
        if scenario.fills_in_forms and not scenario.surroundings.server_away:
            # A kiosk that is not enrolled vouches for no form's address.
            self._wait_enrolled()

    def end_kiosk(self) -> None:
        """End the kiosk's processes, the core last: it brings its records to the server before."""
        for part in sorted({SCREEN, *PARTS}, key="core".__eq__):
            self.supervisor.end(part)

    def measure_scale(self) -> None:
        """Find out how much slower this machine really is for the kiosk. Not while visitors are there: it disturbs."""
        self._achieved.measure(self._slowing)

    def scale(self) -> dict[str, Any]:
        """The scale asked for, and what `measure_scale` found."""
        return {
            "cpu_scale": self._cpu_scale,
            "achieved_scale": self._achieved.overall(),
            "achieved_scale_by_burst": self._achieved.by_burst(),
        }

    @property
    def scale_is_rough(self) -> bool:
        """Whether the pacer has to wait for its turn on this machine."""
        return self._slowing is not None and not self._slowing.real_time

    @property
    def scale_was_lost(self) -> bool:
        """Whether the pacer died in mid-run."""
        return self._slowing is not None and self._slowing.broken

    def watch(self, count: int | None, interrupted: threading.Event, on_account: Callable[[Account], None]) -> list[Account]:
        """Let `count` visitors come (None: until interrupted); return what the world saw of each, as they came."""
        with ExitStack() as stack:
            observer = stack.enter_context(closing(Observer(self._site.world_socket)))
            phone = stack.enter_context(closing(Phone(self._site.site_ca)))
            screen = stack.enter_context(closing(FormScreen(self._site.folder / "run" / "core.sock", phone)))
            accounts: list[Account] = []
            coming: dict[str, Guest] = {}

            def call_in() -> None:
                while len(coming) < AHEAD and (count is None or len(accounts) + len(coming) < count):
                    guest = self._next_guest(len(accounts) + len(coming), screen, phone)
                    coming[guest.name] = guest
                    observer.add(guest.script)

            def expect() -> None:
                if coming:
                    self._surround(next(iter(coming.values())).case)

            call_in()
            expect()
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
                match record:
                    case AllDone():
                        self._see_the_end_of_the_pulse(observer)
                        return accounts
                    case ScreenTouched(name, at):
                        screen.touch_form(at, name, coming[name].case.fills)
                    case PinEdge():
                        self.edges.append(record)
                    case VisitorReport(name=name):
                        last = time.monotonic()
                        account = Account(coming.pop(name), record, phone.sent_at.get(name))
                        # One who is slow on the way through leaves after the next.
                        bisect.insort(accounts, account, key=lambda one: one.seen.arrived_at)
                        on_account(account)
                        if not finishing:
                            call_in()
                        expect()
            return accounts

    def _see_the_end_of_the_pulse(self, observer: Observer) -> None:
        """Whoever came last may be through before the line is at rest."""
        with suppress(DeviceLost):
            while self.edges and self.edges[-1].level and isinstance(record := observer.receive(2.0), PinEdge):
                self.edges.append(record)

    def finish(self) -> list[Stored]:
        """End the kiosk, let it bring its records to the server, and return all events there, oldest first.

        Raises RecordsUnread.
        """
        self._full_speed()
        if self._site.scenario.surroundings.server_away:
            self._start("central", "central", "--config", str(self._site.folder / "central.toml"))
            self._admit()
        self._surround(None)
        self._enrolled = self._wait_enrolled()
        self._wait_settled()
        self.end_kiosk()
        self.supervisor.end("world")
        try:
            return _stored(self.server, self._site.site_ca, self.watcher)
        except (requests.RequestException, NotLetIn, ValueError) as error:
            reason = type(error).__name__
            raise RecordsUnread(f"the server's records could not be read ({reason})") from error

    @property
    def enrolled(self) -> Place | None:
        """As what the kiosk was enrolled when its processes ended; None when it was not."""
        return self._enrolled

    def lost(self, stored: list[Stored]) -> int:
        """How many events are not both in the kiosk's own log and at the server, once each."""
        fields = self._recorded()
        kept: Counter[str] = Counter(_name(one) for one in fields)
        found = Counter(event.id for event in stored)
        return sum(1 for name in kept | found if (kept[name], found[name]) != (1, 1))

    def processes(self) -> list[dict[str, Any]]:
        """Each process: when it was ready, its memory (resident, and with its share alone of what is shared), restarts."""
        found = []
        for name, process in self.supervisor.processes.items():
            rss_mb = pss_mb = None
            if process.pid is not None:
                memory = psutil.Process(process.pid).memory_full_info()
                rss_mb, pss_mb = round(memory.rss / 1e6, 1), round(memory.pss / 1e6, 1)
            found.append(
                {
                    "name": name,
                    "kiosk": name in {*PARTS, SCREEN},
                    "ready_s": process.ready_after_s and round(process.ready_after_s, 3),
                    "rss_mb": rss_mb,
                    "pss_mb": pss_mb,
                    "restarts": process.restarts,
                }
            )
        return found

    def close(self) -> None:
        """End every process. Idempotent."""
        self._over.set()
        self._full_speed()
        self.supervisor.close()
        if self._wire is not None:
            self._wire.close()
        if self._homes is not None:
            self._homes.close()

    def _surround(self, case: Case | None) -> None:
        """Let the disk and the server be as a case wants them; without one, well."""
        self._disk.set_full(self.supervisor.processes["core"].pid, full=case is not None and case.disk_full)
        if self._wire is not None:
            self._wire.lead_nowhere(case is not None and case.server_away)

    def _admit(self) -> None:
        """Once the server is there, issue a code and leave it where the kiosk looks for it: no visitor waits for that."""
        while not self._over.is_set():
            try:
                self.supervisor.processes["central"].wait_ready()
                central = self._site.folder / "central.toml"
                add_account(central, self.watcher.username, self.watcher.password)
                if self._homes is not None and not self._moved_in:
                    move_in(central, self._homes)
                    self._moved_in = True
                self._site.write_code(issue_code(central))
                return
            except (GatepostError, KeyError) as error:
                # A busy machine: the server is not ready yet, or its database held.
                _log.warning("kiosk not admitted", kind=type(error).__name__)
                self._over.wait(1.0)

    def _wait_enrolled(self) -> Place | None:
        """A kiosk whose server was away until now enrols before it ends."""
        papers = papers_beside(self._site.log_path)
        ends = time.monotonic() + ENROLLED_WITHIN_S
        while (place := papers.place()) is None and time.monotonic() < ends:
            self._over.wait(0.05)
        return place

    def _wait_settled(self) -> None:
        """Whoever came last may still stand in the open gate: it ends once every admission has its outcome."""
        ends = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < ends:
            try:
                recorded = self._recorded()
            except GatepostError:
                return
            admitted = {_name(one) for one in recorded if (one["kind"], one.get("answer")) == ("decision", Answer.ADMIT)}
            if admitted <= {one["admission"] for one in recorded if one["kind"] == "gate_outcome"}:
                return
            self._over.wait(0.1)

    def _recorded(self) -> list[Mapping[str, Any]]:
        """The headers of the kiosk's own log. Raises GatepostError."""
        try:
            with closing(sqlite3.connect(f"file:{self._site.log_path}?mode=ro", uri=True)) as database:
                headers = [row[0] for row in database.execute("SELECT header FROM event")]
        except sqlite3.Error as error:
            raise GatepostError(f"{self._site.log_path}: the kiosk's log cannot be read: {error}") from error
        return [events.parse(header) for header in headers]

    def _full_speed(self) -> None:
        if self._slowing is not None:
            self._slowing.close()

    def _start(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        log = self._site.folder / f"{name}.log"
        program = Program(name, [*self._program, *arguments], log, environment=environment or {})
        if name in {*PARTS, SCREEN} and self._slowing is not None:
            program = replace(program, on_start=self._slowing.add)
        self.supervisor.start(program)

    def _next_guest(self, number: int, screen: FormScreen, phone: Phone) -> Guest:
        cases = self._site.scenario.cases
        resumes = cases[number % len(cases)].resumes
        shown = phone.shown() if cases[number % len(cases)].back else None
        guest = self._site.guest(number, screen.parked if resumes else None, shown)
        if resumes:
            screen.resumed()
        self._site.write_tokens()
        return guest


def _free_port() -> int:
    """A port that was free just now: a server that is killed must come back where it was."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _stored(server: str, site_ca: Path, watcher: Watcher) -> list[Stored]:
    stored: list[Stored] = []
    asked: dict[str, str | int] = {"compound": COMPOUND, "after": 0, "limit": 500}
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(site_ca)
        watcher.sign_in(session, server)
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


def _name(fields: Mapping[str, Any]) -> str:
    """How an event is named, by its header."""
    return events.event_id(fields["device"], fields["log_id"], fields["seq"])
