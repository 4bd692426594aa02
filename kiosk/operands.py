"""How the values in a policy document are read: each reader takes a value and its place, or says what is wrong. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from kiosk.errors import UsageError
from kiosk.model import LocalTime
from kiosk.people import Stay
from kiosk.units import Celsius

LOWEST_C, HIGHEST_C = 30.0, 45.0
"""The thresholds that can be meant for a body: a kelvin or Fahrenheit figure is a slip."""
COLDEST_C, HOTTEST_C = -40.0, 60.0
"""The air around a gate."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Listed = TypeVar("Listed", bound=StrEnum)

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """The minutes of the day from `begins` to before `ends`, on some days of the week; over midnight if it ends earlier."""

    begins: int
    ends: int
    days: frozenset[int]

    def hold(self, at: LocalTime) -> bool:
        """Whether a moment lies within them. What begins before midnight belongs to the day on which it began."""
        if self.begins < self.ends:
            return at.weekday in self.days and self.begins <= at.minute < self.ends
        yesterday = (at.weekday - 1) % 7
        return (at.weekday in self.days and at.minute >= self.begins) or (yesterday in self.days and at.minute < self.ends)


@dataclass(frozen=True, slots=True)
class Travel:
    """Listed regions, and how many days a stay there counts."""

    regions: frozenset[str]
    days: int

    def covers(self, stay: Stay) -> bool:
        """Whether a stay counts: also in a part of a listed country, not in a country of which only a part is listed."""
        return stay.days_ago <= self.days and not self.regions.isdisjoint((stay.region, stay.region.partition("-")[0]))


def reject(sentence: str) -> NoReturn:
    """Refuse a document. Raises UsageError."""
    raise UsageError(sentence)


def only(table: object, place: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return the table if it has these keys and no other. Raises UsageError."""
    keys = ", ".join((*required, *optional))
    if not isinstance(table, Mapping):
        reject(f"{place} must be a table with the keys {keys}")
    if unknown := table.keys() - {*required, *optional}:
        reject(f"{place}: there is no key {min(unknown)!r}; the keys are {keys}")
    for key in required:
        if key not in table:
            reject(f"{place}: the key {key!r} is missing; add it")
    return table


def true(value: object, place: str) -> bool:
    """Read `true`. Raises UsageError."""
    if value is not True:
        reject(f"{place} can only be true, not {value!r}; remove the rule if it is not meant")
    return True


def whole(lowest: int, highest: int) -> Callable[[object, str], int]:
    """Return a reader of whole numbers."""

    def read(value: object, place: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            reject(f"{place} must be a whole number from {lowest} to {highest}, not {value!r}")
        return value

    return read


def degrees(value: object, place: str) -> Celsius:
    """Read a body temperature. Raises UsageError."""
    return Celsius(_number(value, LOWEST_C, HIGHEST_C, f"{place} must be degrees Celsius"))


def half_width(value: object, place: str) -> Celsius:
    """Read an uncertainty. Raises UsageError."""
    return Celsius(_number(value, 0.1, 3.0, f"{place} must be degrees Celsius"))


def air(value: object, place: str) -> tuple[Celsius, Celsius]:
    """Read the lowest and highest of a range of ambient temperature. Raises UsageError."""
    if not isinstance(value, list) or len(value) != 2:
        reject(f"{place} must be two temperatures such as [14, 32], not {value!r}")
    lowest, highest = (Celsius(_number(one, COLDEST_C, HOTTEST_C, f"{place} must be degrees Celsius")) for one in value)
    if lowest >= highest:
        reject(f"{place} must begin with the lower of the two, not {value!r}")
    return lowest, highest


def some_of(kind: type[Listed]) -> Callable[[object, str], frozenset[Listed]]:
    """Return a reader of lists of names, none twice."""

    def read(value: object, place: str) -> frozenset[Listed]:
        names = ", ".join(kind)
        if not isinstance(value, list) or not value:
            reject(f"{place} must be a list with some of {names}, not {value!r}")
        for name in value:
            if name not in tuple(kind):
                reject(f"{place} lists {name!r}; it can list {names}")
        if len(set(value)) != len(value):
            reject(f"{place} lists a name twice; remove one")
        return frozenset(kind(name) for name in value)

    return read


def one_of(kind: type[Listed], *left_out: Listed) -> Callable[[object, str], Listed]:
    """Return a reader of one name."""
    names = tuple(name for name in kind if name not in left_out)

    def read(value: object, place: str) -> Listed:
        if not isinstance(value, str) or value not in names:
            reject(f"{place} must be one of {', '.join(names)}, not {value!r}")
        return kind(value)

    return read


def named(form: re.Pattern[str]) -> Callable[[object, str], str]:
    """Return a reader of names of a form."""

    def read(value: object, place: str) -> str:
        if not (isinstance(value, str) and form.fullmatch(value)):
            reject(f"{place} must be a name of the form {form.pattern}, not {value!r}")
        return value

    return read


def hours(value: object, place: str) -> Hours:
    """Read `"08:00-18:00"`, or `["08:00-18:00", "mon", "tue"]` for some days only. Raises UsageError."""
    span, *days = value if isinstance(value, list) and value else [value]
    found = _HOURS.fullmatch(span) if isinstance(span, str) else None
    if found is None or found[0][:5] == found[0][6:]:
        reject(f'{place} must be hours such as "08:00-18:00", with the days after it in a list if not all, not {value!r}')
    if wrong := [day for day in days if day not in DAYS]:
        reject(f"{place} lists {wrong[0]!r}; the days are {', '.join(DAYS)}")
    begin_h, begin_m, end_h, end_m = map(int, found.groups())
    chosen = frozenset(map(DAYS.index, days)) or frozenset(range(7))
    return Hours(begin_h * 60 + begin_m, end_h * 60 + end_m, chosen)


def travel(value: object, place: str) -> Travel:
    """Read `{ regions = [...], days = 14 }`. Raises UsageError."""
    table = only(value, place, ("regions", "days"))
    regions = table["regions"]
    if not isinstance(regions, list) or not regions:
        reject(f"{place}.regions must be a list of regions such as IT or CN-HB, not {regions!r}")
    for region in regions:
        if not (isinstance(region, str) and _REGION.fullmatch(region)):
            reject(f"{place}.regions lists {region!r}; write ISO 3166 codes such as IT or CN-HB")
    return Travel(frozenset(regions), whole(1, 365)(table["days"], f"{place}.days"))


def _number(value: object, lowest: float, highest: float, sentence: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        reject(f"{sentence} from {lowest:g} to {highest:g}, not {value!r}")
    return float(value)
