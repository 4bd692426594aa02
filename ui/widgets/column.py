"""Words one below the other, close together, as one block in the middle of their box."""

from kivy.clock import Clock
from kivy.properties import NumericProperty
from kivy.uix.widget import Widget

from ui.widgets.fitted import FittedWords


class Column(Widget):
    """Its children are FittedWords. Each may be as high as its share (`size_hint_y`) of those that have something to say."""

    spacing = NumericProperty(0)

    def __init__(self, **kwargs: object) -> None:
        self._again = Clock.create_trigger(self._place, -1)
        super().__init__(**kwargs)
        for name in ("pos", "size", "spacing"):
            self.fbind(name, self._again)

    def add_widget(self, widget: FittedWords, *args: object, **kwargs: object) -> None:
        """Add words below the others."""
        super().add_widget(widget, *args, **kwargs)
        for name in ("raw", "used_height", "size_hint_y"):
            widget.fbind(name, self._again)
        self._again()

    def _place(self, *_: object) -> None:
        speaking = [words for words in reversed(self.children) if words.raw]
        free = max(0.0, self.height - self.spacing * (len(speaking) - 1))
        whole = sum(words.size_hint_y for words in speaking)
        taken = sum(words.used_height for words in speaking) + self.spacing * (len(speaking) - 1)
        top = self.center_y + taken / 2
        for words in self.children:
            if words not in speaking:
                words.size = (0, 0)
        for words in speaking:
            words.valign = "top"
            words.size = (self.width, free * words.size_hint_y / whole)
            words.pos = (self.x, top - words.height)
            top -= words.used_height + self.spacing
