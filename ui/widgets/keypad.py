"""Ten digits, one to take back, one to end with: as on a telephone."""

from collections.abc import Callable

from kivy.properties import ObjectProperty
from kivy.uix.gridlayout import GridLayout

from ui.look import Look
from ui.picture import Action, Plain, Touch
from ui.widgets.bar import TouchButton

KEYS = (
    *(Touch(Action.DIGIT, Plain(digit), value=digit) for digit in "123456789"),
    Touch(Action.DELETE, pictogram="delete"),
    Touch(Action.DIGIT, Plain("0"), value="0"),
    Touch(Action.ENTER, pictogram="tick", prominent=True),
)


class Keypad(GridLayout):
    """Three keys across. `pressed` is called with each."""

    look = ObjectProperty(None, allownone=True)
    pressed: Callable[[Touch], None] = ObjectProperty(None, allownone=True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(cols=3, **kwargs)
        self.bind(look=self._build, pressed=self._build)
        self._build()

    def _build(self, *_: object) -> None:
        look: Look | None = self.look
        if look is None or self.pressed is None:
            return
        self.clear_widgets()
        self.spacing = look.metrics.gap
        for key in KEYS:
            self.add_widget(TouchButton(key, look, self.pressed))
