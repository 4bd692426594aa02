"""The commands that look after the month keys: `gatepost central keys ...`."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, loaded, print_line, store

if TYPE_CHECKING:
    from sync.central.config import CentralConfig

keys_app = typer.Typer(help="The month keys to which kiosks seal what names a person.", no_args_is_help=True)


@keys_app.command(name="create")
def create_keys(
    context: typer.Context,
    compound: Compound,
    months: Annotated[int | None, typer.Option(min=1, max=36, help="How many months ahead; else as configured.")] = None,
    config: ConfigFile = None,
) -> int:
    """Make a compound's keys for this month and those to come, and the vault if there is none."""
    from sync.central.housekeeping import make_keys_ahead
    from sync.central.opening import open_vault, wall_us

    configured = loaded(context, config)
    _named(compound)
    made = make_keys_ahead(open_vault(configured.vault), [compound], wall_us(), months or configured.vault.months_ahead)
    if made:
        typer.echo(f"{made} keys made for {compound}; give its kiosks the document of `gatepost central keys publish`")
    else:
        typer.echo(f"no key made for {compound}: it has those of all these months already")
    return 0


@keys_app.command(name="list")
def list_keys(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a key.")] = False,
    config: ConfigFile = None,
) -> int:
    """List the month keys that there are and were, and which of them are due to be destroyed."""
    from sync.central.disposal import is_due
    from sync.central.opening import open_vault, wall_us

    configured = loaded(context, config)
    records = open_vault(configured.vault).records()
    days = _days(configured, {record.compound for record in records})
    for record in records:
        due = is_due(record, days.__getitem__, wall_us())
        state = "destroyed" if record.destroyed_us is not None else "due" if due else "kept"
        if as_json:
            line = {"compound": record.compound, "month": record.key.month, "id": record.key.id, "state": state}
            print_line({**line, "created_us": record.created_us, "destroyed_us": record.destroyed_us})
        else:
            typer.echo(f"{record.compound}  {record.key.month}  {record.key.id}  {state}")
    return 0


@keys_app.command(name="publish")
def publish_keys(context: typer.Context, compound: Compound, config: ConfigFile = None) -> int:
    """Print the public keys of this month and those to come: what a compound's kiosks get as `[log] month_keys`."""
    from sync.central.opening import open_vault, wall_us
    from sync.central.vault import public_keys
    from sync.sealing import encode_month_keys

    keys = public_keys(open_vault(loaded(context, config).vault), compound, wall_us())
    if not keys:
        raise UsageError(f"the vault has no keys of {compound} for this month or later; make them with keys create")
    typer.echo(encode_month_keys(compound, keys).decode())
    return 0


@keys_app.command(name="destroy")
def destroy_keys(
    context: typer.Context,
    who: Who,
    reason: Reason,
    ids: Annotated[list[str] | None, typer.Argument(help="Which.", metavar="KEY...")] = None,
    due: Annotated[
        bool, typer.Option("--due", help="All that are due: whatever was sealed to them is past its time.")
    ] = False,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Destroy private keys for good: whatever was ever sealed to them can be read by nobody, anywhere, any more."""
    from sync.central.disposal import destroy, is_due
    from sync.central.opening import open_vault, wall_us
    from sync.central.policies import Policies

    configured = loaded(context, config)
    vault = open_vault(configured.vault)
    records = [record for record in vault.records() if record.destroyed_us is None]
    if due:
        with store(configured) as opened:
            days_of = Policies(opened.engine, wall_us).retention(configured.retention.days_of)
            chosen = [record for record in records if is_due(record, days_of, wall_us())]
    else:
        chosen = [record for record in records if record.key.id in (ids or [])]
        if missing := set(ids or []) - {record.key.id for record in chosen}:
            raise UsageError(f"the vault has no key {', '.join(sorted(missing))} that could be destroyed")
        if not chosen:
            raise UsageError("name the keys to be destroyed, or say --due")
    asked_by = asker(who, role, reason)
    if not chosen:
        typer.echo("no key is due to be destroyed")
        return 0
    with store(configured) as opened:
        for record in chosen:
            destroy(opened.engine, vault, record, asked_by, wall_us())
            typer.echo(f"{record.compound}  {record.key.month}  {record.key.id}  destroyed")
    return 0


def _days(configured: "CentralConfig", compounds: set[str]) -> dict[str, int]:
    """How long each compound keeps what names a person. Keys may be made before there is a database that could say else."""
    from sync.central.opening import wall_us
    from sync.central.policies import Policies

    try:
        with store(configured) as opened:
            days_of = Policies(opened.engine, wall_us).retention(configured.retention.days_of)
            return {compound: days_of(compound) for compound in compounds}
    except UsageError:
        return {compound: configured.retention.days_of(compound) for compound in compounds}


def _named(compound: str) -> None:
    from sync.wire import NAME

    if not re.fullmatch(NAME.strip("^$"), compound):
        raise UsageError(f"{compound!r} is no compound's name; use small letters, digits and -")
