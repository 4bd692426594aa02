"""Which passes a compound has given out and not taken back since, of the keys that it keeps such a list of. A JSON document.

    {"passes": 1, "compound": "riverside", "keys": ["16 hexadecimal digits"], "issued": ["24"]}

Of the keys the ids as passes name them, of the passes the ids. A good signature by one of these keys is not enough: a pass
that is not on the list was taken back, or made by somebody who has stolen the key, or is so new that the gate has not
heard of it. A person decides on it.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.errors import UsageError
from kiosk.evidence import Verdict
from kiosk.frozen import frozen
from kiosk.model import Facts

FORM = 1
MOST_PASSES = 150_000
"""What fits a document."""

_PassId = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]
_KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]


@frozen
class Issued:
    """A list as it is asked."""

    keys: frozenset[str] = frozenset()
    passes: frozenset[str] = frozenset()

    def lacks(self, facts: Facts) -> bool:
        """Whether a good pass is shown that should be on this list, and is not."""
        shown = facts.admission_pass
        if shown is None or shown.verdict is not Verdict.VALID:
            return False
        return shown.key_id in self.keys and shown.serial not in self.passes


NO_LIST = Issued()


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    passes: int
    compound: str
    keys: Annotated[list[_KeyId], Meta(min_length=1)]
    issued: Annotated[list[_PassId], Meta(max_length=MOST_PASSES)]


def parse_issued(data: bytes, where: str, compound: str) -> Issued:
    """Read a list of passes. Raises UsageError: one sentence on what is wrong."""
    try:
        found = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: is no list of passes: {error}") from error
    if found.passes != FORM:
        raise UsageError(f"{where}: this list of passes is of form {found.passes}, and this software reads {FORM}")
    if found.compound != compound:
        raise UsageError(f"{where}: these are the passes of {found.compound}, not of {compound}")
    return Issued(frozenset(found.keys), frozenset(found.issued))
