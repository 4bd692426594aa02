"""The commands for who lives here: `gatepost central resident ...`.

A resident's unit, name and targets come from standard input or a file: a command line can be seen by every process, and
the address of a service may have a password in it.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, print_line, unlocked

MAX_LINES = 64 * 1024
resident_app = typer.Typer(help="Residents, who are asked about visitors.", no_args_is_help=True)


@resident_app.command()
def add(
    context: typer.Context,
    compound: Compound,
    who: Who,
    reason: Reason,
    language: Annotated[str, typer.Option(help="zh, en, ja or ko: in which they are written to.")] = "zh",
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Add a resident: unit, name and targets are lines of standard input, in this order. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.residents.reading import see_services
    from sync.central.residents.register import Residents, resident_of

    lines = [line.strip() for line in sys.stdin.read(MAX_LINES).splitlines() if line.strip()]
    if len(lines) < 3:
        raise UsageError("unit, name and at least one target are read from standard input, one a line")
    one = resident_of(lines[0], lines[1], language, lines[2:])
    see_services([one])
    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        for name in Residents(opened.engine, opened.vault).add(compound, [one], asked_by, wall_us()):
            typer.echo(name)
    return 0


@resident_app.command(name="import")
def import_residents(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8: unit, name, language, targets with spaces between.")],
    compound: Compound,
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Add the residents of a CSV file, all or none. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.residents.reading import read_residents, see_services
    from sync.central.residents.register import Residents

    some = read_residents(file)
    see_services(some)
    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        added = Residents(opened.engine, opened.vault).add(compound, some, asked_by, wall_us())
    typer.echo(f"{len(added)} residents added to {compound}")
    return 0


@resident_app.command(name="list")
def list_residents(
    context: typer.Context,
    compound: Compound,
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Print a compound's residents, one JSON line each, without their addresses. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.residents.register import Residents
    from sync.central.residents.targets import reach_of

    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        for one in Residents(opened.engine, opened.vault).listed(compound, asked_by, wall_us()):
            said = {"resident": one.id, "unit": one.unit, "name": one.name, "language": one.language}
            print_line({**said, "targets": [reach_of(target) for target in one.targets]})
    return 0


@resident_app.command()
def remove(
    context: typer.Context,
    resident: Annotated[str, typer.Argument(help="The id, as `list` prints it.", metavar="RESIDENT")],
    compound: Compound,
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Remove a resident: nobody asks them any more. It is recorded; status 1 if there is none such."""
    from sync.central.opening import wall_us
    from sync.central.residents.register import Residents

    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        if Residents(opened.engine, opened.vault).remove(compound, resident, asked_by, wall_us()):
            return 0
    typer.echo(f"gatepost: {compound} has no resident {resident}", err=True)
    return 1


@resident_app.command()
def link(
    context: typer.Context,
    resident: Annotated[str, typer.Argument(help="The id, as `list` prints it.", metavar="RESIDENT")],
    compound: Compound,
    who: Who,
    reason: Reason,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it counts.")] = 30,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Print the link to a resident's own page, for them alone. It is recorded; status 1 if there is none such."""
    from sync.central.document_key import DocumentKey
    from sync.central.opening import pass_key_of, wall_us
    from sync.central.publishing import Documents
    from sync.central.residents.homes import Homes
    from sync.central.residents.invitations import Invitations
    from sync.central.residents.premises import Premises
    from sync.central.serve import url_of

    asked_by = asker(who, role, reason)
    with unlocked(context, config) as (configured, engine, vault):
        key = DocumentKey(Path(configured.documents.key))
        url = configured.residents.url or url_of(configured, configured.server.port)
        documents, zone = Documents(engine, key, wall_us), configured.residents.zone
        invitations = Invitations(engine, vault, pass_key_of(configured), documents, wall_us, zone)
        premises = Premises(engine, vault, key, wall_us, lambda: 0.0, lambda: url)
        found = Homes(premises, invitations).issue_for(compound, resident, days, asked_by)
    if found is None:
        typer.echo(f"gatepost: {compound} has no resident {resident}", err=True)
        return 1
    typer.echo(found)
    return 0
