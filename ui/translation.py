"""What the screens say, by key: one gettext catalogue a language, read when the language is first wanted. No Kivy here.

A key is a msgid such as `hint.too_dark`; it stands for the same thing in every language, and `{placeholders}` carry
what varies. The catalogues are read as they are written, so a changed word needs no build step. A word that is not
there is never passed over in silence: it raises MissingWord, or in a running kiosk shows the key and is logged once.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import polib

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from kiosk.model import Answer, ReasonCode

LANGUAGES = ("zh", "en", "ja", "ko")
FOLDER = Path(__file__).parent / "words"

Words = Mapping[str, str]
"""Key to words."""

_log = get_logger()


class MissingWord(GatepostError, LookupError):
    """A catalogue lacks a key, or the values for its words were not all given."""


@cache
def shown(language: str) -> Words:
    """Return what is shown in a language, by key."""
    return _read(FOLDER / f"{language}.po")


@cache
def spoken(language: str) -> Words:
    """Return what is said aloud in a language, by key, as its synthetic voice has to read it."""
    return _read(FOLDER / f"spoken.{language}.po")


def _read(path: Path) -> Words:
    return MappingProxyType({entry.msgid: entry.msgstr for entry in polib.pofile(str(path)) if entry.msgstr})


class Translator:
    """Gives the words of the language now in use. `strict`: raise MissingWord instead of showing a key."""

    def __init__(self, language: str = LANGUAGES[0], *, strict: bool = False) -> None:
        """Begin in a language of LANGUAGES. Raises ValueError for any other."""
        self._strict = strict
        self._complained: set[tuple[str, str]] = set()
        self.language = language

    @property
    def language(self) -> str:
        """The language in use; setting one that is not in LANGUAGES raises ValueError."""
        return self._language

    @language.setter
    def language(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"the screens do not speak {language!r}")
        self._language = language

    def text(self, key: str, **values: object) -> str:
        """Return the words for a key, with the values in their places."""
        words = shown(self._language).get(key)
        if words is None:
            return self._missing(key, key)
        try:
            return words.format_map(values)
        except KeyError:
            return self._missing(key, words)

    def reason(self, code: ReasonCode, answer: Answer, own: Words = MappingProxyType({})) -> str:
        """Return the sentence for a reason code: the site's own (`own`, by language), else ours, else a general one."""
        key = f"reason.{code}"
        return own.get(self._language) or self.text(key if key in shown(self._language) else f"reason.other.{answer}")

    def _missing(self, key: str, instead: str) -> str:
        if self._strict:
            raise MissingWord(f"the words for {key!r} in {self._language!r} are missing or lack a value")
        if (self._language, key) not in self._complained:
            self._complained.add((self._language, key))
            _log.error("words missing", key=key, language=self._language)
        return instead
