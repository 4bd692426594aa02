"""What somebody enters about a case on its page, and what is wrong with it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.cases import HIGHEST, LOWEST, NAMES_SOMEBODY, Act
from sync.central.access import REASON_LENGTH
from sync.central.cases import TO_LENGTH
from sync.central.staff.typed import line_of, number_of

ON_THE_PAGE = "on the page of the case"
"""Why, where somebody gives no reason of their own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it was typed, of how many steps its author knew, and by field the code of what is wrong with it."""

    deed: Act
    seen: int
    typed: Mapping[str, str]
    wrong: Mapping[str, str]

    @property
    def body_c(self) -> float | None:
        """What the clinical thermometer showed."""
        return number_of(self.typed["celsius"]) if self.deed is Act.MEASURE else None

    @property
    def to(self) -> str:
        """Whom it names."""
        return self.typed["to"] if self.deed in NAMES_SOMEBODY else ""

    @property
    def reason(self) -> str:
        """Why, for the record."""
        return self.typed["note"] or ON_THE_PAGE


def entry_of(sent: Mapping[str, str]) -> Entry | None:
    """Take in what was sent; None: it is no entry of any page."""
    deed, seen = sent.get("act", ""), sent.get("seen", "")
    if deed not in tuple(Act) or not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        return None
    typed = {name: line_of(sent.get(name, "")) for name in ("celsius", "to", "note")}
    return Entry(Act(deed), int(seen), typed, _wrong(Act(deed), typed))


def _wrong(deed: Act, typed: Mapping[str, str]) -> dict[str, str]:
    wrong = {}
    read = number_of(typed["celsius"])
    if deed is Act.MEASURE and (read is None or not LOWEST <= read <= HIGHEST):
        wrong["celsius"] = "celsius"
    if deed in NAMES_SOMEBODY and not typed["to"]:
        wrong["to"] = "to"
    if deed is Act.CLOSE and not typed["note"]:
        wrong["note"] = "note"
    if len(typed["to"]) > TO_LENGTH:
        wrong["to"] = "long"
    if len(typed["note"]) > REASON_LENGTH:
        wrong["note"] = "long"
    return wrong
