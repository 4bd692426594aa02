"""The fonts of four languages, cut down to the characters that the screens use.

Noto Sans CJK has 65,000 glyphs, of which Kivy's text library keeps 2.5 MB for each size and weight that is in use, and
Kivy opens only the first face of a collection: the Japanese one, whose characters a Chinese reader finds foreign. So
each face is taken out and cut down once, in a process of its own, and kept until words or fonts change. Words with other
characters, as a policy document may bring them, are shown in the whole face.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from pathlib import Path

from kiosk.cards import shipped
from kiosk.errors import DeviceLost
from kiosk.lines import get_logger
from ui.notices import NoticeBoard
from ui.translation import LANGUAGES, shown

FOLDERS = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/truetype/noto"),
    Path("/usr/local/share/fonts"),
)
REGULAR = "NotoSansCJK-Regular.ttc"
BOLD = "NotoSansCJK-Bold.ttc"
CHINESE_FACE = {REGULAR: "Noto Sans CJK SC", BOLD: "Noto Sans CJK SC Bold"}
FIRST_FACE = ""
ALL = ""
"""No characters named: the face is taken out and not cut down."""
ALWAYS = frozenset({*map(chr, range(0x20, 0x7F)), *"●…“”‘’–—·±°℃"})
"""What any configuration may bring: names, numbers, addresses."""
CUT_WITHIN_S = 180.0

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Family:
    """The files of one language's type."""

    regular: Path
    bold: Path


@dataclass(frozen=True, slots=True)
class Fonts:
    """The families: Chinese has a face of its own, the other languages share the first of the collection.

    Those cut down have `characters`; for words with any other there are the whole ones.
    """

    chinese: Family
    others: Family
    whole_chinese: Family
    whole_others: Family
    characters: frozenset[str]


def characters(board: NoticeBoard, names: Iterable[str] = ()) -> frozenset[str]:
    """Return every character that the screens may show; `names` are those of the site's guards."""
    words = [text for language in LANGUAGES for text in shown(language).values()]
    titles = [getattr(one.title, language) for one in board.all() for language in LANGUAGES]
    sentences = [getattr(notice, language) for one in board.all() for notice in one.notice for language in LANGUAGES]
    cards = shipped()
    said = [line for one in cards.card for line in (one.say, one.do)] + list(cards.contact.values())
    lines = [one.in_language(language) for one in said for language in LANGUAGES]
    return ALWAYS.union(*words, *titles, *sentences, *lines, *names) - {"\n"}


class Cutter:
    """Finds the fonts for some characters. `before` is called before the first is cut down: a Pi takes half a minute."""

    def __init__(self, cache: Path, wanted: Set[str], before: Callable[[], None] = lambda: None) -> None:
        self._cache = cache
        self._text = "".join(sorted(wanted))
        self._before = before

    def find(self, configured: Path | None = None, folders: tuple[Path, ...] = FOLDERS) -> Fonts:
        """Find them; `configured` serves all languages and weights. Raises DeviceLost: without type nothing is said."""
        if configured is not None:
            if not configured.is_file():
                raise DeviceLost(f"{configured}: there is no such font; correct [screen] font")
            cut = self._cut(configured, FIRST_FACE, self._text)
            family, whole = Family(cut, cut), Family(configured, configured)
            return Fonts(family, family, whole, whole, frozenset(self._text))
        for folder in folders:
            if (regular := folder / REGULAR).is_file():
                bold = folder / BOLD if (folder / BOLD).is_file() else regular
                return Fonts(
                    Family(*(self._cut(file, CHINESE_FACE[file.name], self._text) for file in (regular, bold))),
                    Family(*(self._cut(file, FIRST_FACE, self._text) for file in (regular, bold))),
                    Family(*(self._cut(file, CHINESE_FACE[file.name], ALL) for file in (regular, bold))),
                    Family(regular, bold),
                    frozenset(self._text),
                )
        raise DeviceLost("no font for Chinese, Japanese and Korean is installed; install fonts-noto-cjk")

    def _cut(self, source: Path, face: str, text: str) -> Path:
        """Return the face cut down, made on first use; the whole file where that fails: foreign shapes beat none."""
        status = source.stat()
        mark = hashlib.sha256(f"{source} {status.st_mtime_ns} {status.st_size} {face} {text}".encode()).hexdigest()[:16]
        kept = self._cache / f"{source.stem}-{mark}.otf"
        if kept.exists():
            return kept
        self._before()
        argv = [sys.executable, "-P", "-m", "ui.font_cutting", str(source), face, str(kept)]
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            # Another process: cutting takes 100 MB, which this one would keep.
            done = subprocess.run(argv, input=text.encode(), capture_output=True, timeout=CUT_WITHIN_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            _log.warning("font not cut down", font=str(source), reason=str(error))
            return source
        if done.returncode != 0 or not kept.exists():
            reason = done.stderr.decode(errors="replace").strip().splitlines()
            _log.warning("font not cut down", font=str(source), reason=reason[-1] if reason else "")
            return source
        return kept
