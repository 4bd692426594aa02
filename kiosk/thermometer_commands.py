"""The command line of the thermometer: `gatepost thermometer` and `gatepost calibrate`. The kiosk must not run meanwhile."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kiosk.errors import UsageError

if TYPE_CHECKING:
    from drivers.mlx90614 import Mlx90614, Unit

app = typer.Typer(help="The thermometer's chip: what it is, and its filters.", no_args_is_help=True)

ConfigFile = Annotated[Path, typer.Option("--config", help="The TOML configuration.", metavar="FILE")]
CONFIG = Path("/etc/gatepost/kiosk.toml")


@app.command()
def show(config: ConfigFile = CONFIG) -> int:
    """Print what the unit says of itself and of what it sees."""
    sensor = open_sensor(config)
    try:
        _print_unit(sensor.probe())
        flags, pair = sensor.flags(), sensor.read()
    finally:
        sensor.close()
    typer.echo(f"EEPROM {'DEAD' if flags.dead else 'well'}, {'starting' if flags.starting else 'started'}")
    typer.echo(f"object {pair.object_c:.2f} °C, ambient {pair.ambient_c:.2f} °C")
    return 1 if flags.dead else 0


@app.command(name="filter")
def set_filter(
    iir: Annotated[int, typer.Option(min=0, max=7, help="Code of the recursive filter; 4 is no averaging.")] = 4,
    fir: Annotated[int, typer.Option(min=4, max=7, help="Code of the other filter; 7 is 1024 samples.")] = 7,
    config: ConfigFile = CONFIG,
) -> int:
    """Store the chip's two filter codes and nothing else; it takes them up when it next gets power."""
    from drivers.filter_setting import Filter

    sensor = open_sensor(config)
    try:
        before = sensor.probe()
        stored = sensor.set_filter(Filter(iir, fir))
    finally:
        sensor.close()
    if stored == before.config:
        typer.echo(f"the configuration is {stored:#06x} already; nothing was written")
    else:
        typer.echo(f"the configuration was {before.config:#06x} and is {stored:#06x}: switch the power off and on")
    return 0


def calibrate(
    against: Annotated[Literal["black-body", "people"], typer.Option(help="What the sensor is compared with.")],
    config: ConfigFile = CONFIG,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; without it calibration.json beside FILE.", metavar="FILE")
    ] = None,
    session: Annotated[Path | None, typer.Option(help="Where people measured so far are kept.", metavar="FILE")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only look whether the sensor has drifted.")] = False,
) -> int:
    """Compare the thermometer with a reference, step by step, and write what follows: status 1 if --check finds a drift."""
    import time
    from datetime import UTC, datetime

    from drivers.thermometer import InfraredThermometer
    from kiosk import config as configuration
    from kiosk.calibrate import CHECK_C, Guide, finish, former
    from kiosk.clock import SystemClock

    if check and against != "black-body":
        raise UsageError("--check compares with a black body; add --against black-body")
    file = output or config.parent / "calibration.json"
    device = configuration.load(config).gate.device
    guide = Guide(ask=_ask, say=typer.echo, pause=time.sleep, made=datetime.now(UTC).date().isoformat())
    onto = former(file, device)
    sensor = open_sensor(config)
    try:
        if check:
            off_c = guide.check(sensor, onto)
            typer.echo(f"the sensor is off by {off_c:+.2f} °C; up to {CHECK_C} °C is well")
            return 1 if abs(off_c) > CHECK_C else 0
        if against == "black-body":
            fitted = guide.black_body(sensor, onto)
        else:
            thermometer = InfraredThermometer(sensor, SystemClock())
            fitted = guide.people(sensor, thermometer, onto, session or file.with_suffix(".session"))
    finally:
        sensor.close()
    finish(fitted, file, typer.echo)
    return 0


def _ask(question: str) -> str:
    """Ask on the terminal, or read the next line of what stands in for one. Raises UsageError at its end."""
    try:
        return input(f"{question}: ")
    except EOFError as error:
        raise UsageError("the answers have ended; what was measured of people is kept in the session") from error


def open_sensor(file: Path) -> "Mlx90614":
    """Open the chip of a configuration. Raises UsageError without one, DeviceLost when it is not there."""
    from kiosk import config as configuration
    from kiosk.bootstrap.thermometer import sensor_factory

    loaded = configuration.load(file)
    if loaded.thermometer.source == "none":
        raise UsageError(f'{file}: [thermometer] source is "none"; name the bus of the thermometer there')
    return sensor_factory(loaded)()


def _print_unit(unit: "Unit") -> None:
    checksums = "right" if unit.pec_right else "wrong with every read, so values are read twice"
    typer.echo(f"unit {unit.identity}, configuration {unit.config:#06x}: IIR code {unit.iir_code}, FIR code {unit.fir_code}")
    typer.echo(f"emissivity {unit.emissivity / 0xFFFF:.3f}, checksums {checksums}")
