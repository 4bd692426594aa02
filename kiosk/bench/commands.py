"""The command line of the measurements: `gatepost bench`, and `gatepost soak`."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.supervisor import this_program

app = typer.Typer(help="What the kiosk does, in figures.", no_args_is_help=True)

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
