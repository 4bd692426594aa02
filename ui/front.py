"""The whole of the screen: strip above, one of the screens in the middle, the bar below, dimmed when nobody comes."""

from collections.abc import Callable

from kivy.graphics import Color, Rectangle, Translate
from kivy.uix.widget import Widget

from kiosk.preview import Preview
from ui.look import Look, Panel
from ui.picture import Picture, Screen, Touch
from ui.screens.answer import AnswerPane
from ui.screens.form import FormPane
from ui.screens.guard import GuardPane
from ui.screens.idle import IdlePane
from ui.screens.moment import MomentPane
from ui.screens.pane import Pane
from ui.screens.parked import ParkedPane
from ui.screens.steps import StepsPane
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
}
DIMMED = 0.62


class Front(Widget):
    """Draws pictures. `pressed` is called with what a finger asks for."""

    def __init__(self, theme: Theme, panel: Panel, pressed: Callable[[Touch], None]) -> None:
        super().__init__(size_hint=(None, None), size=(panel.width, panel.height))
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
            self._whole = Rectangle(pos=(-8, -8), size=(panel.width + 16, panel.height + 16))
            self._shift = Translate(0, 0)
        with self.canvas.after:
            Translate(0, 0)
            self._shade = Color(0, 0, 0, 0)
            Rectangle(pos=(-8, -8), size=(panel.width + 16, panel.height + 16))
        self._strip.width = self._bar.width = panel.width
        self.add_widget(self._strip)
        self.add_widget(self._bar)

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
        self._ground.rgba = look.colour("ground")
        self._shift.xy = picture.shift
        self._shade.a = DIMMED if picture.dimmed else 0.0
        self._strip.show(picture.banners, picture.simulation, look)
        self._bar.show(picture.bar, look)
        self._place_pane(self._pane_for(picture, look))

    def mirror(self, preview: Preview | None) -> None:
        """Show the camera's newest picture, where there is a mirror."""
        if isinstance(self._pane, StepsPane) and (preview is not None or self._pane.preview is not None):
            self._pane.preview = preview

    def prepare(self, picture: Picture) -> None:
        """Make the screen of a picture before it is wanted, so that its first showing takes no longer than others."""
        if self._look is not None and picture.screen not in self._panes:
            self._panes[picture.screen] = PANES[picture.screen](look=self._look, body=picture.body)

    def _pane_for(self, picture: Picture, look: Look) -> Pane:
        pane = self._panes.get(picture.screen)
        if pane is None:
            pane = self._panes[picture.screen] = PANES[picture.screen](look=look, body=picture.body)
        elif pane.look is not look:
            pane.look = look
        if pane.body != picture.body:
            pane.body = picture.body
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
