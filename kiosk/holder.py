"""Whom a credential or a form is about, and whether two of them are about the same person. Pure.

A name is kept as in the machine-readable zone of a travel document (ICAO Doc 9303, part 3): capital letters A to Z
and single spaces. Scripts that have no one spelling in Latin letters are spelled by guess, and say so.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum
from itertools import takewhile

from kiosk.frozen import frozen

MAX_NAME = 200
"""Characters of a name as written; what is beyond them is not compared."""
MASKS = "*＊○〇×"
"""What stands for a character of a name that is not shown."""
SHOWN_DIGITS = 4
"""Of an identity number no more than its last characters are kept."""

# ICAO Doc 9303, part 3, section 6, table A: what is not simply the letter without its mark.
_LATIN = str.maketrans(
    {
        "Ä": "AE",
        "Å": "AA",
        "Æ": "AE",
        "Ð": "D",
        "Đ": "D",
        "Ĳ": "IJ",
        "Ł": "L",
        "Ö": "OE",
        "Ø": "OE",
        "Œ": "OE",
        "Þ": "TH",
        "Ü": "UE",
        "ẞ": "SS",
    }
)
# Two spellings of one sound, as different countries' transliterations write it; the right one stands for both.
_FOLDS = (("AE", "A"), ("OE", "O"), ("UE", "U"), ("KS", "X"), ("PH", "F"), ("OY", "OU"), ("Y", "I"))
_DOUBLED = re.compile(r"(.)\1+")
_NO_LETTERS = frozenset("'’‘ʼʹʻ`´ªºµ")
"""Marks within a word that Unicode counts among the letters, or that stand for none."""


@frozen
class Holder:
    """A person as a credential or a form names them. Nothing of it is ever logged or shown by `repr`.

    `birth_date` is ISO 8601, to the day, month or year as far as it is known. `guessed`: the name is written in a
    script that has no one spelling in Latin letters, so that a difference proves nothing. `syllables`: of a name in
    Chinese characters, kana or Hangul the spelling of each, and a mask for each that is hidden.
    """

    family: str = field(default="", repr=False)
    given: str = field(default="", repr=False)
    birth_date: str | None = field(default=None, repr=False)
    masked_id: str | None = field(default=None, repr=False)
    guessed: bool = field(default=False, repr=False)
    syllables: tuple[str, ...] = field(default=(), repr=False, compare=False)


class Likeness(StrEnum):
    """How well a form and a code agree on who somebody is."""

    SAME = "same"
    """The same family name, given names and day of birth."""
    CLOSE = "close"
    """The same day of birth, and names that differ as documents of one person do; or the same names, and a day of
    birth that is not wholly known."""
    DIFFERENT = "different"
    UNDECIDED = "undecided"
    """Too little is known to say."""


class Match(StrEnum):
    """What comes of it under a stated strictness."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNDECIDED = "undecided"
    """A person has to look."""


class Strictness(StrEnum):
    """How alike a form and a code must be to count as the same person's."""

    EXACT = "exact"
    """Only SAME."""
    USUAL = "usual"
    """SAME or CLOSE."""


def holder_of(family: str, given: str, birth_date: str | None = None, identity: str | None = None) -> Holder:
    """Make a holder of names as somebody wrote them, in whatever script, and of an identity number."""
    (family, guess), (given, another) = transliterated(family), transliterated(given)
    return Holder(family, given, birth_date, None if identity is None else masked(identity), guess or another)


def masked_holder(name: str, identity: str | None = None) -> Holder:
    """Make a holder of a whole name, and of a number, that somebody else may have masked.

    That a masked name differs proves nothing, but for one that is written a character a syllable.
    """
    spelled, guess = transliterated(name)
    hidden = any(mark in name for mark in MASKS)
    number = None if identity is None else masked(identity)
    return Holder(spelled, "", None, number, guess or hidden, _syllables(name))


def masked(identity: str) -> str:
    """Keep the last characters of an identity number; of a short one, none."""
    shown = identity[-SHOWN_DIGITS:] if len(identity) >= 2 * SHOWN_DIGITS else ""
    return "*" * (min(len(identity), MAX_NAME) - len(shown)) + shown


def transliterated(name: str) -> tuple[str, bool]:
    """Write a name in the letters A to Z and single spaces; say whether its spelling is a guess."""
    letters: list[str] = []
    guessed = False
    for character in unicodedata.normalize("NFC", name[:MAX_NAME]):
        if character in _NO_LETTERS or unicodedata.combining(character):
            continue
        if not character.isalpha():
            letters.append(" ")
            continue
        guessed = guessed or not _has_one_spelling(character)
        letters.append(_in_latin(character))
    return " ".join("".join(letters).split()), guessed


def agree(form: Holder, code: Holder, strictness: Strictness) -> bool | None:
    """Whether a form and a code are the same person's; None when a person has to look."""
    likeness = compare(form, code)
    if likeness is Likeness.DIFFERENT:
        return False
    if likeness is Likeness.SAME or (likeness is Likeness.CLOSE and strictness is Strictness.USUAL):
        return True
    return None


def matched(form: Holder, code: Holder, strictness: Strictness) -> Match:
    """The same as a value that rules can name."""
    same = agree(form, code, strictness)
    return Match.UNDECIDED if same is None else Match.AGREES if same else Match.DIFFERS


def compare(form: Holder, code: Holder) -> Likeness:
    """Say how well two holders agree. It does not matter which is which."""
    names = _names(form, code)
    born = _birth_dates(form.birth_date, code.birth_date)
    if names is Likeness.DIFFERENT or born is Likeness.DIFFERENT or _numbers_differ(form.masked_id, code.masked_id):
        return Likeness.DIFFERENT
    if names is Likeness.SAME:
        return Likeness.SAME if born is Likeness.SAME else Likeness.CLOSE
    if names is Likeness.CLOSE and born is Likeness.SAME:
        return Likeness.CLOSE
    return Likeness.UNDECIDED


def _names(form: Holder, code: Holder) -> Likeness:
    ours, theirs = _words(form), _words(code)
    if form.syllables and code.syllables:
        return Likeness.SAME if _fits(form.syllables, code.syllables) else Likeness.DIFFERENT
    if not ours or not theirs:
        return Likeness.UNDECIDED
    # Whoever writes a whole name into one field does not say which part of it is the family's.
    whole = not form.given or not code.given
    if (form.family, form.given) == (code.family, code.given) or (whole and sorted(ours) == sorted(theirs)):
        return Likeness.SAME
    shorter, longer = sorted((Counter(map(_folded, ours)), Counter(map(_folded, theirs))), key=Counter.total)
    # Names in another order, a middle name left out, or written in one word: as documents of one person differ.
    left_out = shorter.total() >= 2 and shorter <= longer
    in_one_word = _folded("".join(ours)) == _folded("".join(theirs))
    if left_out or in_one_word or shorter == longer:
        return Likeness.CLOSE
    return Likeness.UNDECIDED if form.guessed or code.guessed else Likeness.DIFFERENT


def _birth_dates(form: str | None, code: str | None) -> Likeness:
    if not form or not code:
        return Likeness.UNDECIDED
    ours, theirs = form.split("-"), code.split("-")
    if any(one != other for one, other in zip(ours, theirs, strict=False)):
        return Likeness.DIFFERENT
    return Likeness.SAME if len(ours) == len(theirs) == 3 else Likeness.CLOSE


def _numbers_differ(form: str | None, code: str | None) -> bool:
    # Masks are as long as whoever masks likes; only a character that both show can differ.
    ends = zip(reversed(form or ""), reversed(code or ""), strict=False)
    return any(one != other and "*" not in (one, other) for one, other in ends)


def _syllables(name: str) -> tuple[str, ...]:
    """Spell a name character by character, with `*` for what is masked; nothing for a name that is not written so."""
    found = []
    for character in unicodedata.normalize("NFC", name[:MAX_NAME]):
        if character.isspace() or character in "·・":
            continue
        if character in MASKS:
            found.append("*")
        elif character.isalpha() and not _has_one_spelling(character):
            found.append(_in_latin(character))
        else:
            return ()
    return tuple(found) if any(one != "*" for one in found) else ()


def _fits(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names may be the same where a run of masks stands for one character or more, and for none of them alike."""
    if "*" not in one and "*" not in other:
        return one == other
    hidden, plain = (one, other) if "*" in one else (other, one)
    if "*" in plain:
        # Both are masked: only where neither hides anything can they differ.
        ends = (zip(one, other, strict=False), zip(reversed(one), reversed(other), strict=False))
        return all("*" in pair or pair[0] == pair[1] for end in ends for pair in _until_hidden(end))
    pattern = "".join("(?:[^ ]+ )+" if one == "*" else re.escape(one) + " " for one in _run_together(hidden))
    return re.fullmatch(pattern, "".join(f"{syllable} " for syllable in plain)) is not None


def _until_hidden(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return takewhile(lambda pair: "*" not in pair, pairs)


def _run_together(syllables: tuple[str, ...]) -> list[str]:
    return [one for place, one in enumerate(syllables) if one != "*" or place == 0 or syllables[place - 1] != "*"]


def _words(holder: Holder) -> list[str]:
    return f"{holder.family} {holder.given}".split()


def _folded(word: str) -> str:
    for double, single in _FOLDS:
        word = word.replace(double, single)
    return _DOUBLED.sub(r"\1", word)


def _has_one_spelling(character: str) -> bool:
    """Whether a letter is Latin, Greek or Cyrillic."""
    return ord(character) < 0x0530 or 0x1E00 <= ord(character) < 0x2000


def _in_latin(character: str) -> str:
    upper = character.upper()
    written = upper.translate(_LATIN)
    if not written.isascii():
        # Only here: most names need no table of every script.
        from anyascii import anyascii

        written = anyascii(written).upper()
    return "".join(letter for letter in written if "A" <= letter <= "Z")
