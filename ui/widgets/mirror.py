"""The visitor's own picture, mirrored as they expect it, with a frame to hold the code in and the found code outlined."""

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, Rectangle, ScissorPop, ScissorPush, SmoothLine
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty
from kivy.uix.widget import Widget

from kiosk.preview import Corners, Preview

FRAME_SHARE = 0.62
"""The side of the frame to hold a code in, of the picture's height."""
DARK = (0.07, 0.09, 0.13, 1.0)
"""Behind the picture: a film's colour in every palette."""
BRACKET = 0.22
"""How much of the frame's side each of its corners is drawn."""
OUTLINES = 3
"""Codes that are outlined at once; more than anybody holds."""


class Mirror(Widget):
    """Fills its box with the newest picture, cutting off what is too wide or high. Without one: the frame alone.

    What is drawn is made once; a new picture only moves pixels and points.
    """

    preview = ObjectProperty(None, allownone=True)
    found = ColorProperty("#00FF00")
    aim = BooleanProperty(True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._texture: Texture | None = None
        with self.canvas:
            Color(*DARK)
            self._film = Rectangle()
            self._light = Color(1, 1, 1, 0)
            self._picture = Rectangle()
            self._outline_colour = Color(1, 1, 1, 1)
            self._cut = ScissorPush()
            self._outlines = [SmoothLine(points=[0, 0, 0, 0], close=True) for _ in range(OUTLINES)]
            ScissorPop()
            self._frame_colour = Color(1, 1, 1, 1)
            self._frame = InstructionGroup()
        lay_out = Clock.create_trigger(self._lay_out, -1)
        for name in ("pos", "size", "found", "aim"):
            self.fbind(name, lay_out)
        lay_out()

    def on_preview(self, _: object, preview: Preview | None) -> None:
        """Take a new picture over into the texture; the pixels themselves are not touched."""
        if preview is not None:
            size = (preview.width, preview.height)
            if self._texture is None or self._texture.size != size:
                self._texture = Texture.create(size=size, colorfmt="rgb")
                self._picture.texture = self._texture
            self._texture.blit_buffer(preview.rgb, colorfmt="rgb", bufferfmt="ubyte")
        self._show()

    def _lay_out(self, *_: object) -> None:
        self._film.pos = self.pos
        self._picture.pos, self._picture.size = self.pos, self.size
        self._cut.x, self._cut.y = int(self.x), int(self.y)
        self._cut.width, self._cut.height = int(self.width), int(self.height)
        self._outline_colour.rgba = self.found
        self._frame_colour.a = 1 if self.aim else 0
        self._frame.clear()
        half = min(self.size) * FRAME_SHARE / 2
        arm = 2 * half * BRACKET
        for across, up in ((-1, -1), (-1, 1), (1, 1), (1, -1)):
            x, y = self.center_x + across * half, self.center_y + up * half
            points = (x - across * arm, y, x, y, x, y - up * arm)
            self._frame.add(SmoothLine(points=points, width=max(2.0, min(self.size) / 70)))
        self._show()

    def _show(self) -> None:
        preview: Preview | None = self.preview
        self._light.a = 0 if preview is None else 1
        # What the picture hides is not drawn.
        self._film.size = self.size if preview is None else (0, 0)
        codes = () if preview is None else preview.codes[:OUTLINES]
        scale = 1.0
        if preview is not None:
            scale = max(self.width / preview.width, self.height / preview.height)
            across, up = self.width / scale / preview.width, self.height / scale / preview.height
            left, right, low, high = 0.5 - across / 2, 0.5 + across / 2, 0.5 - up / 2, 0.5 + up / 2
            # Mirrored: what is right in the camera's picture is left here. Its rows come from above.
            self._picture.tex_coords = (right, high, left, high, left, low, right, low)
        for number, line in enumerate(self._outlines):
            shown = preview is not None and number < len(codes)
            line.width = max(2.0, self.height / 80)
            line.points = self._outline(codes[number], preview, scale) if shown and preview is not None else [0, 0, 0, 0]
        self.canvas.ask_update()

    def _outline(self, corners: Corners, preview: Preview, scale: float) -> list[float]:
        points: list[float] = []
        for x, y in corners:
            points += [self.center_x - (x - preview.width / 2) * scale, self.center_y - (y - preview.height / 2) * scale]
        return points
