"""Where lines of four languages may break, and how large words can be in a box. Pure.

Lines end where a speaker would pause, if that fits; else Japanese breaks between phrases, Korean and English between
words, Chinese between characters. No line begins with closing punctuation or ends with an opening one, and the lines of
a paragraph are of about equal length.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NEVER_FIRST = frozenset("。、，．・：；？！）」』】〉》〕”’％℃…‥ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%°")
NEVER_LAST = frozenset("（「『【〈《〔“‘([{")
QUOTES = {"「": "」", "“": "”", "‘": "’"}
QUOTED_MOST = 18
"""A button's name in quotation marks, as long as this at most, is broken only where nothing else helps."""
HONORIFICS = frozenset("おご")
LINE_HEIGHT = 1.22
"""The distance of two lines, in sizes of type: CJK fonts are tall, and Kivy adds nothing."""
CLAUSES_TO = 0.82
PHRASES_TO = 0.6
"""To so much of its size type is reduced before a clause, or a Japanese phrase, is broken within."""
EVEN = 0.4
"""A line of a clause alone is at least so much of the longest: a word on its own looks lost."""
ENDS_CLAUSE = frozenset("。，、；：！？.,;:!?")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Words that were fitted into a box: their lines and the size of type. `whole`: they really fit."""

    lines: tuple[str, ...]
    size: int
    whole: bool


def fit(text: str, width_of: Callable[[str], float], width: float, height: float, largest: int, smallest: int) -> Fitted:
    """Fit a text into a box, as large as may be. `width_of` measures a piece at a size of type of 1."""
    paragraphs = text.split("\n")
    lines: list[str] | None = None
    for breaks, share in ((clauses, CLAUSES_TO), (phrases, PHRASES_TO), (pieces, 0.0)):
        least = max(smallest, int(largest * share))
        size = largest
        while True:
            lines = _wrapped(paragraphs, breaks, width_of, width / size)
            fits = lines is not None and len(lines) * LINE_HEIGHT * size <= height
            if lines is not None and fits and (breaks is not clauses or _even(lines, width_of)):
                better = _by_clauses(paragraphs, width_of, width / size, len(lines))
                return Fitted(tuple(better or lines), size, whole=True)
            if size <= least:
                break
            size = max(least, min(size - 1, int(size * 0.96)))
    return Fitted(tuple(lines or paragraphs), smallest, whole=False)


def clauses(text: str) -> list[str]:
    """Split where a speaker would pause: after a sentence or a part of one."""
    found: list[str] = []
    for piece in _quoted(pieces(text)):
        if found and found[-1].rstrip(" ")[-1:] not in ENDS_CLAUSE:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def phrases(text: str) -> list[str]:
    """Split Japanese between phrases (kana before kanji or katakana), everything else as `pieces` does; quotations whole."""
    whole = _quoted(pieces(text))
    if not any(_is_kana(character) for character in text):
        return whole
    found: list[str] = []
    for number, piece in enumerate(whole):
        after = whole[number + 1][0] if number + 1 < len(whole) else ""
        # An honorific belongs to the word that it stands before.
        begins = piece in HONORIFICS and bool(after) and _phrase_ends("の", after)
        joined = bool(found) and found[-1][-1] in HONORIFICS and found[-1] == whole[number - 1]
        ends = bool(found) and (found[-1].endswith(" ") or _phrase_ends(found[-1][-1], piece[0]) or begins)
        if found and (joined or not ends):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _quoted(split: Sequence[str]) -> list[str]:
    """Put together again what stands in one pair of quotation marks, if it is short."""
    found: list[str] = []
    inside: list[str] = []
    for piece in split:
        inside.append(piece)
        together = "".join(inside)
        mark = next((together.find(mark) for mark in QUOTES if mark in together), -1)
        closed = mark < 0 or QUOTES[together[mark]] in together[mark:]
        if closed or len(together) > QUOTED_MOST:
            found += [together] if closed else inside
            inside = []
    return found + inside


def pieces(text: str) -> list[str]:
    """Split a line into the smallest pieces that may stand on a line; a space stays at the end of its piece."""
    found: list[str] = []
    for character in text:
        if found and not _may_break(found[-1][-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in NEVER_FIRST or before in NEVER_LAST:
        return False
    if before == " " or (before == "/" and after != "/"):
        return True  # an address breaks after a slash
    return _is_ideographic(before) or _is_ideographic(after)


def _is_ideographic(character: str) -> bool:
    """Whether a line may break beside it: Han and kana, not hangul, which is written in words."""
    return unicodedata.east_asian_width(character) in "WF" and not "가" <= character <= "힣"


def _is_kana(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff"


def _phrase_ends(before: str, after: str) -> bool:
    if before == "を":
        return True  # a particle and nothing else
    if before == "」":
        return not "\u3040" <= after <= "\u309f"
    if before in NEVER_FIRST and before not in "ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々":
        return True
    return "\u3040" <= before <= "\u309f" and not "\u3040" <= after <= "\u309f"


def _by_clauses(paragraphs: Sequence[str], width_of: Callable[[str], float], width: float, most: int) -> list[str] | None:
    """The same words broken where a speaker pauses, if that takes no more lines."""
    lines = _wrapped(paragraphs, clauses, width_of, width)
    return lines if lines is not None and len(lines) <= most and _even(lines, width_of) else None


def _even(lines: Sequence[str], width_of: Callable[[str], float]) -> bool:
    widths = [width_of(line) for line in lines]
    return min(widths) >= EVEN * max(widths)


def _wrapped(
    paragraphs: Sequence[str], breaks: Callable[[str], list[str]], width_of: Callable[[str], float], width: float
) -> list[str] | None:
    lines: list[str] = []
    for paragraph in paragraphs:
        wrapped = _balanced([(piece, width_of(piece.rstrip(" ")), width_of(piece)) for piece in breaks(paragraph)], width)
        if wrapped is None:
            return None
        lines += wrapped
    return lines


def _balanced(measured: Sequence[tuple[str, float, float]], width: float) -> list[str] | None:
    """Wrap in as few lines as fit, then as narrow as so many lines can be. None: one piece is too wide."""
    if any(bare > width for _, bare, _ in measured):
        return None
    lines = _greedy(measured, width)
    narrow, wide = max((bare for _, bare, _ in measured), default=0.0), width
    for _ in range(8):
        middle = (narrow + wide) / 2
        tried = _greedy(measured, middle)
        if len(tried) <= len(lines):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines


def _greedy(measured: Sequence[tuple[str, float, float]], width: float) -> list[str]:
    lines: list[str] = []
    line, taken = "", 0.0
    for piece, bare, full in measured:
        if line and taken + bare > width:
            lines.append(line.rstrip(" "))
            line, taken = "", 0.0
        line += piece
        taken += full
    return [*lines, line.rstrip(" ")]
