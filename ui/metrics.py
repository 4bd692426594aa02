"""The screen's sizes in pixels, from its resolution, its diagonal and the theme. Pure."""

from dataclasses import dataclass
from math import ceil, hypot

from ui.theme import MM_IN_INCH, Theme


@dataclass(frozen=True, slots=True)
class Metrics:
    """What the layouts measure with, all in pixels. `large`: the large type is on."""

    width: int
    height: int
    large: bool
    portrait: bool
    px_per_mm: float
    gap: int
    corner: int
    target: int
    """The least width and height of what is touched."""
    legible: int
    """The smallest type."""
    small: int
    body: int
    lead: int
    title: int
    numeral: int
    answer: int
    strip: int
    """The height of the strip that says what is out of order."""

    @property
    def hand_reach(self) -> float:
        """The upper edge of the lower third: a hand on a wheelchair's arm reaches no higher."""
        return self.height / 3


def measure(theme: Theme, width: int, height: int, diagonal_in: float, *, large: bool) -> Metrics:
    """Return the sizes for one panel. `diagonal_in` is the panel's diagonal in inches."""
    px_per_mm = hypot(width, height) / (diagonal_in * MM_IN_INCH)
    unit = min(width, height) / 100
    legible = ceil(theme.measure.legible_mm * px_per_mm)
    growth = theme.measure.large_type if large else 1.0

    def type_size(hundredths: float) -> int:
        return max(legible, round(hundredths * unit * growth))

    return Metrics(
        width=width,
        height=height,
        large=large,
        portrait=height > width,
        px_per_mm=px_per_mm,
        gap=round(theme.measure.gap * unit),
        corner=round(theme.measure.corner * unit),
        target=ceil(theme.measure.target_mm * px_per_mm),
        legible=legible,
        small=type_size(theme.type.small),
        body=type_size(theme.type.body),
        lead=type_size(theme.type.lead),
        title=type_size(theme.type.title),
        numeral=type_size(theme.type.numeral),
        answer=type_size(theme.type.answer),
        strip=round(1.75 * type_size(theme.type.small)),
    )
