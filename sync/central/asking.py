"""What the central server's commands have in common: their options, the configuration, the database, who asks."""

import getpass
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from kiosk.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.central.access import Asker
    from sync.central.config import CentralConfig
    from sync.central.file_vault import FileVault
    from sync.central.store import Store

CENTRAL = Path("/etc/gatepost/central.toml")

ConfigFile = Annotated[Path | None, typer.Option("--config", help="The TOML configuration.", metavar="FILE")]
Compound = Annotated[str, typer.Option(help="The compound.", metavar="NAME")]
Who = Annotated[str, typer.Option("--as", help="Your name, for the record.", metavar="NAME")]
Reason = Annotated[str, typer.Option(help="Why, for the record.", metavar="TEXT")]
InRole = Annotated[str, typer.Option("--role", help="manager, committee, guard, technician or admin.")]


def loaded(context: typer.Context, config: Path | None) -> "CentralConfig":
    """The configuration that the command or the group names. Raises UsageError."""
    from sync.central.config import load

    return load(config or context.obj or CENTRAL)


@contextmanager
def store(config: "CentralConfig") -> Iterator["Store"]:
    """The open database, which the server has made: a command makes none. Raises UsageError."""
    from sync.central.store import Store

    opened = Store(config.database.url, make=False)
    try:
        yield opened
    finally:
        opened.close()


class Unlocked(NamedTuple):
    """The open database and vault, and the configuration that names both."""

    config: "CentralConfig"
    engine: "Engine"
    vault: "FileVault"


@contextmanager
def unlocked(context: typer.Context, config: Path | None) -> Iterator[Unlocked]:
    """The database with the vault open, which what names people needs. Raises UsageError or VaultClosed."""
    from sync.central.opening import open_vault

    configured = loaded(context, config)
    vault = open_vault(configured.vault)
    with store(configured) as opened:
        yield Unlocked(configured, opened.engine, vault)


def asker(who: str, role: str, reason: str) -> "Asker":
    """Who asks, for the record. Raises UsageError."""
    from sync.central.access import Asker, Role

    try:
        return Asker(who, Role(role), reason)
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"--role {role}: there are {', '.join(Role)}") from error


def by_command(who: str) -> "Asker":
    """Whoever gives a command at the server's own machine, for the record; without a name, as they logged in."""
    from sync.central.access import Asker, Role

    return Asker(who or getpass.getuser(), Role.TECHNICIAN, "by command")


def print_line(line: Mapping[str, Any]) -> None:
    """Print one JSON line."""
    typer.echo(json.dumps(line, ensure_ascii=False))
