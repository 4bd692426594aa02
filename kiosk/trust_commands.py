"""The command line of trust: `gatepost trust`. One signed document is made of files of every kind, and looked into."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiosk.errors import UsageError

if TYPE_CHECKING:
    from kiosk.credentials import TrustList
    from kiosk.credentials.signed_trust import TrustDocument

trust_app = typer.Typer(help="Whom the gates trust.", no_args_is_help=True)

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a file that are read: more than any may have."""

Files = Annotated[
    list[Path], typer.Argument(help="Certificates, key sets, countries' lists, directories, trust lists.", metavar="FILE...")
]


@trust_app.command(name="import")
def import_trust(
    files: Files,
    out: Annotated[Path, typer.Option(help="The document; one that is there gets its next version.", metavar="FILE")],
    identity: Annotated[str, typer.Option("--id", help="What the document is called, such as riverside-trust.")],
    key: Annotated[
        Path,
        typer.Option(help="The site's document key, [documents] key; made if there is none.", metavar="FILE"),
    ],
) -> int:
    """Make one signed, versioned document of these files: what is in none of them is trusted no more."""
    from kiosk.credentials import read_trust
    from kiosk.credentials.signed_trust import TrustDocument, write
    from sync.central.document_key import DocumentKey, KeyUnusable

    given = {file.name: _read(file) for file in files}
    if len(given) != len(files):
        raise UsageError("two of the files have the same name; rename one")
    for file, data in zip(files, given.values(), strict=True):
        read_trust(data, str(file))
    before = _document(out) if out.exists() else None
    if before is not None and before.id != identity:
        raise UsageError(f"{out}: is the document {before.id}, not {identity}; name another file")
    version = 1 if before is None else before.version + 1
    try:
        signer = DocumentKey(key).private()
    except KeyUnusable as error:
        raise UsageError(str(error)) from error
    document = TrustDocument(identity, version, datetime.now(UTC).replace(microsecond=0), given)
    data = write(document, signer.sign, signer.public_key().public_bytes_raw())
    # The whole of it once, as a gate will: what contradicts itself is not published.
    found = read_trust(data, str(out))
    draft = out.with_name(f".{out.name}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from error
    typer.echo(json.dumps({"document": f"{identity}@{version}", "bytes": len(data), **_held(found)}))
    return 0


@trust_app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A trust file of any kind.", metavar="FILE")],
    document_key: Annotated[str | None, typer.Option(help="Whose signature it must have: 64 hexadecimal digits.")] = None,
) -> int:
    """Print what a trust file holds, as JSON: status 1 if it is not signed with this key."""
    from kiosk.credentials import read_trust

    found = read_trust(_read(file), str(file))
    said: dict[str, Any] = {"documents": list(found.documents), "issued_at": None, "signed_by": found.signed_by}
    if found.issued_at is not None:
        said["issued_at"] = datetime.fromtimestamp(found.issued_at / 1e6, UTC).isoformat(timespec="seconds")
    typer.echo(json.dumps({**said, **_held(found)}, ensure_ascii=False))
    return 0 if document_key is None or found.signed_by == document_key else 1


def _held(found: "TrustList") -> dict[str, int]:
    return {
        "pass_keys": len(found.pass_issuers),
        "health_services": len(found.token_issuers),
        "signers": sum(map(len, found.document_signers.values())),
        "card_issuers": len(found.card_issuers),
        "card_keys": len(found.card_keys) + sum(len(issuer.keys) for issuer in found.card_issuers.values()),
        "revoked": len(found.revoked) + len(found.revoked_certificates) + sum(map(len, found.revoked_cards.values())),
    }


def _document(file: Path) -> "TrustDocument":
    from kiosk.credentials.signed_trust import read

    try:
        tree = json.loads(_read(file))
    except ValueError:
        tree = None
    if not isinstance(tree, dict):
        raise UsageError(f"{file}: is there and is no trust document; name another file")
    return read(tree, str(file))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
