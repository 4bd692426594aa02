"""A pictogram on a disc, as large as fits in the middle of its box."""

from kivy.clock import Clock
from kivy.properties import ColorProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from ui.widgets.pictogram import Pictogram
from ui.widgets.surface import Emblem


class Medallion(Widget):
    """`share`: how much of the disc the pictogram takes. `edge`: the colour of a thin line around it.

    Without a name nothing is to be seen of it, however small it was made: a disc of no size is still a dot.
    """

    name = StringProperty("")
    ink = ColorProperty("#000000")
    fill = ColorProperty("#FFFFFF")
    edge = ColorProperty("#FFFFFF")
    share = NumericProperty(0.6)

    def __init__(self, **kwargs: object) -> None:
        self._rim = Emblem()
        self._disc = Emblem()
        self._mark = Pictogram()
        super().__init__(**kwargs)
        for part in (self._rim, self._disc, self._mark):
            self.add_widget(part)
        refresh = Clock.create_trigger(self._show, -1)
        for name in ("name", "ink", "fill", "edge", "share", "pos", "size"):
            self.fbind(name, refresh)
        refresh()

    def _show(self, *_: object) -> None:
        self._mark.name, self._mark.ink, self._mark.ground = self.name, self.ink, self.fill
        self._rim.fill, self._disc.fill = self.edge, self.fill
        side = min(self.size)
        for part, width in ((self._rim, side), (self._disc, max(0, side - 4)), (self._mark, side * self.share)):
            part.opacity = 1 if self.name else 0
            part.size = (width, width)
            part.center = self.center
