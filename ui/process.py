"""The screen process: waits for a display, then shows. Without one the other processes go on clearing visitors."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.errors import DeviceLost
from kiosk.lines import get_logger
from kiosk.ports import Clock
from kiosk.preview import PreviewSubscriber
from kiosk.units import Seconds
from ui import kivy_environment
from ui.core_link import CoreLink
from ui.display import find_display
from ui.fonts import Cutter, Fonts, characters
from ui.notices import NoticeBoard
from ui.pace import Pace
from ui.settings import ScreenSettings
from ui.theme import Theme
from ui.voice import Voice

LOOK_AGAIN = Seconds(2.0)
"""Between two looks for a display or a font."""
HUNG_AFTER_S = 10.0
"""A screen that stands still for so long is ended: whoever keeps the processes up starts it anew."""

_log = get_logger()


def run_screen(
    settings: ScreenSettings,
    theme: Theme,
    board: NoticeBoard,
    voice: Voice,
    run_dir: Path,
    core_socket: Path,
    clock: Clock,
    stop: threading.Event,
    ready: Callable[[], None],
) -> None:
    """Show until `stop` is set. A display that is not there is waited for; one that breaks ends the process (DeviceLost)."""
    announce = _Once(ready)
    with contextlib.ExitStack() as stack:
        link = CoreLink(core_socket, clock, settings.version)
        stack.callback(link.close)
        link.start()
        cutter = Cutter(settings.cache, characters(board), announce)
        found = _wait_for_display(settings, cutter, link, stop, announce)
        if found is None:
            return
        driver, family = found
        kivy_environment.prepare(driver, settings.cache, settings.window)
        kivy_environment.check_window()
        link.trouble("")

        from ui.app import ScreenApp
        from ui.look import register_fonts

        register_fonts(family)
        mirror = PreviewSubscriber(run_dir, clock.monotonic)
        stack.callback(mirror.close)
        stack.callback(voice.close)
        voice.start()
        pace = Pace()
        stack.enter_context(_statistics(pace, settings.statistics))
        app = ScreenApp(settings, theme, board, link, mirror, voice, clock, pace, stop, announce)
        stack.enter_context(_watch(pace))
        app.run()


def _wait_for_display(
    settings: ScreenSettings, cutter: Cutter, link: CoreLink, stop: threading.Event, announce: Callable[[], None]
) -> tuple[str, Fonts] | None:
    """Return the driver and the fonts, as soon as both are there; None when stopped before."""
    lost = ""
    while not stop.is_set():
        try:
            return find_display(os.environ), cutter.find(settings.font)
        except DeviceLost as error:
            if str(error) != lost:
                lost = str(error)
                _log.error("screen lost", reason=lost)
                link.trouble(lost)
            # The kiosk need not wait for its screen.
            announce()
            stop.wait(LOOK_AGAIN)
    return None


class _Once:
    """Says that the process is ready, the first time it is asked to."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say = say
        self._said = False

    def __call__(self) -> None:
        if not self._said:
            self._said = True
            self._say()


@contextlib.contextmanager
def _statistics(pace: Pace, file: Path | None) -> Iterator[None]:
    """Write the screen's pace to a file at the end, and whenever SIGUSR1 asks for it."""
    if file is None:
        yield
        return

    def write(*_: object) -> None:
        try:
            pace.write(file)
        except OSError as error:
            _log.error("statistics not written", reason=error.strerror)

    before = signal.signal(signal.SIGUSR1, write)
    try:
        yield
    finally:
        write()
        signal.signal(signal.SIGUSR1, before)


@contextlib.contextmanager
def _watch(pace: Pace) -> Iterator[None]:
    """End the process when Kivy's thread stands still."""
    over = threading.Event()

    def watch() -> None:
        turned, still_s = pace.turned, 0.0
        # Counted in waits: a process that was stopped as a whole has not hung.
        while not over.wait(1.0):
            still_s = 0.0 if pace.turned != turned else still_s + 1.0
            turned = pace.turned
            if still_s >= HUNG_AFTER_S:
                _log.critical("screen stands still")
                os._exit(1)

    thread = threading.Thread(target=watch, name="screen watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2.0)
