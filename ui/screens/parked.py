"""The visit waits elsewhere: what that means, and the code that names it."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, pictogram, surface  # noqa: F401 - the layout names them

load_layout("parked.kv")


class ParkedPane(Pane):
    """See parked.kv."""
