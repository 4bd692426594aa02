"""A gate's settings as they come down: TOML, with the keys of `[screen]` that a manager may set from afar.

    settings = 1
    compound = "riverside"
    guard_phone = "021 5555 0100"
    guard_answers_s = 45
    language = "zh"
    volume = [["07:00", 80], ["22:00", 0]]

What is left out is as the kiosk's configuration has it.
"""

import tomllib
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kiosk.errors import UsageError
from kiosk.settings import (
    LANGUAGE,
    LEAST_ANSWERS_S,
    MOST_ANSWERS_S,
    MOST_VOLUMES,
    PHONE,
    TIME_OF_DAY,
    Settings,
    out_of_order,
)
from kiosk.units import Seconds

FORM = 1

_Volume = tuple[Annotated[str, Meta(pattern=TIME_OF_DAY)], Annotated[int, Meta(ge=0, le=100)]]


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    settings: int
    compound: str
    guard_phone: Annotated[str, Meta(pattern=PHONE)] | None = None
    guard_answers_s: Annotated[float, Meta(ge=LEAST_ANSWERS_S, le=MOST_ANSWERS_S)] | None = None
    language: Annotated[str, Meta(pattern=LANGUAGE)] | None = None
    volume: Annotated[tuple[_Volume, ...], Meta(min_length=1, max_length=MOST_VOLUMES)] | None = None


def parse_settings(data: bytes, where: str, compound: str) -> Settings:
    """Read a gate's settings. Raises UsageError: one sentence on what is wrong."""
    try:
        tree: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
        if tree.get("settings") != FORM:
            raise UsageError(f"{where}: these settings are of form {tree.get('settings')}, and this software reads {FORM}")
        found = msgspec.convert(tree, _Document)
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: they are not UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: are not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: are no settings of a gate: {error}") from error
    if found.compound != compound:
        raise UsageError(f"{where}: these are the settings of {found.compound}, not of {compound}")
    if found.volume is not None and (wrong := out_of_order(found.volume)) is not None:
        raise UsageError(f"{where}: {wrong}")
    answers_s = None if found.guard_answers_s is None else Seconds(found.guard_answers_s)
    return Settings(found.guard_phone, answers_s, found.language, found.volume)
