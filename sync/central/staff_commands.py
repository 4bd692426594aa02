"""The commands that look after accounts of staff: `gatepost central staff`.

A password is typed at the terminal or is a line of standard input, since a command line can be seen by every process.
"""

import getpass
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.errors import UsageError
from sync.central.asking import ConfigFile, by_command, loaded, print_line, store

if TYPE_CHECKING:
    pass

staff_app = typer.Typer(help="Accounts of those who sign in to the pages.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="As which they sign in.", metavar="USERNAME")]
By = Annotated[str, typer.Option("--as", help="Your name, for the record; else your account's here.", metavar="NAME")]


@staff_app.command()
def add(
    context: typer.Context,
    username: Username,
    name: Annotated[str, typer.Option("--name", help="What records and pages call them.", metavar="TEXT")],
    role: Annotated[str, typer.Option("--role", help="guard, manager or admin.")],
    compound: Annotated[str | None, typer.Option(help="The one compound that they see.", metavar="NAME")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="They see all compounds.")] = False,
    who: By = "",
    config: ConfigFile = None,
) -> int:
    """Add an account; its password is typed twice, or is a line of standard input. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.staff import accounts
    from sync.central.staff.passwords import Passwords

    if (compound is None) is not everywhere:
        raise UsageError("say for which compound the account is, or that it is for all: --compound NAME or --everywhere")
    place = accounts.EVERYWHERE if compound is None else compound
    if place == accounts.EVERYWHERE and not everywhere:
        raise UsageError("an account for all compounds is made with --everywhere")
    configured = loaded(context, config)
    password = _password(username)
    account = {"compound": place, "username": username, "name": name, "role": role}
    with store(configured) as opened:
        accounts.add(opened.engine, Passwords(), account, password, by_command(who), wall_us())
    typer.echo(f"{username} may sign in as {role} for {compound or 'all compounds'}")
    return 0


@staff_app.command(name="list")
def list_accounts(
    context: typer.Context,
    compound: Annotated[str | None, typer.Option(help="Only this compound's.", metavar="NAME")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line an account.")] = False,
    config: ConfigFile = None,
) -> int:
    """List the accounts: for what, in what role, when somebody last signed in."""
    from sync.central.staff import accounts

    with store(loaded(context, config)) as opened, opened.engine.connect() as connection:
        found = accounts.listed(connection, compound)
    if not found:
        typer.echo("there is no account yet; `gatepost central staff add` makes one", err=as_json)
    for one in found:
        if as_json:
            print_line({name: getattr(one, name) for name in one.__slots__})
            continue
        state = "disabled" if one.disabled_us is not None else f"last signed in {_day(one.signed_in_us)}"
        place = "all compounds" if one.compound == accounts.EVERYWHERE else one.compound
        typer.echo(f"{one.username}  {one.role}  {place}  {one.name}  {state}")
    return 0


@staff_app.command()
def disable(context: typer.Context, username: Username, who: By = "", config: ConfigFile = None) -> int:
    """Let nobody sign in with an account any more; whoever is signed in with it is out at once. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.staff import accounts

    with store(loaded(context, config)) as opened:
        accounts.disable(opened.engine, username, by_command(who), wall_us())
    typer.echo(f"{username} is disabled")
    return 0


@staff_app.command()
def enable(context: typer.Context, username: Username, who: By = "", config: ConfigFile = None) -> int:
    """Let a disabled account sign in again, with the password that it had. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.staff import accounts

    with store(loaded(context, config)) as opened:
        accounts.enable(opened.engine, username, by_command(who), wall_us())
    typer.echo(f"{username} may sign in again")
    return 0


@staff_app.command()
def password(context: typer.Context, username: Username, who: By = "", config: ConfigFile = None) -> int:
    """Give an account a new password, typed twice or a line of standard input; its sessions end. It is recorded."""
    from sync.central.opening import wall_us
    from sync.central.staff import accounts
    from sync.central.staff.passwords import Passwords

    configured = loaded(context, config)
    new = _password(username)
    with store(configured) as opened:
        accounts.set_password(opened.engine, Passwords(), username, new, by_command(who), wall_us())
    typer.echo(f"{username} has a new password, and is signed out everywhere")
    return 0


def _password(username: str) -> str:
    """A new password, seen to be good before anything is asked of the database. Raises UsageError."""
    from sync.central.staff.accounts import see_good

    if sys.stdin.isatty():
        typed = getpass.getpass(f"password of {username}: ")
        see_good(typed, username)
        if getpass.getpass("again: ") != typed:
            raise UsageError("the two passwords differ")
        return typed
    typed = sys.stdin.readline().rstrip("\r\n")
    if not typed:
        raise UsageError("the password is read from standard input, and there is none")
    see_good(typed, username)
    return typed


def _day(at_us: int | None) -> str:
    return "never" if at_us is None else f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%d}"
