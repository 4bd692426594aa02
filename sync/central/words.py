"""What the pages say, in each language: one TOML file a language, every key in all of them (a test says so)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

LANGUAGES = ("zh", "en", "ja", "ko")
FOLDER = Path(__file__).parent / "catalogue"

Words = Mapping[str, Mapping[str, str]]
"""Section, then code, to words. A code that is not there is shown as it is."""


def _read(language: str) -> Words:
    return MappingProxyType(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


WORDS: Mapping[str, Words] = MappingProxyType({language: _read(language) for language in LANGUAGES})


def language_for(asked: str, accepted: str) -> str:
    """The language asked for by name, else the best of an Accept-Language header that we speak, else Chinese."""
    for wish in (asked, *_by_preference(accepted)):
        short = wish.strip().split("-")[0].lower()
        if short in WORDS:
            return short
    return LANGUAGES[0]


def _by_preference(accepted: str) -> list[str]:
    wishes: list[tuple[float, str]] = []
    for part in accepted.split(",")[:32]:
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if quality > 0:
            wishes.append((-quality, name))
    return [name for _, name in sorted(wishes, key=lambda wish: wish[0])]
