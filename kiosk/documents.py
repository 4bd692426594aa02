"""Read a TOML document into typed values, or say in one sentence what is wrong with it and where."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kiosk.errors import UsageError

Decoded = TypeVar("Decoded")


def decode_toml(path: Path, form: type[Decoded]) -> Decoded:
    """Read a TOML file into `form`. Raises UsageError with one sentence on what is wrong and where."""
    try:
        # Some editors begin a file with a mark of its encoding, which TOML has no place for.
        tree = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path}: cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is not TOML: {error}") from error
    try:
        return msgspec.convert(tree, form)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {_sentence(str(error), form)}") from error


def _sentence(problem: str, form: Any) -> str:
    """Turn msgspec's finding (`... - at `$.camera.fps``) into words that name section and key, and what is wanted there."""
    finding, _, place = problem.partition(" - at ")
    is_key, place = place.startswith("`key` in "), place.removeprefix("`key` in ").strip("`")
    where = _place(place)
    if found := re.search(r"unknown field `(.+)`", finding):
        if where:
            return f"{where} has no key {found[1]!r}; remove it or correct its name"
        return f"there is no section or key {found[1]!r}; remove it or correct its name"
    if found := re.search(r"missing required field `(.+)`", finding):
        if where:
            return f"{where} must have the key {found[1]!r}; add it"
        return f"the section or key {found[1]!r} is missing; add it"
    # Only for whoever made a mistake: each process of a kiosk reads its configuration, and none waits for this.
    from kiosk.wanted import wanted

    words = wanted(form, place, key=is_key)
    if words is None:
        return f"{where or 'the file'}: {finding[:1].lower()}{finding[1:]}"
    return f"{where or 'the file'}{': each name in it' if is_key else ''} must be {words}"


def _place(path: str) -> str:
    """`$.camera.fps` -> `[camera] fps`; `$.rule[2].when` -> `[rule] number 3, when`."""
    parts = [part for part in path.removeprefix("$").split(".") if part]
    if not parts:
        return ""
    section = re.sub(r"\[(\d+)\]", lambda number: f"] number {int(number[1]) + 1}", f"[{parts[0]}")
    if "]" not in section:
        section += "]"
    return " ".join([section, *parts[1:]])
