"""The visit: three steps with their state, the mirror, the one thing to do now."""

from kivy.properties import ObjectProperty

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, gauge, mirror, pictogram, surface, tile  # noqa: F401 - the layout names them

load_layout("steps.kv")


class StepsPane(Pane):
    """See steps.kv. `preview` is the newest picture of the camera, or None."""

    preview = ObjectProperty(None, allownone=True)
