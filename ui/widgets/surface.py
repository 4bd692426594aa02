"""Backgrounds: a rounded surface with an edge, and the three shapes of an answer."""

from functools import lru_cache
from math import cos, hypot, pi, sin

from kivy.clock import Clock
from kivy.graphics import BorderImage, Color, Mesh, SmoothEllipse, SmoothLine, SmoothRoundedRectangle
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, OptionProperty
from kivy.uix.widget import Widget

Rgba = tuple[float, float, float, float]


class Surface(Widget):
    """A rounded rectangle behind its children, with an edge where `edge_width` is not 0.

    One that is not to be seen has `shown` False: what is drawn in no colour costs as much as what is seen.
    """

    fill = ColorProperty("#FFFFFF")
    edge = ColorProperty("#000000")
    edge_width = NumericProperty(0)
    corner = NumericProperty(0)
    shown = BooleanProperty(True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.canvas.before:
            Color(1, 1, 1, 1)
            self._drawing = BorderImage(size=(0, 0))
        redraw = Clock.create_trigger(self._draw, -1)
        for name in ("fill", "edge", "edge_width", "corner", "shown", "pos", "size"):
            self.fbind(name, redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        radius = min(round(self.corner), int(min(self.size) / 2))
        width = round(self.edge_width)
        self._drawing.texture = corners(radius, width, tuple(self.fill), tuple(self.edge if width else self.fill))
        # A border is drawn whole, whatever the size.
        self._drawing.border = [max(radius, width, 1) if self.shown else 0] * 4
        self._drawing.pos = (round(self.x), round(self.y))
        self._drawing.size = (max(0, round(self.width)), max(0, round(self.height))) if self.shown else (0, 0)


@lru_cache(maxsize=64)
def corners(radius: int, edge_width: int, fill: Rgba, edge: Rgba) -> Texture:
    """Return the four corners of a rounded rectangle, for a BorderImage to stretch what lies between them."""
    border = max(radius, edge_width, 1)
    side = 2 * border + 2
    rows = bytearray()
    for row in range(side):
        for column in range(side):
            outer = _cover(column, row, side, radius, 0)
            inner = _cover(column, row, side, radius, edge_width)
            mixed = (edge[band] + (fill[band] - edge[band]) * inner for band in range(3))
            rows += bytes([*(round(level * 255) for level in mixed), round(fill[3] * outer * 255)])
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(bytes(rows), colorfmt="rgba", bufferfmt="ubyte")
    return texture


def _cover(column: int, row: int, side: int, radius: int, inset: int) -> float:
    """How much of a pixel lies within the rounded rectangle that is inset by so many pixels."""
    half = side / 2 - inset
    curve = max(0.0, radius - inset)
    across, up = (abs(at + 0.5 - side / 2) - (half - curve) for at in (column, row))
    outside = hypot(max(across, 0.0), max(up, 0.0)) + min(max(across, up), 0.0) - curve
    return max(0.0, min(1.0, 0.5 - outside))


class Emblem(Widget):
    """The outline that an answer is known by, without its colour: circle, rounded square, octagon; or a plain disc."""

    shape = OptionProperty("disc", options=("disc", "admit", "hold", "refuse"))
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
                case "admit" | "disc":
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
