"""One row of a guard's cue card: what it is for at its left, its words beside it."""

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from ui.widgets.fitted import FittedWords

LABEL_SHARE = 0.17
"""How much of the row's width is for what it is for."""


class CardRow(Widget):
    """`strong`: what is said aloud."""

    look = ObjectProperty(None, allownone=True)
    label = StringProperty("")
    words = StringProperty("")
    strong = BooleanProperty(False)

    def __init__(self, **kwargs: object) -> None:
        self._label = FittedWords(bold=True)
        self._words = FittedWords()
        super().__init__(**kwargs)
        for part in (self._label, self._words):
            self.add_widget(part)
        refresh = Clock.create_trigger(self._show, -1)
        for name in ("look", "label", "words", "strong", "pos", "size"):
            self.fbind(name, refresh)
        refresh()

    def _show(self, *_: object) -> None:
        look = self.look
        if look is None:
            return
        gap = look.metrics.gap
        share = round(self.width * LABEL_SHARE)
        self._label.pos, self._label.size = self.pos, (share, self.height)
        self._words.pos, self._words.size = (self.x + share + gap, self.y), (max(0, self.width - share - gap), self.height)
        for part, raw, size in ((self._label, self.label, look.metrics.small), (self._words, self.words, look.metrics.body)):
            part.look, part.largest, part.raw = look, size, raw
        self._words.bold = self.strong
        self._label.color, self._words.color = look.colour("accent"), look.colour("ink")
