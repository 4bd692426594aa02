"""The Kivy application: views from the core and touches in, pictures and sentences out. All of it in Kivy's thread.

Nothing slow runs here: codes are encoded and PINs checked by workers, sentences are said by the voice's own thread, and
the newest view waits in a slot until Kivy's next turn.
"""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.clock import BUILT_AT
from kiosk.model import Phase
from kiosk.ports import Clock as KioskClock
from kiosk.preview import PreviewSubscriber
from kiosk.units import Monotonic
from kiosk.view import View
from ui import staff
from ui.allocator import give_back
from ui.back_room import present_staff
from ui.core_link import CoreLink
from ui.front import Front
from ui.look import Panel, Rgba
from ui.narration import Told, spoken_for
from ui.notices import NoticeBoard
from ui.pace import Pace
from ui.picture import Action, Screen, Touch
from ui.pin import whose
from ui.presenter import answers_a_scan, present
from ui.rehearsal import STAFFS, rehearsal
from ui.session import Session, seen, touched, waited
from ui.settings import ScreenSettings
from ui.staff import Door, Staff
from ui.theme import Theme
from ui.translation import Translator
from ui.voice import Voice
from ui.widgets.code import Code

TICK_S = 0.25
"""How often time itself changes what is shown: countdowns, notices, what is forgotten."""
STOP_S = 0.1
NARRATED_TICKS = 4
WARM_UP_S = 0.06
"""One screen is made ready every so often after the start, while nobody is here to wait for it."""
COLLECT_S = 5.0
"""While nobody is here, what was thrown away is collected so often. During a visit it would be a stall."""


class ScreenApp(App):
    """One kiosk's screen. `run` it in the process's main thread; it ends soon after `stop_event` is set."""

    title = "Gatepost"
    use_kivy_settings = False

    def __init__(
        self,
        settings: ScreenSettings,
        theme: Theme,
        board: NoticeBoard,
        link: CoreLink,
        mirror: PreviewSubscriber,
        voice: Voice,
        clock: KioskClock,
        pace: Pace,
        stop_event: threading.Event,
        ready: Callable[[], None],
    ) -> None:
        super().__init__()
        self._settings = settings
        self._theme = theme
        self._board = board
        self._link = link
        self._mirror = mirror
        self._voice = voice
        self._clock = clock
        self._pace = pace
        self._stop_event = stop_event
        self._ready = ready
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="screen worker")
        self._session = Session(settings.manner, clock.monotonic())
        self._pins = dict(settings.guards) | ({staff.TECHNICIAN: settings.staff_pin} if settings.staff_pin else {})
        self._staff = Staff(pins=bool(self._pins))
        self._door: tuple[Monotonic | None, bool] = (None, False)
        self._told = Told()
        self._ticks = 0
        self._picture_index = 0
        self._newest: View | None = None
        self._take_newest = Clock.create_trigger(self._take, -1)
        self._front: Front | None = None

    def build(self) -> Front:
        """Make the first picture."""
        Code.workers = self._workers
        panel = Panel(int(Window.width), int(Window.height), self._settings.diagonal_in)
        self._front = Front(self._theme, panel, self._pressed, self._knock, self._clear)
        self._draw()
        return self._front

    def on_start(self) -> None:
        """Begin to hear of views and of time."""
        Window.bind(on_request_close=lambda *_, **__: True, on_keyboard=lambda *_, **__: True)
        self._pace.attach(Clock, Window)
        self._link.attach(self._arrived)
        Clock.schedule_interval(self._tick, TICK_S)
        Clock.schedule_interval(self._look_out, STOP_S)
        Clock.schedule_interval(self._reflect, 1.0 / self._settings.preview_fps)
        self._warm = rehearsal(self._settings.manner, self._time_of_day, self._board)
        Clock.schedule_interval(self._warm_up, WARM_UP_S)
        # From now on garbage is collected when it suits.
        gc.disable()
        self._sweep()
        Clock.schedule_interval(self._collect, COLLECT_S)

    def on_stop(self) -> None:
        """Let go of the workers; whoever made the rest closes it."""
        self._link.attach(lambda _: None)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def open_settings(self, *_: object) -> bool:
        """There is no settings panel in a kiosk."""
        return False

    def _arrived(self, view: View | None) -> None:
        """Called in the link's thread: only the newest view counts."""
        self._newest = view
        self._take_newest()

    def _take(self, _: float) -> None:
        view, now = self._newest, self._clock.monotonic()
        self._staff = staff.seen(self._staff, self._session.view, view, now)
        self._session = seen(self._session, view, now)
        self._pace.visiting = view is not None and view.phase is not Phase.IDLE
        if self._pace.visiting:
            self._ready()
        if view is None:
            self._told = Told()
            # The next core has been told of nothing.
            self._door = (None, False)
        else:
            self._voice.go_by(view.volume)
        self._draw()
        self._narrate(now)

    def _tick(self, _: float) -> None:
        now = self._clock.monotonic()
        self._session = waited(self._session, now)
        self._staff = staff.waited(self._staff, now)
        self._draw()
        self._ticks += 1
        if self._ticks % NARRATED_TICKS == 0:
            self._narrate(now)

    def _look_out(self, _: float) -> None:
        if self._stop_event.is_set():
            self.stop()

    def _pressed(self, touch: Touch) -> None:
        now = self._clock.monotonic()
        if self._staff.door is not Door.SHUT:
            self._at_the_door(staff.touched(self._staff, touch.action, touch.value, self._session.view, now), now)
            if self._staff.door is Door.CHECKING:
                self._check_pin(self._staff.entered)
        else:
            self._session, messages = touched(self._session, touch.action, touch.value, now)
            for message in messages:
                self._link.send(message)
            if touch.action is Action.LANGUAGE:
                # What was said in another language is said once more.
                self._told = Told()
                self._narrate(now)
        self._draw()

    def _clear(self, colour: Rgba) -> None:
        """Have the window itself paint the ground: where the processor draws, that saves a tenth of each frame."""
        Window.clearcolor = colour

    def _knock(self) -> None:
        view = self._session.view
        if self._pins or (view is not None and view.badges):
            self._staff = staff.knocked(self._staff, self._clock.monotonic())
            self._draw()

    def _check_pin(self, entered: str) -> None:
        coming: Future[str | None] = self._workers.submit(whose, entered, self._pins)
        coming.add_done_callback(lambda done: Clock.schedule_once(lambda _: self._checked(done.result())))

    def _checked(self, who: str | None) -> None:
        now = self._clock.monotonic()
        self._at_the_door(staff.checked(self._staff, who, self._session.view, now), now)
        self._draw()

    def _at_the_door(self, new: Staff, now: Monotonic) -> None:
        """Take over what became of a touch behind the door; what a guard asks for goes to the core."""
        before, self._staff = self._staff, new
        reason = "" if new.desk is None or not new.desk.reason else f"override.reason.{new.desk.reason}"
        order = staff.asked(before, new, Translator(self._session.at_home).text(reason) if reason else "", now)
        if order is not None:
            self._link.send(order)

    def _tell_of_the_door(self, now: Monotonic) -> None:
        """The core knows whether a badge is asked for, and whether a guard is there."""
        told = staff.door_of(self._staff, now)
        if (told.asks_until, told.guard) != self._door and self._session.view is not None:
            self._door = (told.asks_until, told.guard)
            self._link.send(told)

    def _draw(self) -> None:
        if self._front is None:
            return
        now = self._clock.monotonic()
        self._tell_of_the_door(now)
        behind = present_staff(
            self._session, self._staff, self._settings.device, self._settings.version, now, self._time_of_day
        )
        picture = behind or present(self._session, now, self._time_of_day, self._board)
        self._front.show(picture)
        view = self._session.view
        if view is not None and view.scanned_at is not None:
            self._pace.scanned(view.scanned_at, answered=answers_a_scan(picture.body))

    def _reflect(self, _: float) -> None:
        """Show the camera's newest picture, while there is a mirror to show it in."""
        if self._front is None or self._front.screen is not Screen.STEPS:
            return
        preview = self._mirror.newest(self._picture_index)
        if preview is not None:
            self._picture_index = preview.index
            self._pace.mirrored()
            self._front.mirror(preview)
        elif not self._mirror.live():
            self._front.mirror(None)

    def _narrate(self, now: Monotonic) -> None:
        if self._session.view is None:
            return
        self._told, key = spoken_for(self._told, self._session.view, now)
        if key is not None:
            self._voice.say(key, self._session.speaks)

    def _warm_up(self, _: float) -> bool:
        """Make the next screen ready, unless a visitor is here; False ends it."""
        if self._somebody():
            return True
        picture = next(self._warm, None)
        if picture is None or self._front is None:
            self._sweep()
            give_back()
            self._ready()
            return False
        front, screen = self._front, picture.screen
        if screen in STAFFS:
            # Whatever a visitor may meet is there.
            self._ready()
        front.prepare(picture)
        # A few turns later its words are where they belong.
        Clock.schedule_once(lambda _: None if self._somebody() else front.rehearse(screen), WARM_UP_S / 2)
        # What the last one left behind is taken back before it is needed anew: memory never shrinks again.
        self._sweep()
        return True

    def _sweep(self) -> None:
        """Collect garbage. What is there stays, so that the next time only what came since is looked at.

        All of it at once takes as long as several frames, and a visitor may come in that very moment.
        """
        gc.collect()
        gc.freeze()

    def _collect(self, _: float) -> None:
        if not self._somebody():
            gc.collect()
            give_back()

    def _somebody(self) -> bool:
        """Whether a visitor is here, also one whose first view is still to be drawn in this turn."""
        coming = self._newest
        return self._pace.visiting or (coming is not None and coming.phase is not Phase.IDLE)

    def _time_of_day(self, at: Monotonic) -> str | None:
        wall_us = self._clock.wall() - round((self._clock.monotonic() - at) * 1_000_000)
        if wall_us < BUILT_AT:
            return None
        return datetime.fromtimestamp(wall_us / 1_000_000).astimezone().strftime("%H:%M")
