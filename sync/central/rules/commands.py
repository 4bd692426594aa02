"""The commands for policies on the server: `gatepost central policy ...`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, Who, by_command, loaded, print_line, store

if TYPE_CHECKING:
    from kiosk.policy import PolicyDocument
    from sync.central.publishing import Documents
    from sync.central.rules.drafts import Drafts
    from sync.central.rules.replaying import Difference, Ending, Replay
    from sync.central.rules.trial import Trial

policy_app = typer.Typer(help="Policies before and after they come down to the gates.", no_args_is_help=True)

DocumentName = Annotated[str, typer.Argument(help="A TOML file, or the number of a draft.", metavar="DOCUMENT")]
Number = Annotated[int, typer.Argument(help="The number of the draft.", metavar="NUMBER", min=1)]
Gate = Annotated[str, typer.Option(help="Only for this gate.", metavar="NAME")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of sentences.")]


@policy_app.command()
def check(context: typer.Context, document: DocumentName, compound: Compound, config: ConfigFile = None) -> int:
    """Say what is wrong with a document: status 1 if anything is, and then it is not published."""
    with _opened(context, config, compound) as opened:
        read, _ = opened.document(document)
        found = opened.trial.faults(read)
    typer.echo(f"{document}: {read.name}, {len(read.rules)} rules")
    for sentence in found:
        typer.echo(f"{document}: {sentence}")
    return 1 if found else 0


@policy_app.command()
def diff(
    context: typer.Context,
    document: DocumentName,
    compound: Compound,
    gate: Gate = "",
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Say what is different from the document in force: status 1 if anything is."""
    with _opened(context, config, compound, gate) as opened:
        _, body = opened.document(document)
        found = opened.trial.changes(compound, body, gate)
    for one in found:
        if as_json:
            print_line({"place": one.place, "before": one.before, "after": one.after})
        elif one.added or one.removed:
            parts = (f"{sign}{name}" for sign, names in (("+", one.added), ("-", one.removed)) for name in names)
            typer.echo(f"{one.place}: {' '.join(parts)}")
        else:
            typer.echo(f"{one.place}: {_or_nothing(one.before)} -> {_or_nothing(one.after)}")
    return 1 if found else 0


@policy_app.command()
def replay(
    context: typer.Context,
    document: DocumentName,
    compound: Compound,
    who: Who,
    gate: Gate = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 7,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> int:
    """Try a document on what the gates have recorded, and list the visits that would have ended differently."""
    with _opened(context, config, compound, gate) as opened:
        read, _ = opened.document(document)
        opened.drafts.trying(compound, read, by_command(who), gate)
        found = opened.trial.replay(compound, read, gate, days)
    if as_json:
        print_line(_told(found))
        return 0
    typer.echo(f"{len(found.different)} of {found.visits} visits of the last {days} days would have ended differently")
    if found.asked:
        typer.echo(f"{len(found.asked)} would have been asked for more: {_asked(found)}")
    if found.unknown:
        typer.echo(f"{found.unknown} cannot be told: where their stays were, or who they are, is sealed")
    if found.unreadable:
        typer.echo(f"{found.unreadable} answers cannot be read by this software")
    for one in found.different:
        typer.echo(f"{_written(one.at)}  {one.event}  {one.visitor or '-'}  {_ending(one.before)} -> {_ending(one.after)}")
    return 0


@policy_app.command()
def upload(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A TOML file.", metavar="FILE")],
    compound: Compound,
    who: Who,
    gate: Gate = "",
    config: ConfigFile = None,
) -> int:
    """Keep a document as a draft, for somebody else to look at and sign."""
    with _opened(context, config, compound, gate) as opened:
        one = opened.drafts.upload(compound, _read(file), by_command(who), gate)
    typer.echo(f"draft {one.number} of {gate or compound}: {'' if one.document is None else one.document.name}")
    return 0


@policy_app.command()
def drafts(context: typer.Context, compound: Compound, config: ConfigFile = None) -> int:
    """Print the drafts of a compound, one JSON line each, newest first."""
    with _opened(context, config, compound) as opened:
        found = opened.drafts.listed(compound)
    for one in found:
        print_line(
            {
                "draft": one.number,
                "document": None if one.document is None else one.document.name,
                "gate": one.gate or None,
                "uploaded": _written(one.uploaded_us),
                "by": one.uploaded_by,
                "published": one.published,
                "signed_by": one.published_by,
            }
        )
    return 0


@policy_app.command()
def push(
    context: typer.Context,
    draft: Number,
    compound: Compound,
    who: Who,
    effective_from: Annotated[
        str | None,
        typer.Option("--from", help="When it begins to count; UTC unless it says so. Default: as it says itself, or now."),
    ] = None,
    config: ConfigFile = None,
) -> int:
    """Sign a draft and let it come down to the gates."""
    from sync.central.document_commands import moment

    begins_us = moment(effective_from)
    with _opened(context, config, compound) as opened:
        one = opened.drafts.publish(compound, draft, by_command(who), begins_us)
    typer.echo(f"policy {one.number} of {one.gate or compound} published, in force from {_written(one.effective_us)}")
    return 0


@policy_app.command()
def discard(context: typer.Context, draft: Number, compound: Compound, who: Who, config: ConfigFile = None) -> int:
    """Throw a draft away that was not published."""
    with _opened(context, config, compound) as opened:
        opened.drafts.discard(compound, draft, by_command(who))
    typer.echo(f"draft {draft} of {compound} discarded")
    return 0


@policy_app.command(name="gates")
def list_gates(context: typer.Context, compound: Compound, config: ConfigFile = None) -> int:
    """Print by which policy each gate goes, one JSON line each: status 1 if one does not go by what is meant for it."""
    from sync.central.opening import wall_us
    from sync.central.rules.reached import Has, gates

    with _opened(context, config, compound) as opened, opened.trial.engine.connect() as connection:
        found = gates(connection, compound, opened.documents.listed(compound), wall_us())
    for one in found:
        print_line(
            {
                "gate": one.gate,
                "device": one.device,
                "has": one.has,
                "number": one.number,
                "said": None if one.said_us is None else _written(one.said_us),
                "reason": one.reason or None,
            }
        )
    return 1 if any(one.has in {Has.OTHER, Has.REFUSED, Has.UNHEARD} for one in found) else 0


class _Opened:
    """The server's database, as these commands need it."""

    def __init__(self, compound: str, trial: "Trial", documents: "Documents", drafts: "Drafts") -> None:
        self.trial = trial
        self.documents = documents
        self.drafts = drafts
        self._compound = compound

    def document(self, named: str) -> "tuple[PolicyDocument, bytes]":
        """A document and how it is written: a draft's by number, or else a file's. Raises UsageError or NoSuchDraft."""
        from sync.central.rules.drafts import read_draft

        body = self.drafts.find(self._compound, int(named)).body if _is_number(named) else _read(Path(named))
        return read_draft(body, self._compound), body


@contextmanager
def _opened(context: typer.Context, config: Path | None, compound: str, gate: str = "") -> Iterator[_Opened]:
    from sync.central.document_commands import see_names
    from sync.central.document_key import DocumentKey
    from sync.central.opening import wall_us
    from sync.central.publishing import Documents
    from sync.central.rules.drafts import Drafts, NoSuchDraft
    from sync.central.rules.trial import Trial

    see_names(compound, gate)
    configured = loaded(context, config)
    with store(configured) as opened:
        documents = Documents(opened.engine, DocumentKey(Path(configured.documents.key)), wall_us)
        try:
            yield _Opened(compound, Trial.of(opened.engine, wall_us), documents, Drafts(opened.engine, documents, wall_us))
        except NoSuchDraft as error:
            raise UsageError(str(error)) from error


def _is_number(named: str) -> bool:
    return named.isascii() and named.isdigit() and len(named) < 16


def _read(file: Path) -> bytes:
    from sync.central.rules.drafts import LARGEST

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error


def _told(found: "Replay") -> dict[str, Any]:
    return {
        "document": found.document,
        "visits": found.visits,
        "unknown": found.unknown,
        "unreadable": found.unreadable,
        "different": [_line(one) for one in found.different],
        "asked": [_line(one) for one in found.asked],
    }


def _line(one: "Difference") -> dict[str, Any]:
    return {
        "event": one.event,
        "gate": one.gate,
        "at": _written(one.at),
        "visitor": one.visitor,
        "before": {"answer": one.before.answer, "reasons": list(one.before.reasons)},
        "after": {"answer": one.after.answer, "reasons": list(one.after.reasons), "needs": list(one.after.needs)},
    }


def _asked(found: "Replay") -> str:
    from collections import Counter

    wanted = Counter(need for one in found.asked for need in one.after.needs)
    return ", ".join(f"{need} {count}" for need, count in wanted.most_common())


def _ending(one: "Ending") -> str:
    return f"{one.answer} ({', '.join(one.reasons)})"


def _or_nothing(text: str | None) -> str:
    return "nothing" if text is None else json.dumps(text, ensure_ascii=False) if "\n" in text else text


def _written(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="seconds")
