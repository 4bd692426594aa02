"""The fonts of four languages: found by file, the Chinese face taken out of its collection once."""

from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import DeviceLost
from ui.font_file import FontFile

FOLDERS = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/truetype/noto"),
    Path("/usr/local/share/fonts"),
)
REGULAR = "NotoSansCJK-Regular.ttc"
BOLD = "NotoSansCJK-Bold.ttc"
CHINESE_FACE = {REGULAR: "Noto Sans CJK SC", BOLD: "Noto Sans CJK SC Bold"}


@dataclass(frozen=True, slots=True)
class Family:
    """The files of one language's type."""

    regular: Path
    bold: Path


@dataclass(frozen=True, slots=True)
class Fonts:
    """The families: Chinese has a face of its own, the other languages share the first of the collection."""

    chinese: Family
    others: Family

    def of(self, language: str) -> Family:
        """Return the family for a language."""
        return self.chinese if language == "zh" else self.others


def find(configured: Path | None, cache: Path, folders: tuple[Path, ...] = FOLDERS) -> Fonts:
    """Find the fonts; `configured` serves all languages and weights. Raises DeviceLost: without type nothing is said."""
    if configured is not None:
        if not configured.is_file():
            raise DeviceLost(f"{configured}: there is no such font; correct [screen] font")
        family = Family(configured, configured)
        return Fonts(family, family)
    for folder in folders:
        if (folder / REGULAR).is_file():
            bold = BOLD if (folder / BOLD).is_file() else REGULAR
            others = Family(folder / REGULAR, folder / bold)
            return Fonts(Family(_chinese(others.regular, cache), _chinese(others.bold, cache)), others)
    raise DeviceLost("no font for Chinese, Japanese and Korean is installed; install fonts-noto-cjk")


def _chinese(collection: Path, cache: Path) -> Path:
    """Return the Chinese face as a file of its own, written on first use."""
    kept = cache / f"{collection.stem}-chinese.otf"
    if not kept.exists() or kept.stat().st_mtime < collection.stat().st_mtime:
        try:
            cache.mkdir(parents=True, exist_ok=True)
            FontFile(collection, CHINESE_FACE[collection.name]).write(kept)
        except (OSError, ValueError):
            return collection  # foreign shapes are better than none
    return kept
