"""The answer, by colour, shape and word, as large as the screen."""

from kiosk.model import Answer
from ui.screens.pane import Pane, load_layout
from ui.widgets import fitted, pictogram, surface  # noqa: F401 - the layout names them

load_layout("answer.kv")

PICTURES = {Answer.ADMIT: "tick", Answer.HOLD: "hand", Answer.REFUSE: "cross"}


class AnswerPane(Pane):
    """See answer.kv."""

    def picture(self, answer: Answer) -> str:
        """Return the pictogram of an answer."""
        return PICTURES[answer]
