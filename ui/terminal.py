"""The demo in a terminal: a live table of visitors, and at the end the clear times by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

SHOWN = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One visitor as the world saw them: name, whether the gate opened, and how long that took."""

    name: str
    opened: bool
    passed: bool
    clear_s: float | None


@dataclass(slots=True)
class LiveTable:
    """The latest visitors, redrawn as they come; plain lines where there is no terminal."""

    console: Console
    heading: str
    lines: list[Line] = field(default_factory=list)
    _live: Live | None = None

    def __enter__(self) -> "LiveTable":
        if self.console.is_terminal:
            self._live = Live(self._table(), console=self.console, refresh_per_second=4)
            self._live.start()
        else:
            self.console.print(self.heading)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def add(self, line: Line) -> None:
        """Show one more visitor."""
        self.lines.append(line)
        if self._live is not None:
            self._live.update(self._table())
        else:
            self.console.print(f"{line.name:<44} {_gate(line):<14} {_seconds(line.clear_s):>8}")

    def _table(self) -> Table:
        table = Table(title=self.heading, title_justify="left")
        table.add_column("visitor")
        table.add_column("gate")
        table.add_column("clear time", justify="right")
        for line in self.lines[-SHOWN:]:
            style = "green" if line.passed else "yellow"
            table.add_row(line.name, f"[{style}]{_gate(line)}[/]", _seconds(line.clear_s))
        return table


def print_summary(console: Console, summary: Mapping[str, Any], processes: Sequence[Mapping[str, Any]]) -> None:
    """Print the counts, the clear time by stage, and the processes with their memory."""
    table = Table(title="Clear time by stage (seconds)", title_justify="left")
    table.add_column("stage")
    for column in ("p50", "p95", "p99", "max"):
        table.add_column(column, justify="right")
    for name, found in {**summary["stages_s"], "clear time": summary["clear_s"]}.items():
        table.add_row(name, *(_seconds(found[column]) for column in ("p50", "p95", "p99", "max")))
    console.print(table)
    table = Table(title="Processes", title_justify="left")
    for column in ("process", "ready after", "resident memory"):
        table.add_column(column, justify="left" if column == "process" else "right")
    for process in processes:
        memory = process["rss_mb"]
        table.add_row(process["name"], _seconds(process["ready_s"]), "gone" if memory is None else f"{memory:.0f} MB")
    console.print(table)
    if summary["form_s"]["max"] is not None:
        told = ", ".join(f"{column} {_seconds(found)} s" for column, found in summary["form_s"].items())
        console.print(f"from 'send' on a visitor's phone to the open gate: {told}")
    if summary["per_minute"] is not None:
        console.print(f"{summary['per_minute']:.1f} people a minute")
    console.print(
        f"cleared {summary['cleared']}, refused {summary['refused']}, held {summary['held']}, "
        f"left {summary['abandoned']}; decisions at the server {summary['synced']}, events lost {summary['lost']}"
    )


def print_screen(console: Console, pace: Mapping[str, Any]) -> None:
    """Print how smoothly the screen ran."""
    frame, answer = pace["frame_ms"], pace["answer_ms"]
    console.print(
        f"screen: {pace['frames']} frames during visits, p99 {_or_none(frame['p99'])} ms; longest stall "
        f"{_or_none(pace['longest_stall_ms'])} ms; {pace['scans_answered']} of {pace['scans']} scans answered, within "
        f"{_or_none(answer['max'])} ms; mirror {_or_none(pace['preview_fps'])} pictures a second; "
        f"shown {_or_none(pace['start_to_screen_s'])} s after its start"
    )


def _gate(line: Line) -> str:
    if line.passed:
        return "opened, passed"
    return "opened" if line.opened else "closed"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _or_none(value: float | None) -> str:
    return "no" if value is None else f"{value:g}"
