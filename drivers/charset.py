"""The text of a code's bytes, by a rule that always gives one: a code rarely says in which character set it is written.

UTF-8, if the bytes are that
-> Shift JIS, if that gives kana; else GB18030 (GBK and GB2312 are in it)
-> Latin-1, a QR code's own default, if that can be printed
-> ASCII, with escapes for what is not
"""

import contextlib
import re
from collections.abc import Callable


def text_of(content: bytes) -> str:
    """Return the content as text that is always valid, in the first character set that it looks like."""
    for encoding, plausible in CHARACTER_SETS.items():
        with contextlib.suppress(UnicodeDecodeError):
            if plausible(text := content.decode(encoding)):
                return text
    return content.decode("ascii", "backslashreplace")


def _has_kana(text: str) -> bool:
    """Say whether kana are a third of what is not ASCII. Half-width ones count only with a sound mark.

    The bytes of half-width kana are those of common Chinese characters; two marks where they belong hardly are.
    """
    kana, marked = len(_KANA.findall(text)), len(_MARKED_KANA.findall(text))
    return kana + marked >= 2 and 3 * (kana + 2 * marked) >= sum(not letter.isascii() for letter in text)


_KANA = re.compile("[ぁ-ヾ]")
_MARKED_KANA = re.compile("[ｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ")
CHARACTER_SETS: dict[str, Callable[[str], bool]] = {
    "utf-8": lambda _: True,
    "cp932": _has_kana,
    "gb18030": lambda _: True,
    "latin-1": str.isprintable,
}
