"""The staff's door: a pad for the PIN."""

from kivy.properties import ObjectProperty

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, keypad, medallion  # noqa: F401 - the layout names them

load_layout("pin.kv")


class PinPane(Pane):
    """See pin.kv. `pressed` is called with each key."""

    pressed = ObjectProperty()

    def out_of_order(self) -> str:
        """Return what is out of order, in the look's language."""
        return " · ".join(self.look.text(line) for line in self.body.out_of_order)
