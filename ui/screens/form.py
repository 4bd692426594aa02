"""The way to the visitor form: a QR code, an address to type, a countdown."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, pictogram, surface  # noqa: F401 - the layout names them

load_layout("form.kv")


class FormPane(Pane):
    """See form.kv."""
