"""The staff's door: a pad for the PIN."""

from kivy.properties import ObjectProperty

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, keypad, pictogram  # noqa: F401 - the layout names them

load_layout("pin.kv")


class PinPane(Pane):
    """See pin.kv. `pressed` is called with each key."""

    pressed = ObjectProperty()
