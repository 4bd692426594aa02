"""What the screen process needs to know of its site and its panel. Filled in by the composition root."""

from dataclasses import dataclass
from pathlib import Path

from ui.session import Manner


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """`window`: a size instead of the whole display. `cache` is a folder that the process may write to.

    `staff_pin` and `guards`, by name, are PINs as `ui.pin` hashes them.
    """

    manner: Manner
    diagonal_in: float
    cache: Path
    window: tuple[int, int] | None = None
    font: Path | None = None
    preview_fps: int = 15
    staff_pin: str | None = None
    guards: tuple[tuple[str, str], ...] = ()
    statistics: Path | None = None
    device: str = ""
    version: str = ""
