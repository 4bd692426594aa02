"""The core is not there: one moment, and what there will be to do."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import column, fitted, pictogram, tile  # noqa: F401 - the layout names them

load_layout("moment.kv")


class MomentPane(Pane):
    """See moment.kv."""
