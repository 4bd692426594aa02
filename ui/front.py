"""The whole of the screen: strip above, one of the screens in the middle, the bar below, dimmed when nobody comes."""

from collections.abc import Callable

from kivy.clock import Clock, ClockEvent
from kivy.graphics import Color, Rectangle, Translate
from kivy.input.motionevent import MotionEvent
from kivy.uix.widget import Widget

from kiosk.preview import Preview
from kiosk.units import Monotonic
from ui.bar_layout import bar_height
from ui.look import Look, Panel, Rgba
from ui.picture import Picture, Screen, Touch
from ui.screens.answer import AnswerPane
from ui.screens.card import CardPane
from ui.screens.choices import ChoicesPane
from ui.screens.form import FormPane
from ui.screens.guard import GuardPane
from ui.screens.idle import IdlePane
from ui.screens.moment import MomentPane
from ui.screens.pane import Pane
from ui.screens.parked import ParkedPane
from ui.screens.pin import PinPane
from ui.screens.status import StatusPane
from ui.screens.steps import StepsPane
from ui.staff import HELD_S
from ui.theme import Theme
from ui.widgets.bar import Bar
from ui.widgets.strip import Strip

PANES: dict[Screen, type[Pane]] = {
    Screen.IDLE: IdlePane,
    Screen.STEPS: StepsPane,
    Screen.FORM: FormPane,
    Screen.ANSWER: AnswerPane,
    Screen.PARKED: ParkedPane,
    Screen.GUARD: GuardPane,
    Screen.MOMENT: MomentPane,
    Screen.PIN: PinPane,
    Screen.STATUS: StatusPane,
    Screen.CARD: CardPane,
    Screen.CHOICES: ChoicesPane,
}
DIMMED = 0.62
RESTS_S = 4.0
"""A finger that lies somewhere for so long no longer keeps others off."""
BLANK = Preview(0, Monotonic(0.0), 16, 16, bytearray(16 * 16 * 3), (((2, 2), (14, 2), (14, 14), (2, 14)),))
"""A picture of nothing, for rehearsals."""
CORNER = 1.3
"""The side of the staff's corner, in targets."""


class Front(Widget):
    """Draws pictures. `pressed` is called with what a finger asks for, `knocked` when it held the staff's corner.

    `clear` paints the ground, once for each colour; without it a rectangle does, with every frame.
    One finger counts: another one that comes meanwhile is no touch at all, unless the first lies where there is no
    button, or has lain there so long that it is a hand, a bag or a drop of rain.
    """

    def __init__(
        self,
        theme: Theme,
        panel: Panel,
        pressed: Callable[[Touch], None],
        knocked: Callable[[], None] = lambda: None,
        clear: Callable[[Rgba], None] | None = None,
    ) -> None:
        super().__init__(size_hint=(None, None), size=(panel.width, panel.height))
        self._pressed = pressed
        self._knocked = knocked
        self._clear = clear
        self._knocking: ClockEvent | None = None
        self._finger: MotionEvent | None = None
        self._finger_presses = False
        self._theme = theme
        self._panel = panel
        self._look: Look | None = None
        self._picture: Picture | None = None
        self._panes: dict[Screen, Pane] = {}
        self._pane: Pane | None = None
        self._strip = Strip()
        self._bar = Bar(pressed)
        with self.canvas.before:
            self._ground = Color(1, 1, 1, 1)
            Rectangle(pos=(-8, -8), size=(0, 0) if clear else (panel.width + 16, panel.height + 16))
            self._shift = Translate(0, 0)
        with self.canvas.after:
            Color(0, 0, 0, DIMMED)
            self._shade = Rectangle(size=(0, 0))
        self._strip.width = self._bar.width = panel.width
        self.add_widget(self._strip)
        self.add_widget(self._bar)

    @property
    def screen(self) -> Screen | None:
        """Which screen is shown."""
        return None if self._picture is None else self._picture.screen

    @property
    def pane(self) -> Pane | None:
        """The screen that is shown."""
        return self._pane

    @property
    def look(self) -> Look | None:
        """How it looks."""
        return self._look

    def show(self, picture: Picture) -> None:
        """Draw a picture; one that is equal to the last costs nothing."""
        if picture == self._picture:
            return
        self._picture = picture
        if self._look is None or not self._look.serves(picture):
            self._look = Look(
                self._theme,
                self._panel,
                picture.language,
                large_type=picture.large_type,
                high_contrast=picture.high_contrast,
            )
        look = self._look
        ground = look.colour("ground")
        if self._ground.rgba != list(ground):
            self._ground.rgba = ground
            if self._clear is not None:
                self._clear(ground)
        self._shift.xy = picture.shift
        # A shade that is not there is not drawn: each one costs as much as all the words.
        self._shade.size = (self._panel.width, self._panel.height) if picture.dimmed else (0, 0)
        self._strip.show(picture.banners, picture.simulation, look)
        self._bar.show(picture.bar, look)
        self._place_pane(self._pane_for(picture, look))

    def mirror(self, preview: Preview | None) -> None:
        """Show the camera's newest picture, where there is a mirror."""
        if isinstance(self._pane, StepsPane) and (preview is not None or self._pane.preview is not None):
            self._pane.preview = preview

    def prepare(self, picture: Picture) -> None:
        """Make all of a picture before it is wanted, so that its first showing takes no longer than others."""
        look = self._look
        if look is None or not look.serves(picture):
            return
        self._bar.prepare(picture.bar, look)
        self._strip.prepare(picture.banners, look)
        if self._picture is not None and picture.screen is self._picture.screen:
            return
        pane = self._pane_for(picture, look)
        # About as large as it will be: words that were fitted once are fitted faster.
        bar, strip = bar_height(picture.bar, look.metrics), self._strip.height
        pane.size_hint, pane.pos = (None, None), (0, bar)
        pane.size = (self.width, self.height - bar - strip)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Take the first finger; a second one is swallowed while the first presses a button."""
        first = self._finger
        if first is not None and self._finger_presses and touch.time_start - first.time_start < RESTS_S:
            return True
        # A finger has no button; a mouse's left one stands for a finger.
        if touch.is_mouse_scrolling or touch.button not in {None, "left"}:
            return True
        self._let_go()
        self._finger = touch
        knocks = self._look is not None and self._in_corner(touch)
        if knocks:
            self._knocking = Clock.schedule_once(lambda _: self._knocked(), HELD_S)
        self._finger_presses = super().on_touch_down(touch) or knocks
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        """Follow the finger; one that leaves the corner does not knock."""
        if touch is not self._finger:
            return True
        if self._knocking is not None and not self._in_corner(touch):
            self._stop_knocking()
        super().on_touch_move(touch)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        """Let go of the finger."""
        if touch is not self._finger:
            return True
        self._finger = None
        self._stop_knocking()
        super().on_touch_up(touch)
        return True

    def _let_go(self) -> None:
        """A finger that lay there for long, or on nothing, asks for nothing any more."""
        self._stop_knocking()
        finger, self._finger = self._finger, None
        if finger is None:
            return
        for button in self._bar.buttons:
            if button.state == "down":
                finger.ungrab(button)
                button.state = "normal"

    def _in_corner(self, touch: MotionEvent) -> bool:
        """Whether it is in the upper left corner, where nothing else is."""
        side = self._look.metrics.target * CORNER if self._look is not None else 0.0
        return bool(touch.x - self.x <= side and self.top - touch.y <= side)

    def _stop_knocking(self) -> None:
        if self._knocking is not None:
            self._knocking.cancel()
            self._knocking = None

    def rehearse(self, screen: Screen) -> None:
        """Draw a prepared screen into the window without showing it: shaders and textures are there when it is wanted.

        A shader is made ready for one kind of surface: what was drawn elsewhere would be made ready once more here.
        """
        pane, window = self._panes.get(screen), self.get_parent_window()
        if pane is None or pane is self._pane or window is None:
            return
        if isinstance(pane, StepsPane):
            pane.preview = BLANK
        self.add_widget(pane, index=len(self.children))
        window.dispatch("on_draw")
        self.remove_widget(pane)
        if isinstance(pane, StepsPane):
            pane.preview = None

    def _pane_for(self, picture: Picture, look: Look) -> Pane:
        pane = self._panes.get(picture.screen)
        if pane is None:
            pane = self._panes[picture.screen] = self._made(picture, look)
        elif pane.look is not look:
            pane.look = look
        if pane.body != picture.body:
            pane.body = picture.body
        return pane

    def _made(self, picture: Picture, look: Look) -> Pane:
        pane = PANES[picture.screen](look=look, body=picture.body)
        if isinstance(pane, PinPane | ChoicesPane):
            pane.pressed = self._pressed
        return pane

    def _place_pane(self, pane: Pane) -> None:
        if pane is not self._pane:
            if self._pane is not None:
                self.remove_widget(self._pane)
                if isinstance(self._pane, StepsPane):
                    self._pane.preview = None
            # Below strip and bar, which were there first.
            self.add_widget(pane, index=len(self.children))
            self._pane = pane
        self._strip.pos = (self.x, self.top - self._strip.height)
        self._bar.pos = self.pos
        pane.size_hint = (None, None)
        pane.pos = (self.x, self._bar.top)
        pane.size = (self.width, self._strip.y - self._bar.top)
