"""Where the demo's screen is shown: on the display there is, else on a virtual one of its own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kiosk.errors import DeviceLost
from ui.display import find_display, virtual_display

SIZE = (1024, 600)
"""A 7-inch panel's."""


@dataclass(frozen=True, slots=True)
class Place:
    """The environment that a screen is started with (None: no screen), and its window where it shall not fill a display."""

    environment: Mapping[str, str] | None
    window: str | None = None


NOWHERE = Place(None)
"""For a kiosk without a screen."""


@contextmanager
def place_for_screen(*, headless: bool) -> Iterator[Place]:
    """Find a place. A desktop keeps the rest of its screen; a bare graphics card is left to whoever owns it."""
    if headless:
        yield NOWHERE
        return
    try:
        driver = find_display(os.environ)
    except DeviceLost:
        driver = "none"
    width, height = SIZE
    if driver in {"x11", "wayland"}:
        yield Place({}, f"{width}x{height}")
        return
    with virtual_display(width, height) as display:
        yield Place({"DISPLAY": display})
