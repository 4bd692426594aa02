"""Draws a pictogram with Kivy's own canvas instructions, once for each size and colour, and keeps the picture."""

from functools import lru_cache

from kivy.clock import Clock
from kivy.graphics import (
    ClearBuffers,
    ClearColor,
    Color,
    Fbo,
    Mesh,
    Rectangle,
    SmoothEllipse,
    SmoothLine,
    SmoothRoundedRectangle,
)
from kivy.graphics.texture import Texture
from kivy.properties import ColorProperty, StringProperty
from kivy.uix.widget import Widget

from ui.pictograms import PICTOGRAMS, Area, Box, Disc, Mark, Point, Stroke

Rgba = tuple[float, float, float, float]
KEPT = 160
"""Pictures that are kept: all of two looks. Each instruction of Kivy's takes 30 to 200 kB, a small picture less."""


SMALL = 120
"""Pixels of the side up to which a picture is drawn four times as large, beyond it twice."""


class Pictogram(Widget):
    """One pictogram, as large as fits in the middle of the widget. `ink` draws, on `ground`, which fills its square."""

    name = StringProperty("")
    ink = ColorProperty("#000000")
    ground = ColorProperty("#FFFFFF")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            Color(1, 1, 1, 1)
            self._drawing = Rectangle(size=(0, 0))
        redraw = Clock.create_trigger(self._draw, -1)
        for name in ("name", "ink", "ground", "size", "pos"):
            self.fbind(name, redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        side = round(min(self.width, self.height))
        if not self.name or side < 4:
            self._drawing.size = (0, 0)
            return
        self._drawing.texture = drawn(self.name, side, tuple(self.ink), tuple(self.ground))
        self._drawing.pos = (round(self.center_x - side / 2), round(self.center_y - side / 2))
        self._drawing.size = (side, side)


@lru_cache(maxsize=KEPT)
def drawn(name: str, side: int, ink: Rgba, ground: Rgba) -> Texture:
    """Return the picture of a pictogram: drawn larger and halved until it has its size, so that small ones are clean."""
    halvings = 2 if side <= SMALL else 1
    texture = _drawn_at(name, side << halvings, ink, ground)
    for halving in reversed(range(halvings)):
        texture = _reduced(texture, side << halving)
    return texture


def _reduced(texture: Texture, side: int) -> Texture:
    """Return a picture at half its size: each pixel is the mean of four."""
    buffer = Fbo(size=(side, side))
    with buffer:
        ClearBuffers()
        Color(1, 1, 1, 1)
        Rectangle(texture=texture, size=(side, side))
    buffer.draw()
    return buffer.texture


def _drawn_at(name: str, side: int, ink: Rgba, ground: Rgba) -> Texture:
    buffer = Fbo(size=(side, side))
    with buffer:
        # A ground that is seen through would darken every edge.
        ClearColor(*ground)
        ClearBuffers()
        pen = _Pen(side / 100)
        for mark in PICTOGRAMS[name]:
            Color(*(ground if mark.cut else ink))
            pen.draw(mark)
    buffer.draw()
    return buffer.texture


class _Pen:
    """Draws marks of the square of 100 by 100 at a scale."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def draw(self, mark: Mark) -> None:
        match mark:
            case Disc(x, y, radius):
                SmoothEllipse(pos=self._at((x - radius, y - radius)), size=(2 * radius * self._scale,) * 2)
            case Box(x, y, width, height, radius):
                SmoothRoundedRectangle(
                    pos=self._at((x, y)),
                    size=(width * self._scale, height * self._scale),
                    radius=[max(0.01, radius * self._scale)] * 4,
                )
            case Area(points):
                self._fill(points)
            case Stroke(points, width, closed):
                self._stroke(points, width, closed=closed)

    def _fill(self, points: tuple[Point, ...]) -> None:
        flat = [self._at(point) for point in points]
        vertices = [number for x, y in flat for number in (x, y, 0.0, 0.0)]
        Mesh(vertices=vertices, indices=list(range(len(flat))), mode="triangle_fan")
        SmoothLine(points=[number for point in flat for number in point], width=1.0, close=True)

    def _stroke(self, points: tuple[Point, ...], width: float, *, closed: bool) -> None:
        half = width * self._scale / 2
        flat = [self._at(point) for point in points]
        if closed and flat[0] == flat[-1]:
            flat.pop()
        SmoothLine(points=[number for point in flat for number in point], width=max(1.0, half), close=closed)
        if len(flat) < 8 and half > 1:
            for x, y in flat:
                SmoothEllipse(pos=(x - half, y - half), size=(2 * half, 2 * half))

    def _at(self, point: Point) -> Point:
        return point[0] * self._scale, point[1] * self._scale
