"""Nobody is here: a welcome, what to bring, a notice."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, pictogram, surface  # noqa: F401 - the layout names them

load_layout("idle.kv")


class IdlePane(Pane):
    """See idle.kv."""
