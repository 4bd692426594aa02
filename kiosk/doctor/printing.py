"""The doctor's report for people: a line for each part, with shape and word, then what to do."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kiosk.doctor.examination import Report
from kiosk.doctor.findings import Finding, PartName, State
from kiosk.doctor.sentences import HEADINGS

SHAPES = {State.FIT: "OK", State.UNFIT: "!!", State.ABSENT: "--", State.UNKNOWN: "??"}
STYLES = {State.FIT: "green", State.UNFIT: "bold red", State.ABSENT: "dim", State.UNKNOWN: "yellow"}


def print_report(console: Console, report: Report) -> None:
    """Print the table, the advice, and the verdict."""
    console.print(HEADINGS["simulated" if report.simulated else "title"])
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for found in report.findings:
        mark = Text(f"{SHAPES[found.state]} {found.state}", STYLES[found.state])
        # Nothing that was measured is markup.
        table.add_row(mark, Text(shown(found.part)), Text(found.detail))
    console.print(table)
    _print_advice(console, HEADINGS["advice"], [found for found in report.findings if not found.in_order])
    _print_advice(console, HEADINGS["later"], [found for found in report.findings if found.in_order])
    console.print()
    amiss = [shown(part) for part in dict.fromkeys(_amiss(report))]
    verdict = HEADINGS["unfit"].format(parts=", ".join(amiss)) if amiss else HEADINGS["fit"]
    console.print(Text(verdict), soft_wrap=True)


def _print_advice(console: Console, heading: str, findings: Sequence[Finding]) -> None:
    """Print what there is to do: once, for all the parts that it is said of."""
    parts: dict[tuple[State, str], list[str]] = {}
    for found in findings:
        if found.advice:
            parts.setdefault((found.state, found.advice), []).append(shown(found.part))
    if parts:
        console.print()
        console.print(heading)
    for (state, advice), names in parts.items():
        console.print(Text(f"{SHAPES[state]} {', '.join(dict.fromkeys(names))}: {advice}"), soft_wrap=True)


def shown(part: PartName) -> str:
    """A part's name as people read it."""
    return part.replace("_", " ")


def _amiss(report: Report) -> list[PartName]:
    return [found.part for found in report.findings if not found.in_order]
