"""The measurements' tables for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

QUANTILES = ("p50", "p95", "p99", "max")


def print_clear(console: Console, found: Mapping[str, Any]) -> None:
    """Print stages and clear time, the budget, and the scale that was achieved."""
    table = table_of("Clear time by stage (seconds)", "stage", *QUANTILES)
    for name, figures in {**found["stages_s"], "clear time": found["summary"]["clear_s"]}.items():
        table.add_row(name, *(seconds(figures[quantile]) for quantile in QUANTILES))
    console.print(table)
    table = table_of(
        f"Budget, over {found['summary']['judged']} visitors whose parts all worked (seconds)",
        "what",
        "quantile",
        "measured",
        "at most",
        "",
    )
    for verdict in found["budget"]:
        table.add_row(
            verdict["figure"],
            verdict["quantile"],
            seconds(verdict["measured_s"]),
            seconds(verdict["at_most_s"]),
            "met" if verdict["met"] else "MISSED",
        )
    console.print(table)
    bursts = ", ".join(f"{length} ms: {ratio}" for length, ratio in found["achieved_scale_by_burst"].items())
    console.print(f"processor scale asked for {found['cpu_scale']}, achieved {found['achieved_scale']} (bursts of {bursts})")
    console.print(
        f"visitors {found['n']}, events lost {found['summary']['lost']}, valid: {'yes' if found['valid'] else 'NO'}"
    )


def table_of(title: str, first: str, *others: str) -> Table:
    """A table with a column of names and columns of figures."""
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def seconds(value: float | None) -> str:
    """Three places, or a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}"
