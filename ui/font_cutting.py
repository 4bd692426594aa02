"""Take one face out of a font and cut it down to some characters. A program of its own: SOURCE FACE TARGET, text on stdin.

Without any text the face is only taken out, which is quick.
"""

import os
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

FULL_NAME = 4
COLLECTION = b"ttcf"


def cut(source: Path, face: str, target: Path, text: str) -> None:
    """Write the face of that full name (nothing: the first) with the glyphs for `text` (nothing: all), or write nothing."""
    font = _face(source, face)
    if text:
        _reduce(font, text)
    draft = target.with_suffix(f".{os.getpid()}")
    font.save(str(draft))
    draft.rename(target)


def _reduce(font: TTFont, text: str) -> None:
    options = subset.Options()
    # Nothing shapes our words: each character has its glyph, and stands beside the next.
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables = [*options.drop_tables, "GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)


def _face(source: Path, face: str) -> TTFont:
    with source.open("rb") as file:
        if file.read(4) != COLLECTION:
            return TTFont(source, lazy=True)
    for font in TTCollection(source, lazy=True).fonts:
        if face in {"", font["name"].getDebugName(FULL_NAME)}:
            return font
    raise ValueError(f"{source} has no face {face!r}")


if __name__ == "__main__":
    cut(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.stdin.read())
