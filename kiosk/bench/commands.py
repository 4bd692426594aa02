"""The command line of the measurements: `gatepost bench`."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.errors import UsageError
from kiosk.supervisor import this_program

app = typer.Typer(help="What the kiosk and the server do, in figures.", no_args_is_help=True)

CpuScale = Annotated[
    float, typer.Option("--cpu-scale", min=1, max=10, help="Make the kiosk's processes so many times slower; a Pi 4: 4.5.")
]
ReportFile = Annotated[Path | None, typer.Option("--report", help="Write a JSON report.", metavar="FILE")]


@app.command()
def clear(
    visitors: Annotated[int, typer.Option(min=1, help="How many come, about one every five seconds.")] = 60,
    scenario: Annotated[str, typer.Option(help="As for the demo.")] = "normal",
    full: Annotated[bool, typer.Option("--full", help="500 visitors of every scenario: most of a day.")] = False,
    cpu_scale: CpuScale = 1.0,
    seed: Annotated[int, typer.Option(help="The simulated world's chance.")] = 1,
    report: ReportFile = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the distribution; needs matplotlib.", metavar="FILE.png")] = None,
) -> int:
    """Measure clear time and its stages, and hold them against the budget: status 1 if it is missed."""
    from kiosk.bench.clear import bench_clear

    return bench_clear(
        visitors=visitors,
        scenario=scenario,
        full=full,
        cpu_scale=cpu_scale,
        seed=seed,
        report=report,
        picture=plot,
        program=this_program(),
    )


@app.command()
def startup(
    rounds: Annotated[int, typer.Option(min=1, help="How many starts, cold and warm each.")] = 5,
    cpu_scale: CpuScale = 1.0,
    report: ReportFile = None,
) -> int:
    """Measure how long the kiosk takes to start: each process to ready, and to the first visitor cleared."""
    from kiosk.bench.startup import bench_startup

    return bench_startup(rounds=rounds, cpu_scale=cpu_scale, report=report, program=this_program())


@app.command()
def memory(
    visitors: Annotated[int, typer.Option(min=1, help="How many come between the two looks.")] = 20,
    report: ReportFile = None,
) -> int:
    """Measure each process's memory, idle and after visitors, and the idle load: status 1 beyond the limits."""
    from kiosk.bench.memory import bench_memory

    return bench_memory(visitors=visitors, report=report, program=this_program())


@app.command()
def screen(
    visitors: Annotated[int, typer.Option(min=1, help="How many come with the screen, and again without it.")] = 20,
    cpu_scale: CpuScale = 1.0,
    seed: Annotated[int, typer.Option(help="The simulated world's chance.")] = 1,
    report: ReportFile = None,
) -> int:
    """Measure how smoothly the screen runs and what it costs the others: status 1 beyond the limits."""
    from kiosk.bench.screen import bench_screen

    return bench_screen(visitors=visitors, cpu_scale=cpu_scale, seed=seed, report=report, program=this_program())


@app.command()
def decode(
    data: Annotated[
        Path | None, typer.Option(help="The test data; else $GATEPOST_TESTDATA, else ../shared/data.", metavar="FOLDER")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each picture is read; the least counts.")] = 3,
    visitors: Annotated[int, typer.Option(min=1, help="How many simulated ones come.")] = 12,
    cpu_scale: CpuScale = 1.0,
    report: ReportFile = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the engines; needs matplotlib.", metavar="FILE.png")] = None,
) -> int:
    """Measure the decoders side by side over photographs and simulated approaches: status 1 below what they must reach."""
    from kiosk.bench.decode import bench_decode

    return bench_decode(data=data, rounds=rounds, visitors=visitors, report=report, picture=plot, cpu_scale=cpu_scale)


@app.command()
def verify(
    rounds: Annotated[int, typer.Option(min=1, help="How often each code is checked.")] = 300,
    report: ReportFile = None,
) -> int:
    """Measure how long it takes to check each kind of code, also of hostile ones: status 1 beyond the limits."""
    from rich.console import Console

    from kiosk.bench import verify as verifying
    from kiosk.demo.run import check_folder, write_report

    check_folder(report)
    rows = verifying.measure(rounds)
    verifying.show(Console(highlight=False), rows)
    if report is not None:
        write_report(report, verifying.report(rows))
    return 0 if all(row.in_time for row in rows) else 1


@app.command()
def signing(
    rounds: Annotated[int, typer.Option(min=1, help="How often each request is signed and verified.")] = 300,
    report: ReportFile = None,
) -> int:
    """Measure what signing a request costs a kiosk, and the server that verifies it."""
    from rich.console import Console

    from kiosk.bench import signing as requests
    from kiosk.demo.run import check_folder, write_report

    check_folder(report)
    found = requests.measure(rounds)
    requests.show(Console(highlight=False), found)
    if report is not None:
        write_report(report, found)
    return 0


@app.command()
def policy(
    rounds: Annotated[int, typer.Option(min=100, help="How many visitors are decided about.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Who they are.")] = 1,
    report: ReportFile = None,
) -> int:
    """Measure how long a decision takes under each shipped document: status 1 if p99 is beyond 1 ms."""
    from rich.console import Console

    from kiosk.bench import deciding
    from kiosk.demo.run import check_folder, write_report

    check_folder(report)
    rows = deciding.measure(rounds, seed)
    deciding.show(Console(highlight=False), rows)
    if report is not None:
        write_report(report, deciding.report(rows))
    return 0 if all(row.in_time for row in rows) else 1


@app.command()
def ingest(
    rows: Annotated[int, typer.Option(min=2000, help="How many events the tables grow to.")] = 1_000_000,
    part: Annotated[int, typer.Option(min=1000, help="How many events are sent in one measurement.")] = 100_000,
    report: ReportFile = None,
) -> int:
    """Measure how fast the central server takes uploads in, and how that holds as its tables grow."""
    from rich.console import Console

    from kiosk.bench.batches import EVENTS
    from kiosk.bench.ingest import bench_ingest
    from kiosk.bench.printing import print_ingest
    from kiosk.demo.run import check_folder, write_report

    check_folder(report)
    if part % EVENTS:
        raise UsageError(f"--part {part}: an upload has {EVENTS} events; name a multiple of that")
    found = bench_ingest(rows, part)
    print_ingest(Console(highlight=False), found)
    if report is not None:
        write_report(report, found)
    return 0


@app.command()
def thermometer(
    approaches: Annotated[int, typer.Option(min=200, help="How many people walk up, in virtual time.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Who they are, and how they come.")] = 1,
    report: ReportFile = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves; needs matplotlib.", metavar="FILE.png")] = None,
) -> int:
    """Measure how well a temperature is told, against other ways of doing it. Only tells."""
    from rich.console import Console

    from kiosk.bench import machine, thermometer_plot
    from kiosk.bench import thermometer as measuring
    from kiosk.demo.run import check_folder, write_report

    check_folder(report)
    check_folder(plot)
    if plot is not None:
        thermometer_plot.check()
    found = measuring.bench_thermometer(approaches, seed)
    measuring.show(Console(highlight=False), found)
    if report is not None:
        write_report(report, found | {"machine": machine.facts()})
    if plot is not None:
        thermometer_plot.draw(found, plot)
    return 0


@app.command()
def line(
    histories: Annotated[int, typer.Option(min=1, help="How many random lives of the gate process.")] = 5000,
    seed: Annotated[int, typer.Option(help="What happens in them.")] = 1,
    report: ReportFile = None,
) -> int:
    """Look at the gate line's pin through random histories: status 1 if it was ever high when it must not be."""
    from kiosk import diagnostics
    from kiosk.bench.pin_traces import check
    from kiosk.demo.run import check_folder, write_report

    check_folder(report)
    # Every silence of the core is one of thousands here.
    diagnostics.configure("error")
    checked = check(histories, seed)
    found = checked.to_json()
    typer.echo(f"{found['histories']} histories, {found['edges']} edges of the pin")
    for what in ("done", "deaths"):
        typer.echo(", ".join(f"{name} {count}" for name, count in found[what].items()))
    typer.echo("\n".join(found["violations"]) or "never high but on an order or the guard's key, and never too long")
    if report is not None:
        write_report(report, found)
    return 1 if checked.violations else 0
