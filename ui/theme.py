"""How the screen looks, as data: palettes, sizes of type, the least size of a button. Read from a TOML file, checked."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.documents import decode_toml
from kiosk.errors import UsageError

CONTRAST_LEAST = 4.5
"""WCAG 2.2, success criterion 1.4.3: words against what they stand on."""
MM_IN_INCH = 25.4

Colour = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$", description="a colour such as #152238")]
Positive = Annotated[float, Meta(gt=0)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the theme file. Unknown keys are errors."""


class Palette(Part, frozen=True):
    """Colours by what they are for; `on_x` is for words on `x`."""

    ground: Colour
    ink: Colour
    quiet: Colour
    surface: Colour
    edge: Colour
    accent: Colour
    on_accent: Colour
    done: Colour
    on_done: Colour
    admit: Colour
    on_admit: Colour
    hold: Colour
    on_hold: Colour
    refuse: Colour
    on_refuse: Colour
    warning: Colour
    on_warning: Colour
    simulation: Colour
    on_simulation: Colour

    def __getitem__(self, name: str) -> str:
        """Return the colour of that name."""
        return str(getattr(self, name))


class Palettes(Part, frozen=True):
    """The everyday palette, and the one of high contrast."""

    normal: Palette
    contrast: Palette


class TypeScale(Part, frozen=True):
    """Sizes of type, in hundredths of the screen's shorter side."""

    small: Positive
    body: Positive
    lead: Positive
    title: Positive
    numeral: Positive
    answer: Positive


class Measure(Part, frozen=True):
    """Distances in hundredths of the shorter side, and what a hand and an eye need in millimetres."""

    gap: Positive
    corner: Positive
    target_mm: Annotated[float, Meta(ge=15)]
    legible_mm: Annotated[float, Meta(ge=3)]
    large_type: Annotated[float, Meta(ge=1.2, le=2)]


class Theme(Part, frozen=True):
    """A whole theme file."""

    type: TypeScale
    measure: Measure
    palette: Palettes


WORDS_ON_GROUND = (
    ("ink", "ground"),
    ("ink", "surface"),
    ("quiet", "ground"),
    ("quiet", "surface"),
    ("accent", "ground"),
    ("accent", "surface"),
    ("done", "surface"),
    *((f"on_{name}", name) for name in ("accent", "done", "admit", "hold", "refuse", "warning", "simulation")),
)
"""Every pair of colours in which something is written on something."""


def load(path: Path | None = None) -> Theme:
    """Read a theme file (None: the one that ships). Raises UsageError, also for words that are hard to read."""
    source = path or Path(str(files("ui") / "theme.toml"))
    theme = decode_toml(source, Theme)
    for name, palette in (("normal", theme.palette.normal), ("contrast", theme.palette.contrast)):
        for words, ground in WORDS_ON_GROUND:
            found = contrast(palette[words], palette[ground])
            if found < CONTRAST_LEAST:
                raise UsageError(
                    f"{source}: [palette.{name}] {words} on {ground} has a contrast of {found:.1f}; "
                    f"it must be {CONTRAST_LEAST} at least"
                )
    return theme


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
