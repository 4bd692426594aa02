"""The command line of passes: `gatepost pass`. Keys stay in files that their owner alone may read."""

import json
import os
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiosk.errors import UsageError
from kiosk.people import VisitorKind
from kiosk.units import WallTime

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from kiosk.credentials import PassClaims

pass_app = typer.Typer(help="Passes: keys that sign them, new ones, and what one says.", no_args_is_help=True)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

KeyFile = Annotated[Path, typer.Option("--key", help="The private key, a PEM file.", metavar="FILE")]
Compound = Annotated[str, typer.Option(help="The compound.", metavar="NAME")]


@pass_app.command(name="key")
def make_key(
    file: Annotated[Path, typer.Argument(help="Where to keep the private key; it must not be there.", metavar="FILE")],
    issuer: Annotated[str, typer.Option("--id", help="What trust lists call whoever has the key.", metavar="NAME")],
    compound: Compound,
    visitor: Annotated[list[VisitorKind], typer.Option(help="For whom it may sign; again for more.")],
) -> int:
    """Make a key that signs passes, and print its entry for a trust list."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as opened:
            opened.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as error:
        raise UsageError(f"{file}: the key cannot be kept there: {error.strerror}") from error
    entry = {"kind": "pass", "id": issuer, "key": _public(key), "compounds": [compound], "visitors": visitor}
    typer.echo(json.dumps(entry))
    return 0


@pass_app.command()
def issue(
    key: KeyFile,
    compound: Compound,
    visitor: Annotated[VisitorKind, typer.Option(help="Whom it is for.")],
    until: Annotated[str, typer.Option(help="Its end; UTC unless it says so.", metavar="ISO8601")],
    begins: Annotated[str | None, typer.Option("--from", help="Its beginning; default: now.", metavar="ISO8601")] = None,
    unit: Annotated[str | None, typer.Option(help="The home or office.", metavar="TEXT")] = None,
    holder: Annotated[str | None, typer.Option(help="A pseudonym, never a name.", metavar="TEXT")] = None,
    gate: Annotated[list[str] | None, typer.Option(help="Only for this gate; again for more.", metavar="NAME")] = None,
    hours: Annotated[
        list[str] | None,
        typer.Option(help='Only in these hours, as "08:00-18:00 mon tue"; again for more.', metavar="HOURS"),
    ] = None,
    plate: Annotated[str | None, typer.Option(help="The vehicle with which they come.", metavar="TEXT")] = None,
    company: Annotated[
        bool, typer.Option("--company", help="A whole company's: each of its people gives their name at the gate.")
    ] = False,
    many: Annotated[bool, typer.Option("--many", help="For many uses; without it, for one.")] = False,
    language: Annotated[str | None, typer.Option(help="zh, en, ja or ko: how the gate speaks to its holder.")] = None,
    image: Annotated[Path | None, typer.Option(help="Draw the code, too: a .png or .svg.", metavar="FILE")] = None,
) -> int:
    """Sign a pass and print its text. What it says is told by `gatepost pass inspect`."""
    from kiosk import operands
    from kiosk.credentials import PassClaims, Uses, key_id
    from kiosk.credentials.pass_terms import Terms
    from kiosk.credentials.passes import PASS_ID_BYTES, encode
    from kiosk.pass_key import read_pass_key

    signer = read_pass_key(key)
    spans = tuple(operands.hours(text.split(), "--hours") for text in hours or ())
    claims = PassClaims(
        pass_id=secrets.token_bytes(PASS_ID_BYTES),
        compound=compound,
        visitor=visitor,
        not_before=_moment("--from", begins),
        not_after=_moment("--until", until),
        uses=Uses.MULTIPLE if many else Uses.SINGLE,
        unit=unit,
        holder=holder,
        language=language,
        terms=Terms(tuple(gate or ()), spans, plate, company),
    )
    text = encode(claims, signer.sign, key_id(signer.public_key().public_bytes_raw()))
    if image is not None:
        _draw(text, image)
    typer.echo(text)
    return 0


@pass_app.command()
def inspect(
    text: Annotated[str, typer.Argument(help="The text of a pass; - is standard input.", metavar="TEXT")],
) -> int:
    """Print what a pass says, as JSON, without believing it: status 1 if it cannot be read. `gatepost verify` believes."""
    from kiosk.credentials.passes import PassUnreadable, read

    content = sys.stdin.buffer.readline(4096).rstrip(b"\r\n") if text == "-" else os.fsencode(text)
    try:
        found = read(content)
    except PassUnreadable as error:
        typer.echo(json.dumps({"verdict": error.verdict, "detail": str(error)}))
        return 1
    typer.echo(json.dumps({"key_id": found.key_id.hex(), **_said(found.claims)}, ensure_ascii=False))
    return 0


def _said(claims: "PassClaims") -> dict[str, Any]:
    from kiosk.operands import DAYS

    return {
        "pass_id": claims.pass_id.hex(),
        "compound": claims.compound,
        "visitor": claims.visitor,
        "from": _written(claims.not_before),
        "until": _written(claims.not_after),
        "uses": claims.uses,
        "unit": claims.unit,
        "holder": claims.holder,
        "language": claims.language,
        "plate": claims.terms.plate,
        "company": claims.terms.company,
        "gates": list(claims.terms.gates),
        "hours": [
            f"{span.begins // 60:02d}:{span.begins % 60:02d}-{span.ends // 60:02d}:{span.ends % 60:02d} "
            + " ".join(DAYS[day] for day in sorted(span.days))
            for span in claims.terms.hours
        ],
    }


def _written(at: WallTime) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat()


def _moment(option: str, text: str | None) -> WallTime:
    try:
        read = datetime.now(UTC) if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: is no date and time of ISO 8601, such as 2021-06-01T12:00:00+08:00") from None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return WallTime((read - _EPOCH) // _SECOND * 1_000_000)


def _public(key: "Ed25519PrivateKey") -> str:
    import base64

    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _draw(text: str, image: Path) -> None:
    import segno

    if image.suffix not in {".png", ".svg"}:
        raise UsageError(f"{image}: a code is drawn as .png or .svg")
    try:
        segno.make_qr(text, error="m", boost_error=False).save(str(image), scale=8)
    except OSError as error:
        raise UsageError(f"{image}: cannot be written: {error.strerror}") from error
