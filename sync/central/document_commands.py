"""The commands for what comes down to the kiosks: `gatepost central publish`, `withdraw`, `documents`, `open` and `mode`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.direction import Direction
from kiosk.errors import UsageError
from kiosk.staleness import Kind
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, loaded, print_line, store

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.central.access import Asker
    from sync.central.document_key import DocumentKey
    from sync.central.publishing import Documents
    from sync.central.recipients import Recipient
    from sync.central.store import Store
    from sync.downward.message import Message

KindName = Annotated[str, typer.Argument(help=f"One of {', '.join(Kind)}.", metavar="KIND")]
TheGate = Annotated[str, typer.Option("--gate", help="The gate.", metavar="NAME")]
Way = Annotated[
    str | None,
    typer.Option("--direction", help="in or out: which device, where the gate has one for each.", metavar="WAY"),
]
Second = Annotated[str | None, typer.Option("--second", help="Who agrees, where the rules want two people.", metavar="NAME")]
Gate = Annotated[str, typer.Option(help="Only for this gate, before the compound's.", metavar="NAME")]


def add_document_commands(app: typer.Typer) -> None:
    """Add the commands to those of the central server."""
    for command, name in (
        (publish, "publish"),
        (withdraw, "withdraw"),
        (documents, "documents"),
        (pass_issuer, "pass-issuer"),
        (open_gate, "open"),
        (set_mode, "mode"),
    ):
        app.command(name=name)(command)


def publish(
    context: typer.Context,
    compound: Compound,
    kind: KindName,
    files: Annotated[list[Path], typer.Argument(help="The document; of trust, every file of it.", metavar="FILE...")],
    who: Who,
    gate: Gate = "",
    effective_from: Annotated[
        str | None, typer.Option("--from", help="When it begins to count; UTC unless it says so. Default: now.")
    ] = None,
    config: ConfigFile = None,
) -> int:
    """Check a document as a kiosk would, sign it, and publish it to a compound's kiosks."""
    from sync.downward.contents import body_of

    named, begins_us = _kind(kind), moment(effective_from)
    body = body_of(named, [(file.name, _read(file)) for file in files])
    with _published(context, config, compound, gate) as (found, _, _):
        one = found.publish(compound, named, body, who, gate=gate, effective_us=begins_us)
    typer.echo(f"{named} {one.number} of {gate or compound} published, in force from {_written(one.effective_us)}")
    return 0


def withdraw(
    context: typer.Context, compound: Compound, kind: KindName, who: Who, gate: Gate = "", config: ConfigFile = None
) -> int:
    """Take a document back: a gate goes by its compound's again, and a compound by its kiosks' configuration."""
    named = _kind(kind)
    with _published(context, config, compound, gate) as (found, _, _):
        one = found.withdraw(compound, named, who, gate=gate)
    typer.echo(f"{named} of {gate or compound} withdrawn, with number {one.number}")
    return 0


def pass_issuer(context: typer.Context, compound: Compound, config: ConfigFile = None) -> int:
    """Print the issuer of the passes that forms become, to be put into the compound's trust list."""
    from base64 import b64encode

    from sync.central.forms.resume import VISITORS
    from sync.central.opening import pass_key_of

    key = pass_key_of(loaded(context, config))
    if key is None:
        raise UsageError("[forms] names no pass_key, so forms become no passes; name a file for it")
    public = b64encode(bytes.fromhex(key.public())).decode()
    print_line({"kind": "pass", "id": "forms", "key": public, "compounds": [compound], "visitors": sorted(VISITORS)})
    return 0


def documents(context: typer.Context, compound: Compound, config: ConfigFile = None) -> int:
    """Print the document key and every document of a compound, one JSON line each, oldest first."""
    from sync.central.opening import wall_us
    from sync.downward.publication import relevant

    with _published(context, config, compound, "") as (found, _, key):
        listed = found.listed(compound)
        print_line({"document_key": key.public()})
    now_us = wall_us()
    standing = {one.publication.number for one in relevant(listed, now_us)}
    for one in listed:
        said = one.publication
        begun = said.effective(now_us)
        state = ("withdrawn" if said.withdrawn else "in force") if begun else "to come"
        print_line(
            {
                "kind": said.kind,
                "gate": said.gate or None,
                "number": said.number,
                "state": state if said.number in standing else "superseded",
                "from": _written(said.effective_us),
                "published": _written(said.published_us),
                "by": one.published_by,
                "digest": said.digest,
                "bytes": one.size,
            }
        )
    return 0


def open_gate(
    context: typer.Context,
    compound: Compound,
    gate: TheGate,
    who: Who,
    reason: Reason,
    direction: Way = None,
    role: InRole = "guard",
    second: Second = None,
    config: ConfigFile = None,
) -> int:
    """Let in whoever stands at a gate: status 1 if its kiosk has not asked within 10 seconds. It is recorded first."""
    from sync.central.messages import issue_open

    return _command(context, config, compound, gate, asker(who, role, reason), direction, partial(issue_open, second=second))


def set_mode(
    context: typer.Context,
    compound: Compound,
    gate: TheGate,
    mode: Annotated[str, typer.Argument(help="held_open, locked or normal.", metavar="MODE")],
    who: Who,
    reason: Reason,
    minutes: Annotated[int | None, typer.Option(help="For how long it is held open; 15 at most.", metavar="N")] = None,
    direction: Way = None,
    role: InRole = "guard",
    second: Second = None,
    config: ConfigFile = None,
) -> int:
    """Hold a gate open for a while, lock it, or neither: status 1 if its kiosk has not asked within 10 seconds."""
    from kiosk.gate_mode import HELD_OPEN_AT_MOST, GateMode
    from sync.central.messages import issue_mode

    if mode not in tuple(GateMode):
        raise UsageError(f"{mode}: there are {', '.join(GateMode)}")
    if (minutes is not None) != (mode == GateMode.HELD_OPEN) or not 0 < (minutes or 1) * 60 <= HELD_OPEN_AT_MOST:
        raise UsageError(
            f"held_open, and it alone, is ordered with --minutes: from 1 to {HELD_OPEN_AT_MOST // 60:g}; "
            "a lock lasts until another mode is ordered"
        )
    lasts_s = None if minutes is None else minutes * 60
    order = partial(issue_mode, mode=GateMode(mode), lasts_s=lasts_s, second=second)
    return _command(context, config, compound, gate, asker(who, role, reason), direction, order)


def _command(
    context: typer.Context,
    config: Path | None,
    compound: str,
    gate: str,
    asked_by: "Asker",
    direction: str | None,
    issue: "Callable[[Engine, DocumentKey, Recipient, Asker, int], Message]",
) -> int:
    """Issue a command for now to the device at a gate, and say whether it was fetched."""
    from sync.central.messages import fetched
    from sync.central.opening import wall_us
    from sync.central.recipients import recipient_at

    towards = _direction(direction)
    simulated = loaded(context, config).simulation.allowed
    with _published(context, config, compound, gate) as (_, opened, key):
        with opened.engine.connect() as connection:
            to = recipient_at(connection, compound, gate, towards, simulation_allowed=simulated)
        said = issue(opened.engine, key, to, asked_by, wall_us())
        if fetched(opened.engine, said, wall_us):
            typer.echo(f"{said.id} fetched by {to.device}; its log says what became of it")
            return 0
    typer.echo(f"gatepost: {said.id} expired: {to.device} has not asked within 10 seconds, and will not act on it", err=True)
    return 1


@contextmanager
def _published(
    context: typer.Context, config: Path | None, compound: str, gate: str
) -> "Iterator[tuple[Documents, Store, DocumentKey]]":
    """The documents, the database under them and their key. Raises UsageError."""
    from sync.central.document_key import DocumentKey
    from sync.central.opening import wall_us
    from sync.central.publishing import Documents

    see_names(compound, gate)
    configured = loaded(context, config)
    key = DocumentKey(Path(configured.documents.key))
    with store(configured) as opened:
        yield Documents(opened.engine, key, wall_us), opened, key


def see_names(compound: str, gate: str = "") -> None:
    """See that these can be the names of a compound and a gate; an empty one is none. Raises UsageError."""
    import re

    from sync.wire import NAME

    for what, name in (("compound", compound), ("gate", gate)):
        if name and not re.fullmatch(NAME.strip("^$"), name):
            raise UsageError(f"{name!r} is no {what}'s name; use small letters, digits and -")


def _direction(name: str | None) -> "Direction | None":

    if name is None:
        return None
    if name not in tuple(Direction):
        raise UsageError(f"--direction {name}: there are {', '.join(Direction)}")
    return Direction(name)


def _kind(name: str) -> Kind:
    if name not in set(Kind):
        raise UsageError(f"{name}: there is no such kind of document; there are {', '.join(Kind)}")
    return Kind(name)


def _read(file: Path) -> bytes:
    from sync.downward.publication import MAX_BODY

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BODY + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error


def moment(text: str | None) -> int | None:
    """Read the value of `--from`, in microseconds since 1970. Raises UsageError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--from {text}: is no moment; write such as 2026-12-01T00:00:00+08:00") from error
    if not 1970 < found.year < 2200:
        raise UsageError(f"--from {text}: is no time from which a document can be meant to count")
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def _written(moment_us: int) -> str:
    return datetime.fromtimestamp(moment_us / 1e6, UTC).isoformat(timespec="seconds")
