"""`gatepost demo`: a whole gate in a simulated world, what is seen of it, and what came of it."""

import json
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from drivers.simulated.storage import notes_beside, read_notes
from kiosk.console import standard_output
from kiosk.demo.cases import scenario_named
from kiosk.demo.place import NOWHERE, Place, place_for_screen
from kiosk.demo.report import as_expected, summary, told, visit_row
from kiosk.demo.scenarios import Case, Scenario
from kiosk.demo.site import Fsync, Site
from kiosk.demo.stage import Account, Stage
from kiosk.demo.toll import Toll, judge_line
from kiosk.demo.vectors import missing
from kiosk.errors import UsageError
from ui.terminal import Line, LiveTable, print_screen, print_summary

VISITORS = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to come: `count` visitors of a scenario (None: until interrupted), before a kiosk so many times slower."""

    scenario: Scenario
    count: int | None
    seed: int
    cpu_scale: float = 1.0
    fsync: Fsync = "machine"
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run: the report's rows and summary, the processes, and who did not end as expected."""

    scenario: Scenario
    rows: list[dict[str, Any]]
    cases: list[Case]
    totals: dict[str, Any]
    processes: list[dict[str, Any]]
    unexpected: list[dict[str, Any]]
    scale_was_lost: bool
    screen: dict[str, Any] | None = None
    enrolled: str | None = None
    line_wrong: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether there was somebody, all ended as expected, and every event is at the server, from an enrolled kiosk.

        The gate's line was active for admissions alone, and is at rest.
        """
        well = not self.unexpected and not self.line_wrong and self.totals["lost"] == 0 and not self.scale_was_lost
        return bool(self.rows) and well and self.enrolled is not None


def run_demo(
    visitors: int | None,
    *,
    headless: bool,
    report: Path | None,
    seed: int,
    scenario: str,
    cpu_scale: float,
    program: list[str],
) -> int:
    """Run the demo and return the exit status: 0 only if all ended as expected and every event is at the server.

    `program` is how this command is called. `headless`: the kiosk has no screen, and the terminal's table is all there
    is to see. Raises UsageError.
    """
    chosen = scenario_named(scenario)
    if (lacking := missing(chosen.vectors)) is not None:
        raise UsageError(f"scenario {scenario} needs {lacking} of the credentials made by others; set GATEPOST_TESTDATA")
    check_folder(report)
    count = visitors if visitors is not None or sys.stdout.isatty() else VISITORS
    console = standard_output()
    with place_for_screen(headless=headless) as place, interruptible() as interrupted:
        plan = Plan(chosen, count, seed, cpu_scale, "machine" if cpu_scale == 1 else "card", place)
        played = play(plan, program, console, interrupted)
    print_summary(console, played.totals, played.processes)
    if played.enrolled is not None:
        console.print(f"enrolled as {played.enrolled}: what it sent was signed, and went over TLS to the pinned server alone")
    if played.screen is not None:
        print_screen(console, played.screen)
    if report is not None:
        found = {"visits": played.rows, "summary": played.totals, "processes": played.processes, "screen": played.screen}
        write_report(report, found)
    for row in played.rows:
        if row["decision"] not in {"admit", None}:
            console.print(f"{row['name']}: {row['decision']}, {', '.join(row['reasons'])}")
    if interrupted.is_set():
        console.print(f"interrupted after {len(played.rows)} visitors" + ("" if count is None else f" of {count}"))
    complete = interrupted.is_set() or len(played.rows) == count
    return 0 if played.valid and complete else 1


def play(
    plan: Plan,
    program: list[str],
    console: Console,
    interrupted: threading.Event,
    on_visitor: Callable[[Stage, Account], None] = lambda *_: None,
) -> Played:
    """Let the visitors come, show them, and return what came of them. `on_visitor` is called after each."""
    scenario = plan.scenario
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        site = Site(Path(folder), scenario, plan.seed, plan.fsync, window=plan.place.window)
        stage = Stage(site, program, plan.cpu_scale, plan.place.environment)
        try:
            stage.open()
            console.print(f"central server at {stage.server}, by its own CA: {site.site_ca}")
            watcher = stage.watcher
            console.print(f"sign in there as {watcher.username} with {watcher.password} (this run's alone)", markup=False)
            if stage.scale_is_rough:
                console.print("the scale is only held roughly: without root the pacer waits for its turn")
            stage.measure_scale()
            with LiveTable(console, f"scenario {scenario.name}: {scenario.about}") as table:

                def tell(account: Account) -> None:
                    table.add(_line(account))
                    on_visitor(stage, account)

                accounts = stage.watch(plan.count, interrupted, tell)
            processes = stage.processes()
            stage.measure_scale()
            stored = stage.finish()
        finally:
            stage.close()
        lost = stage.lost(stored)
        fsyncs = read_notes(notes_beside(site.log_path))
        screen = site.screen_pace()
    toll = Toll()
    if stage.enrolled is not None:
        # Of a kiosk that the server never heard every opening would look unrecorded.
        judge_line(stored, stage.edges, toll)
    rows = [visit_row(one.guest, one.seen, stored, fsyncs) | {"form_s": one.form_s} for one in accounts]
    played = Played(
        scenario,
        rows,
        [account.guest.case for account in accounts],
        summary(rows, lost=lost, scale=stage.scale()),
        processes,
        [row for row, account in zip(rows, accounts, strict=True) if not as_expected(row, account.guest)],
        stage.scale_was_lost,
        screen,
        stage.enrolled.device if stage.enrolled is not None else None,
        tuple(toll.wrong),
    )
    for sentence in played.line_wrong:
        console.print(f"wrong: {sentence}")
    for row in played.unexpected:
        console.print(f"not as expected: {row['name']}: {told(row)}", markup=False)
    if played.enrolled is None:
        console.print("the kiosk was not enrolled: what it sent was not signed")
    if played.scale_was_lost:
        console.print("the process that slows the kiosk down died: the figures are not at the scale asked for")
    return played


def check_folder(file: Path | None) -> None:
    """See that a file can be written later. Raises UsageError."""
    if file is not None and not file.parent.is_dir():
        raise UsageError(f"{file}: there is no folder {file.parent}; make it, or name another file")


def write_report(file: Path, found: dict[str, Any]) -> None:
    """Write a report as JSON."""
    file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _line(account: Account) -> Line:
    seen = account.seen
    clear_s = None
    if seen.relay_at is not None and seen.in_position_at is not None:
        clear_s = seen.relay_at - seen.in_position_at
    return Line(account.guest.name, seen.relay_at is not None, seen.passed_at is not None, clear_s)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """The first interrupt ends a run in order; a second one at once."""
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
