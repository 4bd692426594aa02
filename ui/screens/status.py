"""Behind the staff's door: this gate, and what is out of order."""

from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, medallion  # noqa: F401 - the layout names them

load_layout("status.kv")


class StatusPane(Pane):
    """See status.kv."""

    def pictogram(self, well: bool | None) -> str:
        """Return the pictogram of how things are; None: that is not known yet."""
        return {True: "tick", False: "warning", None: "moment"}[well]

    def tone(self, well: bool | None) -> str:
        """Return its colour."""
        return {True: "done", False: "warning", None: "accent"}[well]

    def listing(self) -> str:
        """Return the lines in the look's language."""
        return "\n".join(self.look.text(line) for line in self.body.lines)
