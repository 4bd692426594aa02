"""`gatepost verify`: what a code is worth to a gate that trusts these files, at this moment. Nothing is written anywhere."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from kiosk.errors import UsageError
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.units import WallTime

MAX_LINE = 1024 * 1024
"""Bytes of a line of standard input that are looked at; a code is far shorter."""
MAX_TRUST = 16 * 1024 * 1024
"""Bytes of a trust file that are read: more than any may have."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def verify(
    text: Annotated[str | None, typer.Option(help="The text of a code.", metavar="T")] = None,
    image: Annotated[Path | None, typer.Option(help="A picture of a code.", metavar="FILE")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="One text a line on standard input.")] = False,
    at: Annotated[
        str | None, typer.Option(help="When it is shown; UTC unless it says so. Default: now.", metavar="ISO8601")
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="Whom to believe: certificates, key sets, directories, trust lists.", metavar="FILE"),
    ] = None,
    more_trust: Annotated[list[Path] | None, typer.Argument(help="More files to trust.", metavar="FILE...")] = None,
) -> int:
    """Check codes offline: one JSON line each, status 0 if all are valid, else 1."""
    if (text is not None) + (image is not None) + stdin != 1:
        raise UsageError("name one of --text, --image and --stdin")
    moment = _moment(at)
    if text is not None:
        contents: Iterable[bytes] = [os.fsencode(text)]
    else:
        contents = _lines(sys.stdin.buffer) if image is None else _codes(image)
    return 0 if _check(contents, [*(trust or ()), *(more_trust or ())], moment) else 1


def _check(contents: Iterable[bytes], files: list[Path], at: WallTime) -> bool:
    """Print what each content is worth; return whether all are valid."""
    # Only here: the other commands shall not carry the libraries that check credentials.
    from kiosk.credentials import CardPart, CardParts, HealthToken, TrustList, combine, examine, examine_parts, read_trust

    trust = combine(*(read_trust(_read(file), str(file)) for file in files)) if files else TrustList()
    parts = CardParts()
    valid = True
    for content in contents:
        found = examine(content, trust, at)
        if isinstance(found, CardPart):
            parts = parts.with_part(found)
            found = examine_parts(parts, trust, at) if parts.complete else _part(found.index, found.total)
        elif isinstance(found, HealthToken):
            detail = "only its issuer can say what it stands for"
            found = Credential(CredentialKind.HEALTH_TOKEN, Verdict.UNSUPPORTED, issuer=found.issuer, detail=detail)
        valid = valid and found.verdict is Verdict.VALID
        typer.echo(json.dumps(_line(found)))
        sys.stdout.flush()
    return valid


def _part(index: int, total: int) -> Credential:
    detail = f"part {index} of {total}: a card is read once every part was shown"
    return Credential(CredentialKind.SHC, Verdict.MALFORMED, detail=detail)


def _line(found: Credential) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "verdict": found.verdict,
        "issuer": found.issuer,
        "holder": _holder(found),
        "facts": _facts(found),
        "detail": found.detail,
    }


def _holder(found: Credential) -> dict[str, str | None] | None:
    if (person := found.person) is not None:
        return {
            "family": person.family,
            "given": person.given,
            "birth_date": person.birth_date,
            "masked_id": person.masked_id,
        }
    return None if found.holder is None else {"pseudonym": found.holder}


def _facts(found: Credential) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if found.expires_at is not None:
        facts["expires_at"] = (_EPOCH + timedelta(microseconds=found.expires_at)).isoformat()
    if found.visitor is not None:
        facts |= {"visitor": found.visitor, "single_use": found.single_use, "language": found.language}
    if found.person is not None:
        facts["findings"] = [
            {"kind": finding.kind, "on": finding.on, "days": finding.days, "in_force": finding.in_force}
            for finding in found.findings
        ]
    return facts


def _moment(text: str | None) -> WallTime:
    try:
        read = datetime.now(UTC) if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text}: is no date and time of ISO 8601, such as 2021-06-01T12:00:00Z") from None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return WallTime((read - _EPOCH) // timedelta(microseconds=1))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_TRUST)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error


def _codes(image: Path) -> Iterator[bytes]:
    """Yield what the codes in a picture hold; nothing at all counts as an empty one."""
    from drivers.pictures import decode_file

    # Some countries print their certificates as Aztec codes.
    found = decode_file(str(image), ("qr", "aztec", "data_matrix"))
    if "error" in found:
        raise UsageError(f"{image}: {found['error']}")
    yield from [bytes.fromhex(code["bytes_hex"]) for code in found["codes"]] or [b""]


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines without their ends; spaces belong to a code. Of an endless line only the beginning is kept."""
    while line := stream.readline(MAX_LINE):
        rest = line
        while not rest.endswith(b"\n") and (rest := stream.readline(MAX_LINE)):
            pass
        yield line.removesuffix(b"\n").removesuffix(b"\r")
