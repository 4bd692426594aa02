"""Draws a pictogram with Kivy's own canvas instructions, smooth at every size."""

from kivy.clock import Clock
from kivy.graphics import Color, Mesh, SmoothEllipse, SmoothLine, SmoothRoundedRectangle
from kivy.properties import ColorProperty, StringProperty
from kivy.uix.widget import Widget

from ui.pictograms import PICTOGRAMS, Area, Box, Disc, Mark, Point, Stroke


class Pictogram(Widget):
    """One pictogram, as large as fits in the middle of the widget. `ink` draws, `ground` cuts out."""

    name = StringProperty("")
    ink = ColorProperty("#000000")
    ground = ColorProperty("#FFFFFF")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        redraw = Clock.create_trigger(self._draw, -1)
        self.fbind("name", redraw)
        self.fbind("ink", redraw)
        self.fbind("ground", redraw)
        self.fbind("size", redraw)
        self.fbind("pos", redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if not self.name:
            return
        side = min(self.width, self.height)
        pen = _Pen(side / 100, self.center_x - side / 2, self.center_y - side / 2)
        with self.canvas:
            for mark in PICTOGRAMS[self.name]:
                Color(*(self.ground if mark.cut else self.ink))
                pen.draw(mark)


class _Pen:
    """Where the square of 100 by 100 lies on the canvas."""

    def __init__(self, scale: float, x: float, y: float) -> None:
        self._scale = scale
        self._x = x
        self._y = y

    def draw(self, mark: Mark) -> None:
        match mark:
            case Disc(x, y, radius):
                left, low = self._at((x - radius, y - radius))
                SmoothEllipse(pos=(left, low), size=(2 * radius * self._scale,) * 2)
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
        return self._x + point[0] * self._scale, self._y + point[1] * self._scale
