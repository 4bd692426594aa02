"""The guard is called, or has not answered and can be phoned."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, pictogram, surface  # noqa: F401 - the layout names them

load_layout("guard.kv")


class GuardPane(Pane):
    """See guard.kv."""
