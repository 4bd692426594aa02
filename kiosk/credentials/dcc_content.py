"""What an EU Digital COVID Certificate says: its JSON schema, versions 1.0 to 1.3 (eHealth Network, ehn-dcc-schema).

The schema is held to where a gate depends on it: who the holder is, one kind of statement, the fields that it needs,
dates that exist. Texts that only people read are bounded and no more: issuers have always been free with them.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from kiosk.credentials.bounded import Unreadable
from kiosk.credentials.findings import Happening, happening, moment
from kiosk.evidence import FindingKind, Verdict
from kiosk.frozen import frozen
from kiosk.holder import MAX_NAME, Holder, transliterated

MAX_ENTRIES = 10
MAX_TEXT = 400
COVID_19 = "840539006"
"""The disease, as SNOMED CT numbers it; certificates about another tell nothing here."""

_RESULTS = {"260415000": FindingKind.TEST, "260373001": FindingKind.POSITIVE_TEST}
"""Not detected, detected (SNOMED CT)."""
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?")
# A month or a day that is not known is left out, or written as 00 or XX.
_BIRTH_DATE = re.compile(r"(\d{4})(?:-(\d\d|XX)(?:-(\d\d|XX)(?:T.*)?)?)?")
_UNKNOWN = ("", "00", "XX")
_NO_NAME = ("So", "Cc", "Cn", "Co", "Cs")
# Of what the schema's lists of values allow, only what can be none of them, now or later: issuers are free with the rest.
# Codes that ISO 3166-1 leaves to its users are no country's (XK is Kosovo's, by custom).
_NO_COUNTRY = re.compile(r"AA|Q[M-Z]|X[A-JL-Z]|ZZ")
# The EMA's numbers of organisations have nine digits.
_NO_ORGANISATION = re.compile(r"ORG-\d{1,8}")
LAST_DEVICE = 5000
"""Test devices are numbered from 1 on by the EU's database of them, which was far from this when it was closed."""


class Group(StrEnum):
    """The kinds of statement, by the member that holds them."""

    VACCINATION = "v"
    TEST = "t"
    RECOVERY = "r"


_REQUIRED: Mapping[Group, tuple[str, ...]] = {
    Group.VACCINATION: ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci"),
    Group.TEST: ("tg", "tt", "sc", "tr", "co", "is", "ci"),
    Group.RECOVERY: ("tg", "fr", "df", "du", "co", "is", "ci"),
}


@frozen
class Content:
    """What a certificate says. `identifiers` are the unique certificate identifiers of its entries."""

    group: Group
    holder: Holder
    happenings: tuple[Happening, ...]
    identifiers: tuple[str, ...]
    note: str = ""


def read(tree: object, issued_on: str) -> Content:
    """Read the certificate in a CWT's `hcert` claim. Raises Unreadable; `issued_on` is the date of issue."""
    if not isinstance(tree, Mapping):
        raise Unreadable("there is no certificate in it")
    version = _VERSION.fullmatch(_text(tree, "ver", 12))
    if version is None:
        raise Unreadable("its version is not written as one")
    names = tree.get("nam")
    if not isinstance(names, Mapping):
        raise Unreadable("it names no holder")
    holder = _holder(names, _birth_date(_text(tree, "dob", 40), issued_on))
    groups = [group for group in Group if tree.get(group.value)]
    if len(groups) != 1:
        raise Unreadable("it must hold one kind of statement: vaccination, test or recovery")
    (group,) = groups
    entries = _entries(tree[group.value], group)
    happenings = tuple(found for entry in entries if (found := _happening(group, entry)) is not None)
    if int(version[1]) != 1 or int(version[2]) > 3:
        raise Unreadable("it is of a version of the schema that this software does not read", Verdict.UNSUPPORTED)
    note = "" if happenings else "it says nothing about COVID-19 that this software understands"
    return Content(group, holder, happenings, tuple(str(entry["ci"]) for entry in entries), note)


def _holder(names: Mapping[Any, Any], birth_date: str | None) -> Holder:
    written = {key: _name(names, key) for key in ("fn", "fnt", "gn", "gnt") if names.get(key) is not None}
    # The schema asks for the family name; whoever has but one name may have it as the given one.
    if "fnt" not in written and "gnt" not in written:
        raise Unreadable("the holder's name is missing in its standard form")
    family, given = (transliterated(written.get(key, ""))[0] for key in ("fnt", "gnt"))
    return Holder(family, given, birth_date)


def _name(names: Mapping[Any, Any], key: str) -> str:
    name = _text(names, key, MAX_NAME)
    # Symbols, control and unassigned characters: no name in any script has them, but for the one that stands for a letter
    # which an issuer's register could not write.
    if any(unicodedata.category(character) in _NO_NAME and character != "\ufffd" for character in name):
        raise Unreadable("a name has a character that no name has")
    return name


def _birth_date(text: str, issued_on: str) -> str | None:
    if not text:
        return None
    parts = _BIRTH_DATE.fullmatch(text)
    if parts is None:
        raise Unreadable("the birth date is not written as one")
    known = []
    for part in parts.groups(""):
        if part in _UNKNOWN:
            break
        known.append(part)
    date = "-".join(known)
    if len(known) == 3:
        moment(date)
    if date > issued_on[: len(date)]:
        raise Unreadable("the holder was born after it was issued")
    return date


def _entries(found: object, group: Group) -> list[Mapping[Any, Any]]:
    if not isinstance(found, list) or len(found) > MAX_ENTRIES:
        raise Unreadable("its statements are no list, or too many")
    for entry in found:
        if not isinstance(entry, Mapping):
            raise Unreadable("a statement is no map")
        for key in _REQUIRED[group]:
            if entry.get(key) is None:
                raise Unreadable(f"a statement lacks the field {key!r}")
        for key, value in entry.items():
            if not isinstance(key, str) or (isinstance(value, str) and len(value) > MAX_TEXT):
                raise Unreadable("a statement has a field that none has")
        _see_values(entry, group)
    return found


def _see_values(entry: Mapping[Any, Any], group: Group) -> None:
    country, maker = (str(entry.get(key, "")) for key in ("co", "ma"))
    if _NO_COUNTRY.fullmatch(country):
        raise Unreadable("a statement is of a country that there is not")
    if group is Group.VACCINATION and _NO_ORGANISATION.fullmatch(maker):
        raise Unreadable("a vaccine is by a maker whose number is none")
    if group is Group.TEST and maker.isascii() and maker.isdigit() and int(maker) > LAST_DEVICE:
        raise Unreadable("a test is by a device whose number is none")


def _happening(group: Group, entry: Mapping[Any, Any]) -> Happening | None:
    found = _READERS[group](entry)
    return found if entry["tg"] == COVID_19 else None


def _vaccination(entry: Mapping[Any, Any]) -> Happening:
    complete = _count(entry["dn"]) >= _count(entry["sd"])
    return happening(FindingKind.VACCINATION if complete else FindingKind.VACCINE_DOSE, entry["dt"])


def _test(entry: Mapping[Any, Any]) -> Happening | None:
    result = _RESULTS.get(str(entry["tr"]))
    sampled = happening(result or FindingKind.TEST, entry["sc"])
    return sampled if result is not None else None


def _recovery(entry: Mapping[Any, Any]) -> Happening:
    return happening(FindingKind.RECOVERY, entry["fr"], entry["df"], entry["du"])


_READERS: Mapping[Group, Callable[[Mapping[Any, Any]], Happening | None]] = {
    Group.VACCINATION: _vaccination,
    Group.TEST: _test,
    Group.RECOVERY: _recovery,
}


def _count(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float) or not 1 <= number < 100 or number % 1:
        raise Unreadable("a number of doses is none")
    return int(number)


def _text(tree: Mapping[Any, Any], key: str, longest: int) -> str:
    text = tree.get(key)
    if not isinstance(text, str) or len(text) > longest:
        raise Unreadable(f"the field {key!r} is no text, or too long")
    return text
