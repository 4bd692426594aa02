"""Choices as buttons, two across, or one below the other in portrait."""

from collections.abc import Callable

from kivy.properties import ObjectProperty
from kivy.uix.gridlayout import GridLayout

from ui.look import Look
from ui.picture import Touch
from ui.widgets.bar import TouchButton


class ChoiceGrid(GridLayout):
    """`pressed` is called with the choice."""

    look = ObjectProperty(None, allownone=True)
    choices = ObjectProperty(())
    pressed: Callable[[Touch], None] = ObjectProperty(None, allownone=True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for name in ("look", "choices", "pressed"):
            self.fbind(name, self._build)
        self._build()

    def _build(self, *_: object) -> None:
        look: Look | None = self.look
        if look is None or self.pressed is None:
            return
        self.clear_widgets()
        self.cols = 1 if look.metrics.portrait else 2
        self.spacing = look.metrics.gap
        for choice in self.choices:
            self.add_widget(TouchButton(choice, look, self.pressed))
