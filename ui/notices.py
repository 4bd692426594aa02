"""The notices that the screen shows one after another while nobody is here: shipped for each mode, or a site's own."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.documents import decode_toml
from kiosk.policy.document import NOTICES
from kiosk.view import Lines

FOLDER = Path(__file__).parent / "words" / "notices"
Title = Annotated[str, Meta(pattern=r"\S", max_length=40, description="words, of 40 characters at most")]
Sentence = Annotated[str, Meta(pattern=r"\S", max_length=160, description="words, of 160 characters at most")]
"""As long as the smallest screen can show in large type."""


class Titled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The heading of all notices, in every language."""

    zh: Title
    en: Title
    ja: Title
    ko: Title


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One notice, in every language."""

    zh: Sentence
    en: Sentence
    ja: Sentence
    ko: Sentence


class Notices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of notices, in the order in which they are shown."""

    schema: Literal[1]
    title: Titled
    notice: Annotated[tuple[Notice, ...], Meta(min_length=1, max_length=12)]

    def at(self, turn: int, language: str) -> tuple[str, str]:
        """Return heading and text of the notice whose turn it is; `turn` counts up without end."""
        words: str = getattr(self.notice[turn % len(self.notice)], language)
        heading: str = getattr(self.title, language)
        return heading, words


def read(path: Path) -> Notices:
    """Read a site's own notices. Raises UsageError: one sentence, what is wrong and where."""
    return decode_toml(path, Notices)


@cache
def _ruled(title: Titled, notices: tuple[Lines, ...]) -> Notices:
    return Notices(1, title, tuple(Notice(**dict(lines)) for lines in notices))


class NoticeBoard:
    """All that may hang: the site's own notices whatever its rules are, else those that ship, each under its name."""

    def __init__(self, own: Notices | None = None) -> None:
        self._own = own
        self._shipped = {} if own is not None else {name: read(FOLDER / f"{name}.toml") for name in NOTICES}

    def under(self, name: str, ruled: tuple[Lines, ...] = ()) -> Notices:
        """The notices to show under rules with which those of this name go, or that bring some themselves (`ruled`)."""
        if self._own is not None:
            return self._own
        shipped = self._shipped.get(name, self._shipped[NOTICES[-1]])
        return _ruled(shipped.title, ruled) if ruled else shipped

    def all(self) -> tuple[Notices, ...]:
        """Every one that may be shown."""
        return tuple(self._shipped.values()) if self._own is None else (self._own,)
