"""The command line: `gatepost`, for people. How the kiosk's own processes start is `kiosk.entry`'s."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from kiosk import __version__
from kiosk.bench.commands import CpuScale
from kiosk.bench.commands import app as bench_app
from kiosk.card_commands import card, card_screen, first_boot
from kiosk.errors import UsageError
from kiosk.part import ProcessName, announce, run_line_off, run_part
from kiosk.pass_commands import pass_app
from kiosk.policy_commands import policy_app
from kiosk.stopping import stop_on_signals
from kiosk.supervisor import this_program
from kiosk.support_commands import support_bundle
from kiosk.thermometer_commands import app as thermometer_app
from kiosk.thermometer_commands import calibrate
from kiosk.trust_commands import trust_app
from kiosk.verify import verify
from sync.central.asking import CENTRAL
from sync.central.commands import central_app

app = typer.Typer(
    name="gatepost",
    help="Gatepost (门岗通): the gate that lets visitors in by itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(policy_app, name="policy")
app.add_typer(trust_app, name="trust")
app.add_typer(pass_app, name="pass")
app.add_typer(bench_app, name="bench")
app.add_typer(thermometer_app, name="thermometer")
app.add_typer(central_app, name="central")
app.command()(verify)
app.command()(calibrate)
app.command()(card)
app.command(name="first-boot")(first_boot)
app.command(name="card-screen")(card_screen)
app.command(name="support-bundle")(support_bundle)

ConfigFile = Annotated[Path, typer.Option("--config", help="The TOML configuration.", metavar="FILE")]


def run_command() -> object:
    """Run what the arguments say and return the exit status, if there is one. Raises GatepostError, UsageError too."""
    try:
        return app(standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except typer.Abort:
        return 130
    except Exception as error:
        # Typer carries its own copy of click: every usage error of either formats itself.
        if (sentence := getattr(error, "format_message", None)) is not None:
            raise UsageError(sentence()) from error
        raise


@app.command()
def demo(
    visitors: Annotated[
        int | None, typer.Option(min=1, help="How many come; without it until interrupted on a terminal, else 12.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No screen: only the table in the terminal.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a JSON report.", metavar="FILE")] = None,
    seed: Annotated[int, typer.Option(help="The simulated world's chance.")] = 1,
    scenario: Annotated[
        str, typer.Option(help="What happens; docs/operations.md lists them, and so does an unknown name.")
    ] = "normal",
    cpu_scale: CpuScale = 1.0,
) -> int:
    """Run a whole gate in a simulated world, with a central server on loopback."""
    from kiosk.demo.run import run_demo

    return run_demo(
        visitors,
        headless=headless,
        report=report,
        seed=seed,
        scenario=scenario,
        cpu_scale=cpu_scale,
        program=this_program(),
    )


@app.command()
def chaos(
    rounds: Annotated[int, typer.Option(min=1, help="How often something is killed.")] = 200,
    seed: Annotated[int, typer.Option(help="What is killed, and when.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Write a JSON report.", metavar="FILE")] = None,
) -> int:
    """Kill the processes of a simulated gate at random moments: nothing may be lost, doubled or opened unrecorded."""
    from kiosk.demo.chaos import kill_test

    return kill_test(rounds, seed, report, this_program())


@app.command()
def soak(
    minutes: Annotated[float, typer.Option(min=1, help="How long visitors keep coming.")] = 30.0,
    seed: Annotated[int, typer.Option(help="The simulated world's chance.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Write a JSON report.", metavar="FILE")] = None,
) -> int:
    """Let visitors come for a long time: status 1 if memory, files, threads or the clear time grow."""
    from kiosk.bench.soak import soak as run_soak

    return run_soak(minutes=minutes, seed=seed, report=report, program=this_program())


@app.command()
def kiosk(
    config: ConfigFile,
    part: Annotated[
        ProcessName | None,
        typer.Option(help="Run one process of the kiosk; without it, all of them."),
    ] = None,
) -> int:
    """Run the kiosk, or one of its processes."""
    if part is not None:
        run_part(part, config)
        return 0
    from kiosk.bootstrap.beforehand import check_files
    from kiosk.config import load
    from kiosk.supervisor import run_kiosk

    loaded = load(config)
    check_files(loaded, config.parent)
    with stop_on_signals() as stop:
        return run_kiosk(this_program(), config, stop, announce, screen=loaded.screen.fitted)


@app.command()
def enrol(
    config: ConfigFile,
    code: Annotated[
        str | None,
        typer.Option(help="As `gatepost central enrol` prints it; - is standard input.", metavar="CODE"),
    ] = None,
) -> int:
    """Enrol this kiosk at its server, by this code or by the configured one; again, too, after the server forgot it."""
    from kiosk import config as configuration
    from kiosk.bootstrap.place import enrolment_of

    loaded = configuration.load(config)
    if code == "-":
        code = sys.stdin.readline()
    if loaded.server.url is None:
        raise UsageError(f"{config}: [server] url is missing; add it")
    enrolment = enrolment_of(loaded, code)
    found = None if enrolment is None else enrolment.code()
    if enrolment is None or found is None:
        raise UsageError("there is no code; give it as --code, or as [server] enrolment_code")
    place = enrolment.enrol(found)
    typer.echo(f"enrolled as {place.device}: {place.gate} in {place.compound}, {place.direction}; restart a kiosk that runs")
    return 0


@central_app.callback(invoke_without_command=True)
def central(
    context: typer.Context,
    config: ConfigFile = CENTRAL,
    demo_data: Annotated[bool, typer.Option("--demo-data", help="Fill an empty database with a made-up day first.")] = False,
) -> int:
    """Run the central server, or with a command look after what it holds."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return 0
    from sync.central.config import load
    from sync.central.serve import serve

    loaded = load(config)
    with stop_on_signals() as stop:
        serve(loaded, announce, stop, demo_data=demo_data)
    return 0


@app.command()
def world(
    script: Annotated[Path, typer.Option(help="Who comes, as JSON.", metavar="FILE")],
    socket: Annotated[Path, typer.Option(help="Where simulated devices find the world.", metavar="PATH")],
) -> int:
    """Run a simulated world for a kiosk whose devices are simulated."""
    from drivers.simulated.script import load
    from drivers.simulated.world import run_world

    with stop_on_signals() as stop:
        run_world(load(script), socket, stop, ready=lambda: announce(str(socket)))
    return 0


@app.command()
def issuer(
    table: Annotated[Path, typer.Option(help="JSON: token to status, or to [status, seconds].", metavar="FILE")],
    port: Annotated[int, typer.Option(help="0: any free one.")] = 0,
) -> int:
    """Run a simulated issuer of token health codes on loopback."""
    from drivers.simulated.issuer import TableFile, run_issuer

    try:
        answers = TableFile(table)
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{table}: is no table of tokens: {error}") from error
    with stop_on_signals() as stop:
        try:
            run_issuer(answers, port, announce, stop)
        except OSError as error:
            raise UsageError(f"port {port} is in use; name another with --port") from error
    return 0


@app.command()
def decode(
    files: Annotated[list[str], typer.Argument(help="Pictures.", metavar="FILE...")],
) -> int:
    """Decode the codes in pictures, one JSON line each: status 1 if one cannot be read."""
    from drivers.pictures import decode_file

    unread = False
    for file in files:
        line = decode_file(file)
        unread = unread or "error" in line
        _print(line)
    return 1 if unread else 0


@app.command()
def doctor(
    config: ConfigFile = Path("/etc/gatepost/kiosk.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> int:
    """Examine every part of a kiosk: status 1 if one is unfit. A running kiosk is not disturbed."""
    from kiosk import config as configuration
    from kiosk.doctor import examine, left_behind

    report = examine(configuration.load(config), config)
    if as_json:
        _print(report.to_json())
    else:
        from rich.console import Console

        from kiosk.doctor.printing import print_report

        print_report(Console(highlight=False), report)
    status = 0 if report.fit else 1
    if left_behind():
        # A thread that waits in a driver would hold up, or break, an end in order.
        sys.stdout.flush()
        os._exit(status)
    return status


@app.command()
def screens(
    folder: Annotated[Path, typer.Argument(help="Where to write; it is made if it is not there.", metavar="FOLDER")],
    language: Annotated[list[str] | None, typer.Option(help="zh, en, ja or ko; again for more. Without it, all.")] = None,
    size: Annotated[list[str] | None, typer.Option(help="WIDTHxHEIGHT; again for more. Without it, the usual four.")] = None,
    large_type: Annotated[bool, typer.Option("--large-type", help="In large type.")] = False,
    high_contrast: Annotated[bool, typer.Option("--high-contrast", help="In high contrast.")] = False,
) -> int:
    """Write a picture of every screen in every language and size, and a sheet of them all."""
    from ui.gallery import Gallery, write_gallery

    gallery = Gallery.of(language, size, large_type=large_type, high_contrast=high_contrast)
    typer.echo(f"{write_gallery(gallery, folder)} pictures in {folder}")
    return 0


@app.command()
def pin(
    guard: Annotated[str | None, typer.Option(help="whose it is: the line is then one of [screen.guards]")] = None,
) -> int:
    """Ask for a staff PIN and print the line for [screen] that stands for it."""
    import getpass
    import secrets

    from ui.pin import SALT_BYTES, hash_pin

    chosen = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if sys.stdin.isatty() and getpass.getpass("once more: ") != chosen:
        raise UsageError("the two PINs differ; nothing is printed")
    # A JSON string is a quoted key in TOML as well.
    key = "staff_pin" if guard is None else json.dumps(guard, ensure_ascii=False)
    typer.echo(f'{key} = "{hash_pin(chosen, secrets.token_bytes(SALT_BYTES))}"')
    return 0


@app.command(name="line-off")
def line_off(config: ConfigFile = Path("/etc/gatepost/kiosk.toml")) -> int:
    """Make the gate line inactive, whatever left it active: for systemd's ExecStopPost."""
    run_line_off(config)
    return 0


@app.command(name="version")
def show_version() -> int:
    """Print the version."""
    typer.echo(__version__)
    return 0


def _print(line: dict[str, Any]) -> None:
    text = json.dumps(line, ensure_ascii=False)
    # A file's name may be no UTF-8; the line must be.
    typer.echo(text if text.isascii() or _is_unicode(text) else json.dumps(line))
    sys.stdout.flush()


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
