"""A guard's cue card: what the visitor was told, what to say, what to do, whom to call."""

from ui.picture import Say
from ui.screens.pane import Pane, load_layout
from ui.widgets import card_row, fitted  # noqa: F401 - the layout names them

load_layout("card.kv")


class CardPane(Pane):
    """See card.kv."""

    told_label = Say("card.told")
    say_label = Say("card.say")
    do_label = Say("card.do")
    call_label = Say("card.call")
