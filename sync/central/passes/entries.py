"""What a manager enters to issue a pass, and what is wrong with it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from kiosk.credentials.pass_terms import MOST_GATES
from kiosk.credentials.passes import MAX_TEXT_BYTES
from kiosk.operands import DAYS
from kiosk.people import VisitorKind
from sync.central.staff.typed import line_of
from sync.wire import NAME

KINDS = (
    VisitorKind.COURIER,
    VisitorKind.STAFF,
    VisitorKind.RENOVATION,
    VisitorKind.UTILITY_REPAIR,
    VisitorKind.DOMESTIC_HELP,
)
"""For whom a pass for many uses is: whoever comes again and again, and lives nowhere here."""
LABEL_LENGTH = 80
LONGEST_DAYS = 366
LANGUAGES = ("zh", "en", "ja", "ko")
FIELDS = ("visitor", "label", "compound", "unit", "from", "until", "gates", "begins", "ends", "language")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed, the days that were chosen, by field what is wrong with it, and whether it is a company's."""

    typed: Mapping[str, str]
    days: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    company: bool = False

    @property
    def gates(self) -> tuple[str, ...]:
        """For which gates alone."""
        return tuple(dict.fromkeys(self.typed["gates"].replace(",", " ").replace("，", " ").replace("、", " ").split()))

    @property
    def hours(self) -> tuple[tuple[str, ...], ...]:
        """In which hours of the week alone, as `kiosk.operands.hours` reads them: one span, or none."""
        begins, ends = self.typed["begins"], self.typed["ends"]
        if not (begins or ends or self.days):
            return ()
        return ((f"{begins or '00:00'}-{ends or '23:59'}", *self.days),)


def blank(compound: str, today: date) -> Entry:
    """A form that nobody has typed into: a pass for a month from today."""
    typed = dict.fromkeys(FIELDS, "")
    return Entry(typed | {"compound": compound, "from": str(today), "until": str(today + timedelta(days=30))})


def entry_of(sent: Mapping[str, str], compound: str | None, today: date) -> Entry:
    """Take in what was sent by somebody who sees one compound, or for None all of them."""
    typed = {name: line_of(sent.get(name, "")) for name in FIELDS}
    if compound is not None:
        typed["compound"] = compound
    days = tuple(day for day in DAYS if sent.get(f"day-{day}"))
    found = Entry(typed, days)
    return Entry(typed, days, _wrong(found, today), company="company" in sent)


def day_of(text: str) -> date | None:
    """A day as a date field sends it; None: it is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None


def _wrong(entry: Entry, today: date) -> dict[str, str]:
    typed = entry.typed
    begins, ends = day_of(typed["from"]), day_of(typed["until"])
    found = {
        "visitor": None if typed["visitor"] in KINDS else "choose",
        "label": None if typed["label"] else "label",
        "compound": None if re.fullmatch(NAME.strip("^$"), typed["compound"]) else "compound",
        "unit": "long" if len(typed["unit"].encode()) > MAX_TEXT_BYTES else None,
        "from": "date" if begins is None or begins < today - timedelta(days=LONGEST_DAYS) else None,
        "until": _end_wrong(begins, ends, today),
        "gates": _gates_wrong(entry.gates),
        "begins": _hours_wrong(typed["begins"], typed["ends"]),
        "language": "choose" if typed["language"] not in {"", *LANGUAGES} else None,
    }
    if len(typed["label"]) > LABEL_LENGTH:
        found["label"] = "long"
    return {name: code for name, code in found.items() if code is not None}


def _end_wrong(begins: date | None, ends: date | None, today: date) -> str | None:
    if ends is None:
        return "date"
    if ends < (begins or today) or ends < today:
        return "order"
    return "year" if (ends - (begins or today)).days > LONGEST_DAYS else None


def _gates_wrong(gates: tuple[str, ...]) -> str | None:
    if len(gates) > MOST_GATES:
        return "many_gates"
    return None if all(re.fullmatch(NAME.strip("^$"), gate) for gate in gates) else "gate"


def _hours_wrong(begins: str, ends: str) -> str | None:
    given = [text for text in (begins, ends) if text]
    if not all(_TIME.fullmatch(text) for text in given) or len(given) == 1 or (given and begins == ends):
        return "hours"
    return None
