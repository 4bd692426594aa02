"""What a document says, read by the same code on both ends: before it is published, and before a kiosk goes by it."""

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk import policy
from kiosk.credentials import TrustList, combine, read_trust
from kiosk.credentials.arrivals import Arrivals, parse_arrivals
from kiosk.credentials.issued import Issued, parse_issued
from kiosk.credentials.revocations import Revocations, parse_revocations
from kiosk.errors import UsageError
from kiosk.model import ReasonCode
from kiosk.policy import PolicyDocument
from kiosk.policy.check import findings
from kiosk.settings import Settings
from kiosk.staleness import Kind
from sync.downward.publication import MAX_BODY
from sync.downward.settings import parse_settings
from sync.sealing import MonthSealer, parse_month_keys

TRUST_FORM = 1

Content = PolicyDocument | TrustList | Revocations | Issued | Arrivals | MonthSealer | Settings


class _TrustFile(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    data: bytes


class _TrustBundle(msgspec.Struct, frozen=True, kw_only=True):
    """Every file of a kiosk's trust, of whichever kinds, as one document: what is not in it is trusted no more."""

    trust: int
    files: Annotated[list[_TrustFile], Meta(min_length=1, max_length=100)]


def read_content(kind: Kind, body: bytes, compound: str) -> Content:
    """Read a document. Raises UsageError: one sentence on what is wrong."""
    if len(body) > MAX_BODY:
        raise UsageError(f"{kind}: a document has at most {MAX_BODY // 1024 // 1024} MB")
    return _READERS[kind](body, compound)


def read_new(kind: Kind, body: bytes, compound: str) -> Content:
    """Read a document that a kiosk has not gone by yet, and see whether it can be meant so. Raises UsageError."""
    content = read_content(kind, body, compound)
    if isinstance(content, PolicyDocument):
        # Which reasons there are words for, another software may know better.
        see_sound(content, content.reasons)
    return content


def see_sound(document: PolicyDocument, said: Collection[ReasonCode]) -> None:
    """Raise UsageError with what `policy check` finds wrong with a document; `said`: reasons that there are words for."""
    if found := findings(document, said):
        more = "" if len(found) == 1 else f", and {len(found) - 1} more; `gatepost policy check` says them all"
        raise UsageError(f"policy: {found[0]}{more}")


def bundle_trust(files: Mapping[str, bytes]) -> bytes:
    """Make the document of a site's trust of its files, by name."""
    return msgspec.json.encode(
        _TrustBundle(trust=TRUST_FORM, files=[_TrustFile(name=name, data=data) for name, data in files.items()])
    )


def body_of(kind: Kind, files: Sequence[tuple[str, bytes]]) -> bytes:
    """Make a document's body of the files that were named. Raises UsageError."""
    if kind is Kind.TRUST:
        return bundle_trust(dict(files))
    if len(files) != 1:
        raise UsageError(f"a document of {kind} is one file; only trust is made of several")
    return files[0][1]


def _policy(body: bytes, _compound: str) -> PolicyDocument:
    try:
        tree = tomllib.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError("policy: it is not UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"policy: is not TOML: {error}") from error
    return policy.parse(tree, "policy")


def _trust(body: bytes, compound: str) -> TrustList:
    try:
        found = msgspec.json.decode(body, type=_TrustBundle)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"trust: is no bundle of trust files: {error}") from error
    if found.trust != TRUST_FORM:
        raise UsageError(f"trust: this bundle is of form {found.trust}, and this software reads {TRUST_FORM}")
    return combine(*(read_trust(file.data, file.name) for file in found.files)).for_compound(compound)


def _month_keys(body: bytes, compound: str) -> MonthSealer:
    return MonthSealer(parse_month_keys(body, "month_keys", compound))


_READERS: Mapping[Kind, Callable[[bytes, str], Content]] = MappingProxyType(
    {
        Kind.POLICY: _policy,
        Kind.TRUST: _trust,
        Kind.REVOCATIONS: lambda body, compound: parse_revocations(body, "revocations", compound),
        Kind.PASSES: lambda body, compound: parse_issued(body, "passes", compound),
        Kind.ARRIVALS: lambda body, compound: parse_arrivals(body, "expected_arrivals", compound),
        Kind.MONTH_KEYS: _month_keys,
        Kind.SETTINGS: lambda body, compound: parse_settings(body, "settings", compound),
    }
)
