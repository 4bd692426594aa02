"""What residents read, in each language: one TOML file a language, as the other pages' words (`sync.central.words`)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sync.central.words import LANGUAGES, Words

FOLDER = Path(__file__).parent / "catalogue"


def _read(language: str) -> Words:
    return MappingProxyType(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


WORDS: Mapping[str, Words] = MappingProxyType({language: _read(language) for language in LANGUAGES})
