"""The core is not there: one moment."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, pictogram, surface  # noqa: F401 - the layout names them

load_layout("moment.kv")


class MomentPane(Pane):
    """See moment.kv."""
