"""A temperature as it settles: a scale, and on it a band as wide as the uncertainty, which grows narrow."""

from kivy.clock import Clock
from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty
from kivy.uix.widget import Widget

COLDEST_C = 34.0
WARMEST_C = 40.0


class Gauge(Widget):
    """The band from `low_c` to `high_c`, in degrees; beyond the scale's ends it is drawn at the end."""

    low_c = NumericProperty(COLDEST_C)
    high_c = NumericProperty(COLDEST_C)
    settled = BooleanProperty(False)
    scale = ColorProperty("#CCCCCC")
    band = ColorProperty("#000000")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        redraw = Clock.create_trigger(self._draw, -1)
        for name in ("low_c", "high_c", "settled", "scale", "band", "pos", "size"):
            self.fbind(name, redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if self.height < 1 or self.width < 1:
            return
        rail = self.height * 0.34
        left, right = self._place(self.low_c), self._place(self.high_c)
        right = max(right, left + self.height)
        with self.canvas:
            Color(*self.scale)
            SmoothRoundedRectangle(pos=(self.x, self.center_y - rail / 2), size=(self.width, rail), radius=[rail / 2] * 4)
            Color(*self.band)
            SmoothRoundedRectangle(pos=(left, self.y), size=(right - left, self.height), radius=[self.height / 2] * 4)

    def _place(self, degrees: float) -> float:
        share = (degrees - COLDEST_C) / (WARMEST_C - COLDEST_C)
        return float(self.x + max(0.0, min(1.0, share)) * self.width)
