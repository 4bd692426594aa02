"""Photographs of codes that others made, with what should be read in them: the folder that `gatepost bench decode` reads.

DATA/qr/COLLECTION/FOLDER/NAME.png, .jpg or .webp, with the expected text in NAME.txt beside it
DATA/qr/COLLECTION/falsepositives-N/...: no code at all
"""

import os
from dataclasses import dataclass
from pathlib import Path

from drivers.charset import text_of
from drivers.engines import Found
from drivers.pictures import Picture, fit, load_picture
from drivers.qr import MAX_HEIGHT, MAX_WIDTH
from kiosk.errors import UsageError

VARIABLE, BESIDE = "GATEPOST_TESTDATA", Path("../shared/data")
KINDS = {".png", ".jpg", ".jpeg", ".webp"}
WITHOUT = "falsepositives"


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture, as the camera would give it. `expected`: the text of a code in it; None where nobody wrote it down."""

    folder: str
    name: str
    picture: Picture
    expected: str | None
    without: bool
    """There is no code in it: whatever is read is wrong."""

    def exact(self, found: tuple[Found, ...]) -> bool:
        """Say whether the expected text was read, but for the ends of lines, which an editor may have changed."""
        expected = (self.expected or "").split()
        return self.expected is not None and any(text_of(code.content).split() == expected for code in found)


def folder_of(named: Path | None) -> Path:
    """Return the folder of test data: the one named, else the one of the environment, else the one beside the checkout."""
    return named or Path(os.environ.get(VARIABLE) or BESIDE)


def load(data: Path) -> list[Photograph]:
    """Load every picture of the collections. Raises UsageError where there is none."""
    files = sorted(path for path in data.glob("qr/*/*/*") if path.suffix.lower() in KINDS)
    if not files:
        raise UsageError(f"{data}: has no pictures in qr/COLLECTION/FOLDER; name the test data with --data or {VARIABLE}")
    return [_photograph(path) for path in files]


def _photograph(path: Path) -> Photograph:
    beside = path.with_suffix(".txt")
    folder = f"{path.parent.parent.name}/{path.parent.name}"
    return Photograph(
        folder,
        path.name,
        fit(load_picture(path), MAX_WIDTH, MAX_HEIGHT),
        beside.read_bytes().decode("utf-8", "replace") if beside.is_file() else None,
        without=path.parent.name.startswith(WITHOUT),
    )
