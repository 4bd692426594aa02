"""What a visitor is asked, by category, and what is wrong with an answer. Pure.

Answers are kept as they were typed, whatever is wrong with them, but for characters that cannot be seen: controls, and
those that turn the direction of a text around and make a name read as another.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.people import Declaration, FirstReturn, Stay, Vehicle, VisitorKind

CATEGORIES = (
    VisitorKind.GUEST,
    VisitorKind.COURIER,
    VisitorKind.DOMESTIC_HELP,
    VisitorKind.UTILITY_REPAIR,
    VisitorKind.ESTATE_AGENT,
    VisitorKind.RENOVATION,
    VisitorKind.OTHER,
)
"""The seven of the rules of 24 March 2020, in their order."""
REGIONS = (
    *("CN-HB", "CN", "KR", "JP", "IT", "IR", "FR", "ES", "DE", "US", "GB", "CH", "SE", "BE", "NO", "NL", "DK", "AT"),
    *("TH", "SG", "MY", "VN", "IN", "RU", "CA", "AU"),
    "ZZ",
)
"""Where somebody may have stayed (ISO 3166); `CN`: elsewhere in China, `ZZ`: in a country that is not listed."""
VEHICLES = (Vehicle.NONE, Vehicle.TWO_WHEELER, Vehicle.CAR, Vehicle.VAN, Vehicle.LORRY)
RETURNS = (FirstReturn.NO, FirstReturn.REGISTERED, FirstReturn.UNREGISTERED)
YES, NO = "yes", "no"
LONGEST = {
    "visitor": 20,
    "unit": 40,
    "host": 60,
    "name": 60,
    "phone": 24,
    "vehicle": 20,
    "plate": 12,
    "group": 3,
    "companions": 1500,
    "away": 3,
    "region": 5,
    "days": 2,
    "flight": 40,
    "symptoms": 3,
    "first_return": 20,
}
"""Every field, in the order of the page, with the most characters of it."""
GROUP = 50
DAYS = 14
WITH_PLATES = frozenset({Vehicle.CAR, Vehicle.VAN, Vehicle.LORRY})
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_DIGITS = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Answers:
    """What was typed, by field, and the code of what is wrong with it."""

    typed: Mapping[str, str] = field(repr=False)
    wrong: Mapping[str, str]

    def declaration(self) -> Declaration:
        """What the gate's rules get to know: nothing that names anybody. Of answers with nothing wrong."""
        typed = self.typed
        stays = (Stay(typed["region"], int(typed["days"])),) if typed["away"] == YES else ()
        return Declaration(
            visitor=VisitorKind(typed["visitor"]),
            stays=stays,
            first_return=FirstReturn(typed["first_return"]),
            vehicle=Vehicle(typed["vehicle"]),
            group=int(typed["group"]),
        )

    def told(self) -> dict[str, str]:
        """What is kept, without what was left empty or does not apply."""
        away = self.typed["away"] == YES
        left_out = set() if away else {"region", "days"}
        if not abroad(self.typed):
            left_out |= {"flight", "symptoms"}
        return {name: text for name, text in self.typed.items() if text and name not in left_out}


def blank(remembered: Mapping[str, str]) -> Answers:
    """A form that nobody has typed into yet, but for what a phone remembers."""
    return Answers({**_typed({}), **{name: _plain(text) for name, text in remembered.items() if name in LONGEST}}, {})


def answers(sent: Mapping[str, str]) -> Answers:
    """Take in what was sent, and say what is wrong with it."""
    typed = _typed(sent)
    return Answers(typed, _wrong(typed))


def abroad(typed: Mapping[str, str]) -> bool:
    """Whether the form for those who come from another country applies."""
    return typed["away"] == YES and bool(typed["region"]) and not typed["region"].startswith("CN")


def _typed(sent: Mapping[str, str]) -> dict[str, str]:
    typed = {name: _plain(sent.get(name, "")) for name in LONGEST}
    for name, usual in (("vehicle", Vehicle.NONE), ("group", "1"), ("first_return", FirstReturn.NO)):
        typed[name] = typed[name] or usual
    return typed


def _plain(text: str) -> str:
    """Without what cannot be seen; lines stay lines."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "".join(one for one in text if one == "\n" or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co"}).strip()


def _wrong(typed: Mapping[str, str]) -> dict[str, str]:
    wrong = {name: "too_long" for name, text in typed.items() if len(text) > LONGEST[name]}
    found = {
        "visitor": "choose" if typed["visitor"] not in CATEGORIES else None,
        "unit": _whom(typed),
        "name": None if typed["name"] else "name",
        "phone": None if _PHONE.fullmatch(re.sub(r"[\s().-]", "", typed["phone"])) else "phone",
        "vehicle": "choose" if typed["vehicle"] not in VEHICLES else None,
        "plate": "plate" if typed["vehicle"] in WITH_PLATES and not typed["plate"] else None,
        "group": "group" if not _within(typed["group"], 1, GROUP) else None,
        "companions": _others(typed),
        "away": "choose" if typed["away"] not in {YES, NO} else None,
        "first_return": "choose" if typed["first_return"] not in RETURNS else None,
    }
    if typed["away"] == YES:
        found["region"] = "choose" if typed["region"] not in REGIONS else None
        found["days"] = "days" if not _within(typed["days"], 0, DAYS) else None
    if abroad(typed):
        found["symptoms"] = "choose" if typed["symptoms"] not in {YES, NO} else None
    return {**wrong, **{name: code for name, code in found.items() if code is not None}}


def companions(typed: Mapping[str, str]) -> list[str]:
    """The names of those who come along, one a line."""
    return [name for line in typed["companions"].split("\n") if (name := line.strip())]


def _others(typed: Mapping[str, str]) -> str | None:
    """Everybody of a group has a name, and nobody has who does not come."""
    if not _within(typed["group"], 1, GROUP):
        return None
    names = companions(typed)
    if any(len(name) > LONGEST["name"] for name in names):
        return "too_long"
    return None if len(names) == int(typed["group"]) - 1 else "companions"


def _whom(typed: Mapping[str, str]) -> str | None:
    """A courier goes wherever the parcels are for; everybody else visits somebody."""
    return "whom" if typed["visitor"] != VisitorKind.COURIER and not (typed["unit"] or typed["host"]) else None


def _within(text: str, lowest: int, highest: int) -> bool:
    return _DIGITS.fullmatch(text) is not None and lowest <= int(text) <= highest
