"""The bar of buttons at the lower edge, in one row or two, each button large enough for a cold thumb."""

from collections.abc import Callable

from kivy.properties import BooleanProperty, ObjectProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget

from ui.bar_layout import bar_height, places
from ui.look import Look, font_of
from ui.picture import Action, Touch
from ui.widgets.fitted import FittedWords
from ui.widgets.pictogram import Pictogram
from ui.widgets.surface import Surface


class TouchButton(ButtonBehavior, Surface):
    """One button. Pressed, it changes its colour at once; what it asks for is asked when the finger leaves it."""

    touch = ObjectProperty()
    look = ObjectProperty()
    held = BooleanProperty(False)

    def __init__(self, touch: Touch, look: Look, pressed: Callable[[Touch], None], **kwargs: object) -> None:
        super().__init__(touch=touch, look=look, **kwargs)
        self._pressed = pressed
        metrics = look.metrics
        self.corner = metrics.corner
        self._pictogram = None if touch.pictogram is None else Pictogram(name=touch.pictogram)
        self._words = None
        if touch.words is not None:
            self._words = FittedWords(raw=look.text(touch.words), look=look, bold=True, largest=metrics.body)
            if touch.action is Action.LANGUAGE:
                self._words.font = font_of(touch.value)
            self._words.halign = "center"
        for part in (self._pictogram, self._words):
            if part is not None:
                self.add_widget(part)
        self._paint()
        self.bind(pos=self._place, size=self._place, state=self._paint)
        if self._words is not None:
            self._words.bind(used_width=self._place)

    def on_release(self) -> None:
        """Ask for what the button stands for."""
        self._pressed(self.touch)

    def _paint(self, *_: object) -> None:
        down = self.state == "down"
        strong = self.touch.prominent or self.touch.on
        ground = "accent" if strong != down else "surface"
        ink = "on_accent" if strong != down else "ink"
        self.fill = self.look.colour(ground)
        self.edge = self.look.colour("accent" if strong else "edge")
        self.edge_width = max(2, round(self.look.metrics.gap / 6))
        if self._words is not None:
            self._words.color = self.look.colour(ink)
        if self._pictogram is not None:
            self._pictogram.ink = self.look.colour(ink)
            self._pictogram.ground = self.look.colour(ground)

    def _place(self, *_: object) -> None:
        pad = round(self.look.metrics.gap * 0.7)
        left, low = self.x + pad, self.y + pad
        width, height = self.width - 2 * pad, self.height - 2 * pad
        if self._pictogram is None and self._words is not None:
            self._words.pos, self._words.size = (left, low), (width, height)
        elif self._words is None and self._pictogram is not None:
            side = min(width, height, self.look.metrics.target * 0.62)
            self._pictogram.size = (side, side)
            self._pictogram.center = self.center
        elif self._words is not None and self._pictogram is not None:
            side = min(height, width * 0.3, self.look.metrics.target * 0.5)
            room = width - side - pad
            self._words.pos, self._words.size = (left + side + pad, low), (room, height)
            # Right before its words: both together stand in the middle.
            self._pictogram.size = (side, side)
            self._pictogram.pos = (left + max(0.0, (room - self._words.used_width) / 2), self.center_y - side / 2)


class Bar(Widget):
    """All buttons of a screen. Its height is what its rows need."""

    def __init__(self, pressed: Callable[[Touch], None], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._pressed = pressed
        self._look: Look | None = None
        self._touches: tuple[Touch, ...] = ()
        self._buttons: list[TouchButton] = []
        self._made: dict[Touch, TouchButton] = {}
        self.bind(pos=self._place, width=self._place)

    @property
    def buttons(self) -> tuple[TouchButton, ...]:
        """The buttons that are there."""
        return tuple(self._buttons)

    def show(self, touches: tuple[Touch, ...], look: Look) -> None:
        """Show these buttons; those that are the same already stay as they are, under the finger that is on them.

        Each is made once for a look, and kept: making one takes longer than drawing it.
        """
        if touches == self._touches and look is self._look:
            return
        if look is not self._look:
            self._made.clear()
        self._touches, self._look = touches, look
        buttons = [self._button(touch, look) for touch in touches]
        for button in self._buttons:
            if button not in buttons:
                self.remove_widget(button)
                # A finger that was on it is on nothing any more.
                button.state = "normal"
        for button in buttons:
            if button.parent is None:
                self.add_widget(button)
        self._buttons = buttons
        self.height = bar_height(touches, look.metrics)
        self._place()

    def prepare(self, touches: tuple[Touch, ...], look: Look) -> None:
        """Make buttons before they are wanted."""
        if look is self._look:
            for place in places(touches, look.metrics):
                button = self._button(place.touch, look)
                if button.parent is None:
                    button.size = (place.width, place.height)

    def _button(self, touch: Touch, look: Look) -> TouchButton:
        if touch not in self._made:
            self._made[touch] = TouchButton(touch, look, self._pressed)
        return self._made[touch]

    def _place(self, *_: object) -> None:
        if self._look is None:
            return
        for button, place in zip(self._buttons, places(self._touches, self._look.metrics), strict=True):
            button.pos = (self.x + place.x, self.y + place.y)
            button.size = (place.width, place.height)
