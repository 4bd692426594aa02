"""`gatepost demo`: the central server, an issuer, a world and the kiosk's processes, and what came of it."""

import json
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
from rich.console import Console

from drivers.simulated.observer import Observer
from drivers.simulated.protocol import AllDone, VisitorReport
from kiosk import events
from kiosk.demo.report import Stored, as_expected, summary, visit_row
from kiosk.demo.scenarios import scenario_named
from kiosk.demo.site import Guest, Site
from kiosk.errors import DeviceLost, GatepostError, UsageError
from kiosk.supervisor import Program, Supervisor
from ui.terminal import Line, LiveTable, print_summary

VISITORS = 12
AHEAD = 3
"""How many visitors an open-ended demo keeps in the script."""
VISIT_WITHIN_S = 30.0
PARTS = ("gate", "core", "eyes")
KIOSK = frozenset(PARTS)


@dataclass(frozen=True, slots=True)
class Account:
    """What the world saw of one guest."""

    guest: Guest
    seen: VisitorReport


def run_demo(
    visitors: int | None, *, headless: bool, report: Path | None, seed: int, scenario: str, program: list[str]
) -> int:
    """Run the demo and return the exit status: 0 only if all ended as expected and every event is at the server.

    `program` is how this command is called. The terminal's table is all there is to see so far, so `headless`
    changes nothing else. Raises UsageError.
    """
    del headless
    chosen = scenario_named(scenario)
    if report is not None and not report.parent.is_dir():
        raise UsageError(f"{report}: there is no folder {report.parent}; make it, or name another file")
    open_ended = visitors is None and sys.stdout.isatty()
    count = visitors or (AHEAD if open_ended else VISITORS)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder, _interrupted() as interrupted:
        site = Site(Path(folder), chosen, seed)
        guests = site.guests(count)
        site.write_script(guests, open_ended=open_ended)
        supervisor = Supervisor()
        try:
            server = _start(supervisor, site, program)
            console.print(f"central server at {server}")
            heading = f"scenario {chosen.name}"
            with LiveTable(console, heading) as table:
                accounts = _watch(site, guests, interrupted, table, open_ended=open_ended)
            processes = _processes(supervisor)
            for part in ("eyes", "gate", "core", "world"):
                supervisor.end(part)
            stored = _stored(server)
        finally:
            supervisor.close()
        rows = [visit_row(account.guest, account.seen, stored) for account in accounts]
        lost = _lost(site.log_path, stored)
        expected = [as_expected(row, account.guest) for row, account in zip(rows, accounts, strict=True)]
    totals = summary(rows, lost=lost)
    print_summary(console, totals, processes)
    if report is not None:
        found = {"visits": rows, "summary": totals, "processes": processes}
        report.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for row, good in zip(rows, expected, strict=True):
        if not good:
            console.print(f"not as expected: {row['name']}: {row['decision']} {row['reasons']} {row['gate_outcome']}")
    complete = bool(rows) and (open_ended or interrupted.is_set() or len(rows) == count)
    return 0 if all(expected) and lost == 0 and complete else 1


def _start(supervisor: Supervisor, site: Site, program: list[str]) -> str:
    """Start every process, the slow ones side by side; return the server's URL."""

    def start(name: str, *arguments: str) -> None:
        supervisor.start(Program(name, [*program, *arguments], site.folder / f"{name}.log"))

    (site.folder / "run").mkdir(mode=0o700)
    start("central", "central", "--config", str(site.write_central()))
    start("issuer", "issuer", "--table", str(site.tokens_path))
    start("world", "world", "--script", str(site.script_path), "--socket", str(site.world_socket))
    running = supervisor.processes
    server = running["central"].wait_ready()
    config = str(site.write_kiosk(server, running["issuer"].wait_ready()))
    running["world"].wait_ready()
    for part in PARTS:
        start(part, "kiosk", "--config", config, "--part", part)
    for part in PARTS:
        running[part].wait_ready()
    return server


def _watch(
    site: Site, guests: list[Guest], interrupted: threading.Event, table: LiveTable, *, open_ended: bool
) -> list[Account]:
    """Let the visitors come; return what the world saw of each, up to the interrupt."""
    by_name = {guest.name: guest for guest in guests}
    accounts: list[Account] = []
    finishing = False
    with closing(Observer(site.world_socket)) as observer:
        observer.begin()
        last = time.monotonic()
        while time.monotonic() - last < VISIT_WITHIN_S:
            if interrupted.is_set() and not finishing:
                finishing = True
                if not open_ended:
                    return accounts
                observer.finish()
            try:
                record = observer.receive(0.2)
            except DeviceLost:
                return accounts
            if isinstance(record, AllDone):
                return accounts
            if not isinstance(record, VisitorReport):
                continue
            last = time.monotonic()
            account = Account(by_name[record.name], record)
            accounts.append(account)
            table.add(_line(account))
            if open_ended and not finishing:
                for guest in site.guests(1, first=len(by_name)):
                    by_name[guest.name] = guest
                    observer.add(guest.script)
    return accounts


def _line(account: Account) -> Line:
    seen = account.seen
    clear_s = None
    if seen.relay_at is not None and seen.in_position_at is not None:
        clear_s = seen.relay_at - seen.in_position_at
    return Line(account.guest.name, seen.relay_at is not None, seen.passed_at is not None, clear_s)


def _processes(supervisor: Supervisor) -> list[dict[str, Any]]:
    found = []
    for name, process in supervisor.processes.items():
        memory = None
        if process.pid is not None:
            memory = round(psutil.Process(process.pid).memory_info().rss / 1e6, 1)
        found.append(
            {
                "name": name,
                "kiosk": name in KIOSK,
                "ready_s": process.ready_after_s and round(process.ready_after_s, 3),
                "rss_mb": memory,
                "restarts": process.restarts,
            }
        )
    return found


def _stored(server: str) -> list[Stored]:
    """Every event in the server's database, oldest first."""
    stored: list[Stored] = []
    after = 0
    with requests.Session() as session:
        session.trust_env = False
        while True:
            answer = session.get(f"{server.rstrip('/')}/api/v1/events", params={"after": after, "limit": 500}, timeout=10)
            answer.raise_for_status()
            page = answer.json()
            for entry in page["events"]:
                fields = events.parse(entry["header"])
                stored.append(Stored(events.event_id(fields["device"], fields["log_id"], fields["seq"]), fields))
            if page["next"] is None:
                return stored
            after = page["next"]


def _lost(log_path: Path, stored: list[Stored]) -> int:
    """How many events of the kiosk's own log are not at the server."""
    there = {event.id for event in stored}
    try:
        with closing(sqlite3.connect(f"file:{log_path}?mode=ro", uri=True)) as database:
            headers = [row[0] for row in database.execute("SELECT header FROM event")]
    except sqlite3.Error as error:
        raise GatepostError(f"{log_path}: the kiosk's log cannot be read: {error}") from error
    kept = [events.parse(header) for header in headers]
    return sum(1 for one in kept if events.event_id(one["device"], one["log_id"], one["seq"]) not in there)


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """The first interrupt ends the demo in order; a second one at once."""
    interrupted = threading.Event()

    def asked(*_: object) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
