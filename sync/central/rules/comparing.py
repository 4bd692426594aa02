"""What is different between two policy documents, line by line of how they are written. Pure.

Documents are compared as they are written, not as the rules that they become: whoever changes a threshold sees a
threshold. A `[[person]]` table is taken apart by kinds of visitors, a `[[rule]]` goes by its id.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One place, such as `temperature.raised` or `person.guest.needs`, and what stands there; None: nothing.

    `added`, `removed`: of a list, what is only in the newer or only in the older one.
    """

    place: str
    before: str | None
    after: str | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def changes(before: bytes | None, after: bytes) -> tuple[Change, ...]:
    """Return what is different, in the order of the newer one; both have been read without a fault before."""
    old = {} if before is None else dict(_flat(tomllib.loads(before.decode())))
    new = dict(_flat(tomllib.loads(after.decode())))
    places = [*new, *(place for place in old if place not in new)]
    return tuple(_change(place, old.get(place), new.get(place)) for place in places if old.get(place) != new.get(place))


_Value = str | tuple[str, ...]


def _change(place: str, old: _Value | None, new: _Value | None) -> Change:
    if isinstance(old, tuple) and isinstance(new, tuple):
        added, removed = (tuple(one for one in a if one not in b) for a, b in ((new, old), (old, new)))
        return Change(place, _text(old), _text(new), added, removed)
    return Change(place, _text(old), _text(new))


def _text(value: _Value | None) -> str | None:
    return ", ".join(value) if isinstance(value, tuple) else value


def _flat(tree: Mapping[str, Any]) -> Iterator[tuple[str, _Value]]:
    for key, value in tree.items():
        match key, value:
            case "person", list():
                for person in value:
                    rest = {name: said for name, said in person.items() if name != "who"}
                    for kind in person["who"]:
                        yield from _under(f"person.{kind}", {"then": "admit"} | rest)
            case "rule", list():
                yield "rule", tuple(str(rule["id"]) for rule in value)
                for rule in value:
                    yield from _under(f"rule.{rule['id']}", {name: said for name, said in rule.items() if name != "id"})
            case "notice", list():
                for number, notice in enumerate(value, start=1):
                    yield from _under(f"notice.{number}", notice)
            case _:
                yield from _under(key, value)


def _under(place: str, value: Any) -> Iterator[tuple[str, _Value]]:
    if isinstance(value, Mapping):
        for key, said in value.items():
            yield from _under(f"{place}.{key}", said)
    elif isinstance(value, list):
        yield place, tuple(map(_plain, value))
    else:
        yield place, _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return f"{value:g}" if isinstance(value, float) else str(value)
