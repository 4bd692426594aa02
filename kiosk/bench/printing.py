"""The measurements' tables for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

QUANTILES = ("p50", "p95", "p99", "max")
INTAKE = ("events/s", "batch p50 (ms)", "batch p99 (ms)")
TOO_SLOW = 1.2
"""A scale that is missed by more is no fault of the pacer's."""


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
            met(verdict["met"]),
        )
    console.print(table)
    bursts = ", ".join(f"{length} ms: {ratio}" for length, ratio in found["achieved_scale_by_burst"].items())
    console.print(f"processor scale asked for {found['cpu_scale']}, achieved {found['achieved_scale']} (bursts of {bursts})")
    console.print(
        f"visitors {found['n']}, events lost {found['summary']['lost']}, valid: {'yes' if found['valid'] else 'NO'}"
    )


def print_startup(console: Console, found: Mapping[str, Any]) -> None:
    """Print the three kinds of start, one below the other for each process."""
    title = f"From start to ready, {found['rounds']} starts each (seconds)"
    table = table_of(title, "process", "start", "p50", "max", "at most", "")
    for name, row in found["processes"].items():
        for kind in ("cold", "warm", "restart"):
            spread = row[f"{kind}_s"]
            limited = kind == "restart" and row["at_most_s"] is not None
            limit = (seconds(row["at_most_s"]), met(row["met"])) if limited else ("", "")
            table.add_row(name, kind, seconds(spread["p50"]), seconds(spread["max"]), *limit)
    first = found["first_clear_s"]
    table.add_row("first visitor cleared", "warm", seconds(first["p50"]), seconds(first["max"]), "", "")
    console.print(table)


def print_memory(console: Console, found: Mapping[str, Any]) -> None:
    """Print each process idle and after its visitors, side by side, and the idle load."""
    kinds = ("rss", "pss", "uss")
    columns = [f"{kind} {when}" for kind in kinds for when in ("idle", "after")]
    table = table_of(f"Memory idle, and after {found['n']} visitors (MB)", "process", *columns)
    for name, row in {**found["processes"], "together": found["together"]}.items():
        table.add_row(name, *(f"{row[when][f'{kind}_mb']:.0f}" for kind in kinds for when in ("idle", "after")))
    console.print(table)
    table = table_of("Limits", "what", "measured", "at most", "")
    for verdict in found["limits"]:
        measured, at_most = f"{verdict['measured']:.0f} {verdict['unit']}", f"{verdict['at_most']:.0f} {verdict['unit']}"
        table.add_row(verdict["what"], measured, at_most, met(verdict["met"]))
    console.print(table)


def print_bench_screen(console: Console, found: Mapping[str, Any]) -> None:
    """Print the screen's pace, each process's memory, and clear time with the screen and without it."""
    pace = found["screen"]
    table = table_of(f"Kivy's thread, {pace['frames']} frames during visits (ms)", "what", *QUANTILES)
    answered = f"a scan answered, {pace['scans_answered']} of {pace['scans']}, from its decoding"
    for name, what in (("frame_ms", "frame"), ("work_ms", "of it its own work"), ("answer_ms", answered)):
        table.add_row(what, *(_tenths(pace[name][quantile]) for quantile in QUANTILES))
    console.print(table)
    console.print(
        f"longest stall {_tenths(pace['longest_stall_ms'])} ms (its own work {_tenths(pace['longest_work_ms'])}); "
        f"mirror {_tenths(pace['preview_fps'])} pictures a second; "
        f"start to idle screen {seconds(pace['start_to_screen_s'])} s"
    )
    table = table_of("Memory at the end (MB)", "process", "resident", "shared pages once")
    for name, row in {**found["memory"], "together": found["together"]}.items():
        table.add_row(name, _tenths(row["rss_mb"]), _tenths(row["pss_mb"]))
    console.print(table)
    table = table_of("Clear time (seconds)", "the same visitors", *QUANTILES)
    for name, figures in found["clear_s"].items():
        table.add_row(f"{name} the screen", *(seconds(figures[quantile]) for quantile in QUANTILES))
    console.print(table)
    for verdict in found["limits"]:
        at_most = f"{verdict['at_most']:.0f} {verdict['unit']}"
        console.print(f"{verdict['what']}: {_tenths(verdict['measured'])} of {at_most}: {met(verdict['met'])}")
    console.print(f"processor scale asked for {found['cpu_scale']}, achieved {found['achieved_scale']}")


def print_ingest(console: Console, found: Mapping[str, Any]) -> None:
    """Print what each number of workers took in beside COPY, and how an upload fared as the tables grew."""
    growth = found["growth"]
    title = f"Uploads of {found['events_per_batch']} events by {found['devices']:,} devices into {found['database']}"
    table = table_of(title, "workers", *INTAKE, "COPY, events/s", "of it")
    for workers, figures in found["workers"].items():
        copied = figures.get("copy_events_per_s")
        beside = ("-", "-") if copied is None else (f"{copied:,.0f}", f"{figures['ratio_to_copy']:.3f}")
        table.add_row(workers, *_intake(figures), *beside)
    console.print(table)
    columns = ("log, kB a batch", "whole pages in it")
    table = table_of(f"The same by {growth['workers']} workers as the tables grow", "events there", *INTAKE, *columns)
    for figures in growth["sizes"]:
        written = (str(figures.get(key, "-")) for key in ("log_kb", "log_pages"))
        table.add_row(f"{figures['rows']:,}", *_intake(figures), *written)
    console.print(table)
    aims = found["aims"]
    if (ratio := found.get("ratio_to_copy")) is not None:
        console.print(f"at best {ratio} of what COPY takes in; at least {aims['ratio_to_copy']} is the aim")
    console.print(
        f"an upload into the fullest tables took {growth['batch_ratio']} of the time of one into the emptiest;"
        f" at most {aims['batch_ratio']} is the aim"
    )


def print_decoding(console: Console, found: Mapping[str, Any]) -> None:
    """Print the engines by folder, what successive frames cost, and what the ladder must reach."""
    table = table_of(
        "Photographs (milliseconds of processor time)", "folder", "engine", "read", "exact", "mean", "median", "p95"
    )
    rows = [(name, engine, figures) for engine, of in found["engines"].items() for name, figures in of["folders"].items()]
    rows += [
        (title, engine, of[key])
        for key, title in (("with_code", "all with a code"), ("without_code", "all without"))
        for engine, of in found["engines"].items()
    ]
    for name, engine, one in sorted(rows, key=lambda row: row[0]):
        exact = f"{one['exact']}/{one['scored']}" if one["scored"] else "-"
        times = (_figure(one[f"{key}_ms"]) for key in ("mean", "median", "p95"))
        table.add_row(name, engine, f"{one['read']}/{one['n']}", exact, *times)
    console.print(table)
    columns = ("read", "frames p50", "p95", "max", "ms p95", "empty", "p95", "tracked", "p95")
    table = table_of("Simulated visitors: frames from the first with the code whole, and ms of a frame", "way", *columns)
    for way, one in found["approaches"].items():
        frames = ("-" if one["frames"][key] is None else f"{one['frames'][key]:.0f}" for key in ("p50", "p95", "max"))
        still = (_figure(found[kind][way][key]) for kind in ("empty_ms", "tracked_ms") for key in ("median", "p95"))
        table.add_row(way, f"{one['read']}/{one['n']}", *frames, _figure(one["frame_ms"]["p95"]), *still)
    console.print(table)
    if (pace := found.get("at_pace")) is not None:
        _print_pace(console, pace)
    for verdict in found["verdicts"]:
        console.print(f"{verdict['what']}: {verdict['measured']}, wanted {verdict['wanted']}: {met(verdict['met'])}")


def _print_pace(console: Console, pace: Mapping[str, Any]) -> None:
    """Print what a frame takes in real time at another pace."""
    bursts = ", ".join(f"{length} ms {ratio}" for length, ratio in pace["achieved_scale_by_burst"].items())
    console.print(f"processor scale asked for {pace['cpu_scale']}, achieved {pace['achieved_scale']} (bursts of {bursts})")
    table = table_of("A frame at that pace, ms of real time", "way", "frames", "median", "p95", "max")
    frames = {"raised_ms": "a code raised, until read", "empty_ms": "nobody's code", "tracked_ms": "a code tracked"}
    for kind, what in frames.items():
        for way, one in pace[kind].items():
            table.add_row(way, what, *(_figure(one[key]) for key in ("median", "p95", "max")))
    console.print(table)


def met(well: bool) -> str:
    """A verdict in a word that is seen."""
    return "met" if well else "MISSED"


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


def print_soak(console: Console, found: Mapping[str, Any]) -> None:
    """Print each trend, what it surely grew by in the run (95 %), and whether it may."""
    title = f"{found['n']} visitors in {found['ran_s'] / 60:.1f} minutes, the first {found['warm_up_s']:.0f} s left out"
    table = table_of(title, "process", "figure", "first", "last", "an hour", "surely", "may", "")
    for row in found["trends"]:
        figures = (row[name] for name in ("first", "last", "per_hour", "grew_at_least", "may_grow"))
        name = f"{row['figure']} {row['unit']}".rstrip()
        table.add_row(row["process"], name, *(_figure(one) for one in figures), "GROWS" if row["grows"] else "flat")
    console.print(table)
    valid = "yes" if found["valid"] else "NO"
    console.print(f"events lost {found['summary']['lost']}, valid: {valid}")


def _tenths(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _intake(figures: Mapping[str, float]) -> tuple[str, str, str]:
    """One row of the table of what the server takes in."""
    return f"{figures['events_per_s']:,.0f}", f"{figures['batch_ms_p50']:.0f}", f"{figures['batch_ms_p99']:.0f}"
