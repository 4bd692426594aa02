"""Pictures of every screen in every language and size, drawn by the screens themselves. For whoever changes them."""

import gc
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.errors import DeviceLost, UsageError
from ui import fonts, theme
from ui.cache import personal_cache
from ui.display import find_display, virtual_display
from ui.kivy_environment import check_window, prepare
from ui.notices import NoticeBoard
from ui.picture import Picture, Screen
from ui.rehearsal import named
from ui.samples import sample_preview
from ui.session import Manner
from ui.translation import LANGUAGES

if TYPE_CHECKING:
    from ui.front import Front
    from ui.palette_png import Pixels

PANELS = {"800x480": 7.0, "1024x600": 7.0, "1280x800": 10.1, "720x1280": 7.0}
"""Common panels of kiosks: pixels, and the diagonal in inches."""
CHOSEN = (
    ("idle", "zh"),
    ("steps", "en"),
    ("steps-hint", "ja"),
    ("form", "ko"),
    ("admit", "zh"),
    ("hold", "en"),
    ("refuse", "ja"),
    ("parked", "ko"),
    ("guard-offline", "zh"),
    ("unanswered", "en"),
    ("steps-lost", "ja"),
    ("steps-taken", "ko"),
)
"""What the README shows, at the smallest size."""
CHOSEN_SIZE = "800x480"
CHOSEN_COLUMNS = 4
SHEET_COLUMNS = 5
SHEET_WIDTH = 320
SETTLES_IN = 6
"""Turns of Kivy's clock after which everything has its place."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Which pictures are wanted."""

    languages: tuple[str, ...] = LANGUAGES
    sizes: tuple[str, ...] = tuple(PANELS)
    large_type: bool = False
    high_contrast: bool = False

    @classmethod
    def of(
        cls, languages: Sequence[str] | None, sizes: Sequence[str] | None, *, large_type: bool, high_contrast: bool
    ) -> "Gallery":
        """Take what a command line names. Raises UsageError for a language or a size that is none."""
        for language in languages or ():
            if language not in LANGUAGES:
                raise UsageError(f"the screens do not speak {language!r}; they speak {', '.join(LANGUAGES)}")
        for size in sizes or ():
            panel_of(size)
        return cls(tuple(languages or LANGUAGES), tuple(sizes or PANELS), large_type, high_contrast)

    def pictures(self, language: str) -> Iterator[tuple[str, Picture]]:
        """Name and picture of every screen in a language."""
        manner = Manner(language, self.large_type, self.high_contrast, guard_phone="021-5555 0142")
        yield from named(manner, lambda _: "14:05", NoticeBoard())


def panel_of(size: str) -> tuple[int, int, float]:
    """Return width, height and diagonal of a size such as 800x480. Raises UsageError."""
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit() and 300 <= int(width) <= 4096 and 300 <= int(height) <= 4096):
        raise UsageError(f"{size!r} is no size of a screen; write for example 800x480")
    return int(width), int(height), PANELS.get(size, 10.1)


def write_gallery(gallery: Gallery, folder: Path) -> int:
    """Write the pictures, and contact.png with all of them; return how many there are. Raises UsageError, DeviceLost.

    With all languages and the smallest size among them it writes chosen.png too, the sheet that the README shows.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror}") from error
    written: list[Path] = []
    with studio():
        from ui.palette_png import write_palette_png

        for name, front in drawn(gallery):
            written.append(folder / f"{name}.png")
            write_palette_png(written[-1], pixels_of(front))
    contact_sheet(written, folder / "contact.png")
    chosen = [folder / f"{name}-{language}-{CHOSEN_SIZE}.png" for name, language in CHOSEN]
    if set(chosen) <= set(written):
        contact_sheet(chosen, folder / "chosen.png", columns=CHOSEN_COLUMNS)
    return len(written)


@contextmanager
def studio() -> Iterator[None]:
    """Open a window to draw in, on a virtual display where there is none, with the fonts. Raises DeviceLost."""
    with ExitStack() as stack:
        _open_window(stack)
        from ui.look import register_fonts

        register_fonts(fonts.Cutter(personal_cache(), fonts.characters(NoticeBoard())).find())
        yield


def drawn(gallery: Gallery, only: str | None = None) -> Iterator[tuple[str, "Front"]]:
    """Draw in an open studio; yield each picture's name, SCREEN-LANGUAGE-SIZE, with the widgets that show it now.

    `only`: one screen of them.
    """
    from ui.front import Front
    from ui.look import Panel
    from ui.settling import settle

    look = theme.load()
    for size, language in product(gallery.sizes, gallery.languages):
        front = Front(look, Panel(*panel_of(size)), lambda _: None)
        for name, picture in gallery.pictures(language):
            if only is None or name == only:
                front.show(picture)
                front.mirror(sample_preview() if picture.screen is Screen.STEPS else None)
                settle(SETTLES_IN)
                yield f"{name}-{language}-{size}", front
        # What was drawn into holds itself, and megabytes each.
        gc.collect()


def pixels_of(front: "Front") -> "Pixels":
    """Return what is drawn, height by width by red, green, blue."""
    import numpy as np

    image = front.export_as_image()
    rgba = np.frombuffer(image.texture.pixels, np.uint8).reshape(int(front.height), int(front.width), 4)
    return rgba[:, :, :3]


def contact_sheet(pictures: Sequence[Path], sheet: Path, *, columns: int = SHEET_COLUMNS) -> None:
    """Lay pictures side by side, each SHEET_WIDTH wide."""
    import cv2
    import numpy as np

    from ui.palette_png import Pixels, write_palette_png

    rows: list[list[Pixels]] = []
    for path in pictures:
        picture = cv2.imread(str(path))
        if picture is None:
            continue
        height = round(picture.shape[0] * SHEET_WIDTH / picture.shape[1])
        small = cv2.resize(picture, (SHEET_WIDTH, height), interpolation=cv2.INTER_AREA)
        framed = cv2.copyMakeBorder(small, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=(140, 140, 140))
        if not rows or len(rows[-1]) == columns or rows[-1][0].shape != framed.shape:
            rows.append([])
        rows[-1].append(framed)
    width = columns * (SHEET_WIDTH + 12)
    laid = [np.hstack(row) for row in rows]
    filled = [cv2.copyMakeBorder(row, 0, 0, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(140,) * 3) for row in laid]
    write_palette_png(sheet, np.vstack(filled)[..., ::-1])


def _open_window(stack: ExitStack) -> None:
    try:
        driver = find_display(os.environ)
    except DeviceLost:
        driver = "kmsdrm"
    if driver == "kmsdrm":
        os.environ["DISPLAY"] = stack.enter_context(virtual_display(320, 320))
        driver = "x11"
    prepare(driver, Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatepost-screens-"))), (320, 320), fps=0)
    check_window()
