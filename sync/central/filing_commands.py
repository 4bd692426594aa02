"""The commands for filed renovations, `gatepost central filing ...`, and for a visitor's form, `gatepost central form`.

Which home it is and who works there come from standard input: a command line can be seen by every process.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kiosk.errors import UsageError
from sync.central.asking import Compound, ConfigFile, InRole, Reason, Who, asker, print_line, unlocked

MAX_LINES = 16 * 1024

filing_app = typer.Typer(help="Renovations that are filed.", no_args_is_help=True)


@filing_app.command(name="record")
def record_filing(
    context: typer.Context,
    compound: Compound,
    who: Who,
    reason: Reason,
    until: Annotated[str, typer.Option(help="The last day on which they work, such as 2026-12-31.", metavar="DATE")],
    state: Annotated[str, typer.Option(help="filed, no_undertaking or not_filed.")] = "filed",
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Record works at a home: unit and company are lines of standard input. Who did is recorded."""
    from kiosk.people import Filing
    from sync.central.filings import Filings, Works
    from sync.central.opening import wall_us

    if state not in tuple(Filing):
        raise UsageError(f"--state {state}: there are {', '.join(Filing)}")
    unit, company = _lines(2, "unit and company")
    works = Works(unit=unit, company=company, state=Filing(state), until_us=_end_of(until))
    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        Filings(opened.engine, opened.vault).record(compound, works, asked_by, wall_us())
    return 0


@filing_app.command(name="list")
def list_filings(
    context: typer.Context,
    compound: Compound,
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Print a compound's filed works, one JSON line each. It is recorded."""
    from sync.central.filings import Filings
    from sync.central.opening import wall_us

    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        for one in Filings(opened.engine, opened.vault).listed(compound, asked_by, wall_us()):
            last = datetime.fromtimestamp(one.until_us / 1e6 - 1, UTC).strftime("%Y-%m-%d")
            print_line({"unit": one.unit, "company": one.company, "state": one.state, "until": last})
    return 0


@filing_app.command(name="remove")
def remove_filing(
    context: typer.Context,
    compound: Compound,
    who: Who,
    reason: Reason,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Remove the works at a home, which is a line of standard input. It is recorded; status 1 if there are none."""
    from sync.central.filings import Filings
    from sync.central.opening import wall_us

    (unit,) = _lines(1, "the unit")
    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        if Filings(opened.engine, opened.vault).remove(compound, unit, asked_by, wall_us()):
            return 0
    typer.echo(f"gatepost: no works are filed there in {compound}", err=True)
    return 1


def form(
    context: typer.Context,
    visit: Annotated[str, typer.Argument(help="The visit, as its events name it.", metavar="VISIT")],
    compound: Compound,
    who: Who,
    reason: Reason,
    letter: Annotated[
        Path | None, typer.Option(help="Write the letter of undertaking there, a JPEG.", metavar="FILE")
    ] = None,
    role: InRole = "manager",
    config: ConfigFile = None,
) -> int:
    """Print what a visitor typed on the form, as JSON; that you asked is recorded first. Status 1 if there is none."""
    from sync.central.document_key import DocumentKey
    from sync.central.forms.store import Forms
    from sync.central.guessing import Attempts
    from sync.central.opening import wall_us
    from sync.private_file import make_private

    asked_by = asker(who, role, reason)
    with unlocked(context, config) as opened:
        key, days_of = DocumentKey(Path(opened.config.documents.key)), opened.config.retention.days_of
        forms = Forms(opened.engine, opened.vault, Attempts(lambda: 0.0), key, wall_us, days_of)
        found = forms.read(compound, visit, asked_by)
    if found is None:
        typer.echo(f"gatepost: {compound} has no form of the visit {visit}", err=True)
        return 1
    told, picture = found
    if letter is not None and picture is not None:
        try:
            make_private(letter)
            letter.write_bytes(picture)
        except OSError as error:
            raise UsageError(f"{letter}: cannot be written: {error.strerror}") from error
    print_line({**told, "letter": picture is not None})
    return 0


def _lines(count: int, what: str) -> list[str]:
    lines = [line.strip() for line in sys.stdin.read(MAX_LINES).splitlines() if line.strip()]
    if len(lines) != count:
        raise UsageError(
            f"{what} are read from standard input, one a line" if count > 1 else f"{what} is read from standard input"
        )
    return lines


def _end_of(day: str) -> int:
    """The first microsecond after a day, by UTC. Raises UsageError."""
    try:
        found = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"--until {day}: is no day; write such as 2026-12-31") from None
    return (int(found.timestamp()) + 86_400) * 1_000_000
