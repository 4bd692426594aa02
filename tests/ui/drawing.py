"""Every screen as it is drawn, measured while it is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.metrics import Metrics

if TYPE_CHECKING:
    from ui.front import Front
    from ui.widgets.fitted import FittedWords

ROUNDING = 1.5
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture: what was wrong with its words, and where its buttons were."""

    name: str
    metrics: Metrics
    clipped: tuple[str, ...]
    buttons: tuple[tuple[float, float, float, float], ...]
    """Left, low, width, height."""
    words: tuple[tuple[str, int], ...]


def measured(name: str, front: "Front") -> Drawn:
    """Measure what a front shows just now. Kivy is imported only here: the studio must be open before it."""
    from kivy.uix.behaviors import ButtonBehavior

    from ui.widgets.fitted import FittedWords

    assert front.look is not None
    words = [widget for widget in everything(front) if isinstance(widget, FittedWords) and widget.raw]
    buttons = [widget for widget in everything(front) if isinstance(widget, ButtonBehavior) and seen(widget)]
    return Drawn(
        name,
        front.look.metrics,
        tuple(problem for widget in words for problem in problems(widget, front)),
        tuple((button.x, button.y, button.width, button.height) for button in buttons),
        tuple((widget.raw, widget.fitted.size) for widget in words),
    )


def problems(words: "FittedWords", front: "Front") -> Iterator[str]:
    """Say how words leave their box, or the screen, or are smaller than can be read."""
    said = f"{words.raw!r} in {round(words.width)}x{round(words.height)} at {words.fitted.size}"
    if not words.fitted.whole:
        yield f"{said} does not fit"
    for texture in words.textures:
        if texture.width > words.width + ROUNDING + 0.02 * words.width:
            yield f"{said} is {texture.width} wide"
    if words.used_height > words.height + ROUNDING:
        yield f"{said} is {words.used_height} high"
    if not (words.x >= -ROUNDING and words.right <= front.width + ROUNDING):
        yield f"{said} leaves the screen sideways"
    if not (words.y >= -ROUNDING and words.top <= front.height + ROUNDING):
        yield f"{said} leaves the screen"


def seen(widget: Any) -> bool:
    """Whether neither it nor what it lies in is hidden."""
    while hasattr(widget, "opacity") and widget.parent is not widget:
        if not widget.opacity:
            return False
        widget = widget.parent
    return True


def everything(widget: Any) -> Iterator[Any]:
    """Return a widget and all below it."""
    yield widget
    for child in widget.children:
        yield from everything(child)
