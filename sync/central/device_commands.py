"""The commands that let devices in and shut them out: `gatepost central enrol`, `devices`, `revoke`.

An administrator makes codes on a page as well (`enrol_pages`).
"""

import getpass
import io
import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from kiosk.direction import Direction
from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, loaded, print_line, store
from sync.wire import NAME

LONGEST_H = 31 * 24


def enrol(
    context: typer.Context,
    compound: Compound,
    gate: Annotated[str, typer.Option(help="The gate where the device is to be.", metavar="NAME")],
    direction: Annotated[str, typer.Option(help="in, out or both: which way people go there.")] = "both",
    replaces: Annotated[str | None, typer.Option(help="The device that was there before.", metavar="DEVICE")] = None,
    valid_hours: Annotated[int, typer.Option("--valid-hours", min=1, max=LONGEST_H, help="How long it may be used.")] = 24,
    who: Annotated[str, typer.Option("--as", help="Your name, for the record; else your account's.", metavar="NAME")] = "",
    config: ConfigFile = None,
) -> int:
    """Print a code that lets one device enrol, once, as text and as a QR; it is recorded who asked for it."""
    from sync.central.enrolment import GATE_LENGTH, issue
    from sync.central.opening import wall_us
    from sync.central.tls import site_fingerprint

    configured = loaded(context, config)
    for option, name in (("--compound", compound), ("--gate", gate)):
        if not re.fullmatch(NAME.strip("^$"), name):
            raise UsageError(f"{option} {name!r} is no name; use small letters, digits and -")
    if len(gate) > GATE_LENGTH:
        raise UsageError(f"--gate has at most {GATE_LENGTH} characters")
    if direction not in tuple(Direction):
        raise UsageError(f"--direction {direction}: there are {', '.join(Direction)}")
    asked_by = asker(who or getpass.getuser(), "technician", f"a device for {gate}")
    place = {"compound": compound, "gate": gate, "direction": direction, "replaces": replaces}
    with store(configured) as opened:
        code = issue(opened.engine, place, valid_hours, asked_by, wall_us(), site_fingerprint(configured))
    typer.echo(f"{code}\n\nfor one device at {gate} in {compound} ({direction}), within {valid_hours} h")
    typer.echo("as [server] enrolment_code in its configuration, or: gatepost enrol --config FILE --code -\n")
    typer.echo(_picture(str(code)))
    return 0


def devices(
    context: typer.Context,
    compound: Annotated[str | None, typer.Option(help="Only this compound's.", metavar="NAME")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a device.")] = False,
    config: ConfigFile = None,
) -> int:
    """List the devices that were ever enrolled, and which of them are heard still."""
    from sync.central.enrolled import devices_of

    with store(loaded(context, config)) as opened, opened.engine.connect() as connection:
        found = list(devices_of(connection, compound))
        if not found:
            where = "" if compound is None else f" in {compound}"
            # Where JSON is read, it stays JSON.
            typer.echo(f"no device has enrolled{where} yet; `gatepost central enrol` lets one in", err=as_json)
        for one in found:
            place = one.place
            if as_json:
                named = {name: getattr(place, name) for name in place.__struct_fields__}
                print_line({**named, "enrolled_us": one.enrolled_us, "ended_us": one.ended_us, "ended_as": one.ended_as})
                continue
            since = datetime.fromtimestamp(one.enrolled_us // 1_000_000, UTC)
            state = one.ended_as or "enrolled"
            after = f"  replaces {place.replaces}" if place.replaces else ""
            typer.echo(
                f"{place.compound}  {place.gate}  {place.direction}  {place.device}  {state}  since {since:%Y-%m-%d}{after}"
            )
    return 0


def revoke(
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Its name, as `gatepost central devices` lists it.", metavar="DEVICE")],
    compound: Compound,
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Shut a device out from its next request on; what it sent stays, what it has not sent stays on it."""
    from sync.central.database import changing
    from sync.central.enrolled import revoke as shut_out
    from sync.central.opening import wall_us

    asked_by = asker(who, role, reason)
    with store(loaded(context, config)) as opened, changing(opened.engine) as connection:
        found = shut_out(connection, compound, device, asked_by, wall_us())
    typer.echo(f"{device} at {found.place.gate} in {compound} is revoked")
    return 0


def _picture(text: str) -> str:
    import segno

    drawn = io.StringIO()
    segno.make(text, error="q", micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()
