"""What a gate knows beforehand of people who are expected, by the passes that they were given. A JSON document.

    {"arrivals": 1, "compound": "riverside",
     "expected": [{"pass": "24 hexadecimal digits", "consent": "given", "filing": "filed"}]}

`consent` is what their host says by now, which outweighs the pass: `declined` is an invitation that was taken back.
`filing` is how far their works are filed with the committee. Nobody is named; what is left out is not known.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.errors import UsageError
from kiosk.evidence import Verdict
from kiosk.frozen import frozen
from kiosk.model import Facts
from kiosk.people import Consent, Filing

FORM = 1
MOST = 20_000
"""So many people may be expected at once."""

_PassId = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]


@frozen
class Arrival:
    """What is known of one who is expected; None: nothing."""

    consent: Consent | None = None
    filing: Filing | None = None


UNKNOWN = Arrival()


@frozen
class Arrivals:
    """The list as it is asked, by the ids of passes."""

    expected: Mapping[str, Arrival] = field(default_factory=lambda: MappingProxyType({}))

    def applied(self, facts: Facts) -> Facts:
        """Return the facts of whoever shows a good pass, with what is known of them beforehand."""
        shown = facts.admission_pass
        if shown is None or shown.verdict is not Verdict.VALID or shown.serial is None:
            return facts
        known = self.expected.get(shown.serial, UNKNOWN)
        consent, filing = known.consent or facts.consent, known.filing or facts.filing
        if (consent, filing) == (facts.consent, facts.filing):
            return facts
        return replace(facts, consent=consent, filing=filing)


NOBODY_EXPECTED = Arrivals()


class _Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    shown: _PassId = msgspec.field(name="pass")
    consent: Consent | None = None
    filing: Filing | None = None


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    arrivals: int
    compound: str
    expected: Annotated[list[_Expected], Meta(max_length=MOST)]


def parse_arrivals(data: bytes, where: str, compound: str) -> Arrivals:
    """Read a list of expected arrivals. Raises UsageError: one sentence on what is wrong."""
    try:
        found = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: is no list of expected arrivals: {error}") from error
    if found.arrivals != FORM:
        raise UsageError(f"{where}: these arrivals are of form {found.arrivals}, and this software reads {FORM}")
    if found.compound != compound:
        raise UsageError(f"{where}: these are the arrivals of {found.compound}, not of {compound}")
    expected = {one.shown: Arrival(one.consent, one.filing) for one in found.expected}
    if len(expected) != len(found.expected):
        raise UsageError(f"{where}: one pass is listed twice; say of each once what is known")
    return Arrivals(MappingProxyType(expected))
