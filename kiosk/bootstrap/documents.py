"""The documents that a kiosk goes by, as its configuration names them: rules, trust lists, month keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import policy
from kiosk.config import Config
from kiosk.documents import decode_toml
from kiosk.errors import UsageError
from kiosk.lines import get_logger
from kiosk.policy import PolicyDocument
from kiosk.ports import Sealer

if TYPE_CHECKING:
    from kiosk.credentials import TrustList

SHIPPED = Path(__file__).parents[1] / "policies"


def load_policy(source: str, base: Path) -> PolicyDocument:
    """Read one policy document: a file, or `shipped:NAME`. Raises UsageError."""
    if source.startswith("shipped:"):
        path = SHIPPED / f"{source.removeprefix('shipped:')}.toml"
        if not path.exists():
            raise UsageError(f"[policy] file = {source!r}: no such document is shipped; there are {_shipped()}")
    else:
        path = base / source
    return policy.parse(decode_toml(path, dict[str, Any]), str(path))


def load_policies(source: str, base: Path) -> tuple[PolicyDocument, ...]:
    """Read what `[policy] file` names: one document, or all of a folder, which follow one another in time.

    Raises UsageError, also where two would be in force at the same time.
    """
    folder = base / source
    if source.startswith("shipped:") or not folder.is_dir():
        return (load_policy(source, base),)
    documents = tuple(load_policy(str(path), base) for path in documents_in(folder))
    if not documents:
        raise UsageError(f"{folder}: there is no policy document in this folder; put one there whose name ends in .toml")
    if (twice := next(policy.overlaps(documents), None)) is not None:
        one, other = twice
        raise UsageError(f"{folder}: {one.name} and {other.name} are in force at the same time; correct from or until")
    return documents


def documents_in(folder: Path) -> list[Path]:
    """Return the policy documents of a folder, by name. Raises UsageError."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml" and path.is_file())
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read: {error.strerror}") from error


def load_trust(sources: list[str], base: Path, compound: str, document_key: str | None = None) -> "TrustList":
    """Read the trust lists, as this compound's gate must see them. Raises UsageError.

    Where a kiosk is configured with the site's `document_key`, every one of them must be signed with it.
    """
    # Only here: the screen reads the rules as well, and shall not carry the libraries that check credentials.
    from kiosk.credentials import TrustList, combine, read_trust

    lists = []
    for source in sources:
        path = base / source
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: the trust list cannot be read: {error.strerror}") from error
        found = read_trust(data, str(path))
        if document_key is not None and found.signed_by != document_key:
            fault = "is not signed" if found.signed_by is None else "is signed with another key"
            raise UsageError(
                f"{path}: {fault}, but a kiosk with [server] document_key takes only trust that is signed with the site's"
                " document key; make a signed document of your trust files with `gatepost trust import`"
            )
        lists.append(found)
    return combine(*lists).for_compound(compound) if lists else TrustList()


def load_sealer(config: Config, base: Path) -> Sealer | None:
    """Read the compound's month keys, if there are any: those that are configured, else those of the enrolment.

    Raises UsageError; for keys that the kiosk was given, and nobody here can correct, it logs what is wrong instead.
    """
    from sync.identity import papers_beside

    given = papers_beside(Path(config.log.path)).month_keys
    if config.log.month_keys is None and given is None:
        return None
    from sync.sealing import MonthSealer, read_month_keys

    if config.log.month_keys is not None:
        return MonthSealer(read_month_keys(base / config.log.month_keys, config.gate.compound))
    try:
        return None if given is None else MonthSealer(read_month_keys(given, config.gate.compound))
    except UsageError as error:
        get_logger().error("month keys unusable", reason=str(error))
        return None


def _shipped() -> str:
    names = sorted(entry.name.removesuffix(".toml") for entry in SHIPPED.iterdir())
    return ", ".join(names)
