"""A list for staff to choose from."""

from kivy.properties import ObjectProperty

from ui.screens.pane import Pane, load_layout
from ui.widgets import choice_grid, fitted  # noqa: F401 - the layout names them

load_layout("choices.kv")


class ChoicesPane(Pane):
    """See choices.kv. `pressed` is called with each choice."""

    pressed = ObjectProperty()
