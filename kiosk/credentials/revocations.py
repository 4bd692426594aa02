"""What a compound has taken back before its time: single passes, and whole keys or issuers of passes. A JSON document.

    {"revocations": 1, "compound": "riverside", "passes": ["24 hexadecimal digits"], "keys": ["16"], "issuers": ["id"]}

Of passes the ids, of keys the ids as passes name them, of issuers the names that the trust lists give them.
"""

from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.errors import UsageError
from kiosk.evidence import Credential, Verdict
from kiosk.frozen import frozen
from kiosk.model import Facts

FORM = 1

_PassId = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]
_KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
_Issuer = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}\Z")]


@frozen
class Revocations:
    """A list as it is asked."""

    passes: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    issuers: frozenset[str] = frozenset()

    def concern(self, shown: Credential) -> bool:
        """Whether a pass was taken back."""
        return shown.serial in self.passes or shown.key_id in self.keys or shown.issuer in self.issuers

    def applied(self, facts: Facts) -> Facts:
        """Return the facts with a pass that was valid when it was shown, and was taken back since, as revoked."""
        shown = facts.admission_pass
        if shown is None or shown.verdict is not Verdict.VALID or not self.concern(shown):
            return facts
        return replace(facts, admission_pass=replace(shown, verdict=Verdict.REVOKED, detail="it was revoked"))


NOTHING_REVOKED = Revocations()


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    revocations: int
    compound: str
    passes: list[_PassId] = []
    keys: list[_KeyId] = []
    issuers: list[_Issuer] = []


def parse_revocations(data: bytes, where: str, compound: str) -> Revocations:
    """Read a revocation list. Raises UsageError: one sentence on what is wrong."""
    try:
        found = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: is no list of revocations: {error}") from error
    if found.revocations != FORM:
        raise UsageError(f"{where}: these revocations are of form {found.revocations}, and this software reads {FORM}")
    if found.compound != compound:
        raise UsageError(f"{where}: these are the revocations of {found.compound}, not of {compound}")
    return Revocations(frozenset(found.passes), frozenset(found.keys), frozenset(found.issuers))
