"""The commands that look after what a central server holds: `gatepost central ...`.

They are the only door to what is sealed, for whoever may log in to the server's machine. What is searched for comes from
standard input, since a command line can be seen by every process.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, loaded, print_line, store
from sync.central.case_commands import case, cases
from sync.central.device_commands import devices, enrol, revoke
from sync.central.document_commands import add_document_commands
from sync.central.filing_commands import filing_app, form
from sync.central.key_commands import keys_app
from sync.central.replay_commands import replays
from sync.central.resident_commands import resident_app
from sync.central.rules.commands import policy_app
from sync.central.staff_commands import staff_app

if TYPE_CHECKING:
    from sync.central.blind import Field
    from sync.central.config import CentralConfig
    from sync.central.people import People

central_app = typer.Typer()
central_app.add_typer(keys_app, name="keys")
central_app.add_typer(policy_app, name="policy")
central_app.add_typer(staff_app, name="staff")
central_app.add_typer(resident_app, name="resident")
central_app.add_typer(filing_app, name="filing")
central_app.command()(form)
central_app.command()(enrol)
central_app.command()(devices)
central_app.command()(revoke)
central_app.command()(cases)
central_app.command()(case)
add_document_commands(central_app)
central_app.command()(replays)

Fields = Annotated[
    list[str],
    typer.Option(
        "--field", help="name, phone, phone_tail, plate, unit or holder; its value is a line of standard input, in order."
    ),
]


@central_app.command()
def reveal(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="compound/device/log_id/seq", metavar="EVENT")],
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Print who an event is about, as JSON; that you asked, and why, is recorded first."""
    from sync.central.holdings import EventName

    name, asked_by = EventName.read(event), asker(who, role, reason)
    with _people(loaded(context, config)) as people:
        print_line(people.reveal(name, asked_by))
    return 0


@central_app.command(name="export")
def export_person(
    context: typer.Context,
    compound: Compound,
    who: Who,
    reason: Reason,
    field: Fields,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Print all that is held of a person, one JSON line an event; it is recorded."""
    asked_by, wanted = asker(who, role, reason), _wanted(field)
    with _people(loaded(context, config)) as people:
        told = people.export(compound, wanted, asked_by)
    for one in told:
        print_line(one)
    if not told:
        typer.echo(f"nothing is held in {compound} of such a person", err=True)
    return 0


@central_app.command()
def erase(
    context: typer.Context,
    who: Who,
    reason: Reason,
    events: Annotated[list[str] | None, typer.Argument(help="Events, rather than a person.", metavar="EVENT...")] = None,
    compound: Annotated[str, typer.Option(help="The compound of the person.", metavar="NAME")] = "",
    field: Fields = [],  # noqa: B006 - typer never changes it
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Erase what is held of a person, or what these events say of anybody, and print the events; it is recorded.

    Status 1 if one of the events is not there.
    """
    from sync.central.holdings import EventName

    if bool(events) == bool(field) or bool(field) != bool(compound):
        raise UsageError("name either events, or a compound and fields to search by")
    asked_by = asker(who, role, reason)
    names = [EventName.read(one) for one in events or ()]
    wanted = _wanted(field)
    with _people(loaded(context, config), closed=not field) as people:
        erased = people.erase_events(names, asked_by) if names else people.erase(compound, wanted, asked_by)
    for name in erased:
        typer.echo(name)
    if missing := [str(name) for name in names if str(name) not in erased]:
        typer.echo(f"gatepost: the server has no event {', '.join(missing)}", err=True)
        return 1
    if not erased:
        typer.echo(f"nothing is held in {compound} of such a person", err=True)
    return 0


@central_app.command()
def retain(context: typer.Context, config: ConfigFile = None) -> int:
    """Erase what is past its time now, as the server does every day."""
    from sync.central.opening import wall_us
    from sync.central.policies import Policies

    configured = loaded(context, config)
    with _people(configured, closed=True) as people:
        days_of = Policies(people.engine, wall_us).retention(configured.retention.days_of)
        typer.echo(f"personal data erased from {people.retain(days_of)} events")
    return 0


@central_app.command()
def access(context: typer.Context, compound: Compound, config: ConfigFile = None) -> int:
    """Print who has seen, exported or erased personal data, one JSON line each."""
    from sync.central.access import recorded

    with store(loaded(context, config)) as opened, opened.engine.connect() as connection:
        last = 0
        while some := recorded(connection, compound, last):
            for one in some:
                print_line({**one, "subject": json.loads(one["subject"])})
            last = some[-1]["number"]
    return 0


@central_app.command(name="verify-log")
def verify_log(
    context: typer.Context,
    device: Annotated[str | None, typer.Option(help="Only this device's.", metavar="NAME")] = None,
    log: Annotated[str | None, typer.Option(help="Only the log of this id.", metavar="ID")] = None,
    config: ConfigFile = None,
) -> int:
    """Verify the chains of the logs that the server holds: status 1 if one is broken, naming its first broken event."""
    from sync.central.verification import verify_logs

    with store(loaded(context, config)) as opened, opened.engine.connect() as connection:
        found = list(verify_logs(connection, device, log))
    if not found and (device is not None or log is not None):
        raise UsageError("the server has no such log")
    if not found:
        typer.echo("there is no log yet to verify: no kiosk has sent anything")
    broken = [one.broken for one in found if one.broken]
    for one in found:
        if not one.broken:
            typer.echo(f"{one.compound}/{one.device}/{one.log_id}: {one.events} events, {one.erased} erased, whole")
    for sentence in broken:
        typer.echo(f"gatepost: {sentence}", err=True)
    return 1 if broken else 0


@central_app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that is not there yet.", metavar="FILE")],
    config: ConfigFile = None,
) -> int:
    """Copy a running server's SQLite database to a file. PostgreSQL has pg_dump."""
    from sync.central.backup import back_up

    with store(loaded(context, config)) as opened:
        back_up(opened.engine, file)
    return 0


@contextmanager
def _people(config: "CentralConfig", *, closed: bool = False) -> Iterator["People"]:
    """What is held of people; `closed`: it is done without the vault."""
    from sync.central.opening import open_vault, wall_us
    from sync.central.people import People
    from sync.central.vault import ClosedVault

    vault = ClosedVault("this is done without the vault") if closed else open_vault(config.vault)
    with store(config) as opened:
        yield People(opened.engine, vault, wall_us)


def _wanted(fields: list[str]) -> "dict[Field, str]":
    from sync.central.blind import Field

    wanted: dict[Field, str] = {}
    for name in fields:
        if name not in set(Field):
            raise UsageError(f"--field {name}: there are {', '.join(Field)}")
        value = sys.stdin.readline().rstrip("\n")
        if not value.strip():
            raise UsageError(f"the value of {name} is read from standard input, and there is none")
        wanted[Field(name)] = value
    return wanted
