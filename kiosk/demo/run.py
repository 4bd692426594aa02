"""`gatepost demo`: a whole gate in a simulated world, what is seen of it, and what came of it."""

import json
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from kiosk.demo.cases import scenario_named
from kiosk.demo.place import place_for_screen
from kiosk.demo.report import as_expected, summary, visit_row
from kiosk.demo.site import Site
from kiosk.demo.stage import Account, Stage
from kiosk.errors import UsageError
from ui.terminal import Line, LiveTable, print_screen, print_summary

VISITORS = 12


def run_demo(
    visitors: int | None, *, headless: bool, report: Path | None, seed: int, scenario: str, program: list[str]
) -> int:
    """Run the demo and return the exit status: 0 only if all ended as expected and every event is at the server.

    `program` is how this command is called. `headless`: the kiosk has no screen, and the terminal's table is all there
    is to see. Raises UsageError.
    """
    chosen = scenario_named(scenario)
    if report is not None and not report.parent.is_dir():
        raise UsageError(f"{report}: there is no folder {report.parent}; make it, or name another file")
    count = visitors if visitors is not None or sys.stdout.isatty() else VISITORS
    console = Console(highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="gatepost-") as folder,
        _interrupted() as interrupted,
        place_for_screen(headless=headless) as place,
    ):
        site = Site(Path(folder), chosen, seed, window=place.window)
        stage = Stage(site, program, place.environment)
        try:
            stage.open()
            console.print(f"central server at {stage.server}")
            with LiveTable(console, f"scenario {chosen.name}: {chosen.about}") as table:
                accounts = stage.watch(count, interrupted, lambda account: table.add(_line(account)))
            processes = stage.processes()
            stored = stage.finish()
        finally:
            stage.close()
        lost = stage.lost(stored)
        pace = site.screen_pace()
    rows = [visit_row(account.guest, account.seen, stored) for account in accounts]
    totals = summary(rows, lost=lost)
    print_summary(console, totals, processes)
    if pace is not None:
        print_screen(console, pace)
    if report is not None:
        found = {"visits": rows, "summary": totals, "processes": processes, "screen": pace}
        report.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    good = [as_expected(row, account.guest) for row, account in zip(rows, accounts, strict=True)]
    for row, well in zip(rows, good, strict=True):
        if not well:
            seen = {name: row[name] for name in ("expected", "decision", "reasons", "gate_outcome", "openings", "also")}
            console.print(f"not as expected: {row['name']}: {seen}")
    for row in rows:
        if row["decision"] not in {"admit", None}:
            console.print(f"{row['name']}: {row['decision']}, {', '.join(row['reasons'])}")
    if interrupted.is_set():
        console.print(f"interrupted after {len(rows)} visitors" + ("" if count is None else f" of {count}"))
    complete = bool(rows) and (interrupted.is_set() or len(rows) == count)
    return 0 if all(good) and lost == 0 and complete else 1


def _line(account: Account) -> Line:
    seen = account.seen
    clear_s = None
    if seen.relay_at is not None and seen.in_position_at is not None:
        clear_s = seen.relay_at - seen.in_position_at
    return Line(account.guest.name, seen.relay_at is not None, seen.passed_at is not None, clear_s)


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
