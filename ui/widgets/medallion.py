"""A pictogram on a disc, as large as fits in the middle of its box."""

from kivy.clock import Clock
from kivy.properties import ColorProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from ui.widgets.pictogram import Pictogram
from ui.widgets.surface import Surface


class Medallion(Widget):
    """`share`: how much of the disc the pictogram takes."""

    name = StringProperty("")
    ink = ColorProperty("#000000")
    fill = ColorProperty("#FFFFFF")
    edge = ColorProperty("#FFFFFF")
    share = NumericProperty(0.6)

    def __init__(self, **kwargs: object) -> None:
        self._disc = Surface(edge_width=2)
        self._mark = Pictogram()
        super().__init__(**kwargs)
        self.add_widget(self._disc)
        self.add_widget(self._mark)
        refresh = Clock.create_trigger(self._show, -1)
        for name in ("name", "ink", "fill", "edge", "share", "pos", "size"):
            self.fbind(name, refresh)
        refresh()

    def _show(self, *_: object) -> None:
        self._mark.name, self._mark.ink, self._mark.ground = self.name, self.ink, self.fill
        self._disc.fill, self._disc.edge = self.fill, self.edge
        side = min(self.size)
        self._disc.corner = side / 2
        for part, share in ((self._disc, 1.0), (self._mark, self.share)):
            part.size = (side * share, side * share)
            part.center = self.center
