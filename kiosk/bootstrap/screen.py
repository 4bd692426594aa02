"""The screen process: what Kivy shows and says, and what it needs to know of its site and panel."""

import threading
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.bootstrap.process import SOFTWARE, core_socket
from kiosk.clock import SystemClock
from kiosk.config import Config
from kiosk.errors import UsageError

if TYPE_CHECKING:
    from ui.notices import NoticeBoard
    from ui.settings import ScreenSettings
    from ui.theme import Theme
    from ui.voice import Voice


def run_screen(config: Config, base: Path, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the screen process until `stop`. Raises UsageError before anything is shown, DeviceLost when its window breaks."""
    from ui.process import run_screen as show

    show(
        screen_settings(config, base),
        load_theme(config, base),
        load_notices(config, base),
        build_voice(config, base),
        Path(config.gate.run_dir),
        core_socket(config),
        SystemClock(),
        stop,
        ready,
    )


def screen_settings(config: Config, base: Path) -> "ScreenSettings":
    """Return what the screen process needs to know of its site and panel; `base` is the configuration's folder."""
    from ui.session import Manner
    from ui.settings import ScreenSettings

    section = config.screen
    width, _, height = (section.window or "").partition("x")
    return ScreenSettings(
        Manner(
            section.language, section.large_type, section.high_contrast, section.dim_after_s, guard_phone=section.guard_phone
        ),
        section.diagonal_in,
        cache=base / section.cache,
        window=(int(width), int(height)) if height else None,
        font=None if section.font is None else base / section.font,
        preview_fps=section.preview_fps,
        staff_pin=section.staff_pin,
        guards=tuple(section.guards.items()),
        statistics=None if section.statistics is None else base / section.statistics,
        device=config.gate.device,
        version=SOFTWARE,
    )


def load_theme(config: Config, base: Path) -> "Theme":
    """Read how the screen looks: the site's own theme, or the one that ships. Raises UsageError."""
    from ui import theme

    return theme.load(None if config.screen.theme is None else base / config.screen.theme)


def build_voice(config: Config, base: Path) -> "Voice":
    """Return the screen's voice, not started yet. Raises UsageError when the recordings are not where they should be."""
    from ui.sound import Sounds
    from ui.voice import Voice

    recordings = None if config.screen.recordings is None else base / config.screen.recordings
    if recordings is not None and not recordings.is_dir():
        raise UsageError(f"{recordings}: there is no such folder; correct [screen] recordings")
    schedule = [(time.fromisoformat(begins), percent) for begins, percent in config.screen.volume]
    return Voice(Sounds(recordings), schedule)


def load_notices(config: Config, base: Path) -> "NoticeBoard":
    """Return what the screen may show while nobody is here: the site's own, or all that ship. Raises UsageError."""
    from ui.notices import NoticeBoard, read

    own = config.screen.notices
    return NoticeBoard() if own is None else NoticeBoard(read(base / own))
