"""What Kivy must be told before it is imported, and a check of what it made of it. Imports Kivy only inside functions.

Kivy reads the program's arguments, a file in the home folder and the environment at import, opens an off-screen window
without a word where there is no display, and turns F1, Escape and a second finger into things no kiosk wants.
"""

import os
from logging import ERROR, getLogger
from pathlib import Path

from kiosk.errors import DeviceLost
from ui.display import x_size

FPS = 30
"""As often as the camera gives a picture; a screen at rest is not drawn at all."""


def prepare(driver: str, cache: Path, window: tuple[int, int] | None, *, fps: int = FPS) -> None:
    """Set Kivy up, once for the process, before anything imports it. `window`: a size instead of the whole display.

    `fps`: turns a second at most; 0 is as many as there can be.
    """
    home = cache / "kivy"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_ENV_CONFIG="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_NO_FILELOG="1",
        KIVY_LOG_MODE="PYTHON",
        KIVY_HOME=str(home),
        KIVY_WINDOW="sdl2",
        KIVY_TEXT="sdl2",
        # No picture is read from a file: without this Kivy loads every library that could.
        KIVY_IMAGE="sdl2",
        # Sizes are ours, from the panel's real diagonal.
        KIVY_METRICS_DENSITY="1",
        KIVY_DPI="96",
        # Named, so that SDL fails where the display is gone, instead of choosing another driver.
        SDL_VIDEODRIVER=driver,
        # A finger is a finger: SDL shall not add a mouse to it.
        SDL_TOUCH_MOUSE_EVENTS="0",
    )
    # Where the processor draws, Kivy's own thread draws: no frame then waits for another thread to be let run.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    # Kivy sets its logger's level anew when it is imported; a filter it leaves alone.
    getLogger("kivy").addFilter(lambda record: record.levelno >= ERROR)

    from kivy.config import Config

    for section, key, value in (
        ("kivy", "exit_on_escape", "0"),
        ("kivy", "pause_on_minimize", "0"),
        ("graphics", "fullscreen", "0" if window else "auto"),
        ("graphics", "borderless", "0" if window else "1"),
        ("graphics", "resizable", "0"),
        ("graphics", "show_cursor", "1" if window else "0"),
        ("graphics", "multisamples", "0"),
        ("graphics", "maxfps", str(fps)),
        ("graphics", "vsync", "0"),
    ):
        Config.set(section, key, value)
    # Without a window manager SDL fills the display only with a window that is as large from the beginning.
    size = window or (x_size(os.environ.get("DISPLAY", "")) if driver == "x11" else None)
    if size is not None:
        Config.set("graphics", "width", str(size[0]))
        Config.set("graphics", "height", str(size[1]))
    for provider, _ in Config.items("input"):
        Config.remove_option("input", provider)
    # The window itself brings fingers; the mouse stands for one finger, and never for a second one.
    Config.set("input", "mouse", "mouse,disable_multitouch")


def check_window() -> None:
    """Hold the window against what was asked for. Raises DeviceLost when there is none, or one that nobody sees."""
    from kivy.base import EventLoop

    EventLoop.ensure_window()
    if EventLoop.window is None:
        raise DeviceLost("Kivy could not open a window")
    if os.environ.get("SDL_VIDEODRIVER") == "x11" and EventLoop.window.get_window_info() is None:
        raise DeviceLost("Kivy opened a window that nobody sees")
