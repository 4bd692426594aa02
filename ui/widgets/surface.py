"""Backgrounds: a rounded surface with an edge, and the three shapes of an answer."""

from math import cos, pi, sin

from kivy.clock import Clock
from kivy.graphics import Color, Mesh, SmoothEllipse, SmoothLine, SmoothRoundedRectangle
from kivy.properties import ColorProperty, NumericProperty, OptionProperty
from kivy.uix.widget import Widget


class Surface(Widget):
    """A rounded rectangle behind its children, with an edge where `edge_width` is not 0."""

    fill = ColorProperty("#FFFFFF")
    edge = ColorProperty("#000000")
    edge_width = NumericProperty(0)
    corner = NumericProperty(0)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        redraw = Clock.create_trigger(self._draw, -1)
        for name in ("fill", "edge", "edge_width", "corner", "pos", "size"):
            self.fbind(name, redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        canvas = self.canvas.before
        canvas.clear()
        if self.width < 1 or self.height < 1:
            return
        radius = max(0.01, min(self.corner, min(self.size) / 2))
        with canvas:
            if self.edge_width:
                Color(*self.edge)
                SmoothRoundedRectangle(pos=self.pos, size=self.size, radius=[radius] * 4)
            inset = self.edge_width
            Color(*self.fill)
            SmoothRoundedRectangle(
                pos=(self.x + inset, self.y + inset),
                size=(max(1, self.width - 2 * inset), max(1, self.height - 2 * inset)),
                radius=[max(0.01, radius - inset)] * 4,
            )


class Emblem(Widget):
    """The outline that an answer is known by, without its colour: circle, rounded square, octagon."""

    shape = OptionProperty("admit", options=("admit", "hold", "refuse"))
    fill = ColorProperty("#FFFFFF")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        redraw = Clock.create_trigger(self._draw, -1)
        for name in ("shape", "fill", "pos", "size"):
            self.fbind(name, redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        canvas = self.canvas.before
        canvas.clear()
        side = min(self.size)
        corner = (self.center_x - side / 2, self.center_y - side / 2)
        with canvas:
            Color(*self.fill)
            match self.shape:
                case "admit":
                    SmoothEllipse(pos=corner, size=(side, side))
                case "hold":
                    SmoothRoundedRectangle(pos=corner, size=(side, side), radius=[max(0.01, side * 0.14)] * 4)
                case _:
                    self._octagon(side / 2 / cos(pi / 8))

    def _octagon(self, radius: float) -> None:
        turns = (pi / 8 + number * pi / 4 for number in range(8))
        points = [(self.center_x + radius * cos(turn), self.center_y + radius * sin(turn)) for turn in turns]
        Mesh(
            vertices=[number for x, y in points for number in (x, y, 0.0, 0.0)],
            indices=list(range(8)),
            mode="triangle_fan",
        )
        SmoothLine(points=[number for point in points for number in point], width=1.0, close=True)
