"""The visitor's own picture, mirrored as they expect it, with a frame to hold the code in and the found code outlined."""

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle, ScissorPop, ScissorPush, SmoothLine
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


class Mirror(Widget):
    """Fills its box with the newest picture, cutting off what is too wide or high. Without one: the frame alone."""

    preview = ObjectProperty(None, allownone=True)
    found = ColorProperty("#00FF00")
    aim = BooleanProperty(True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._texture: Texture | None = None
        redraw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "preview", "found", "aim"):
            self.fbind(name, redraw)

    def on_preview(self, _: object, preview: Preview | None) -> None:
        """Take a new picture over into the texture; the pixels themselves are not touched."""
        if preview is None:
            return
        size = (preview.width, preview.height)
        if self._texture is None or self._texture.size != size:
            self._texture = Texture.create(size=size, colorfmt="rgb")
        self._texture.blit_buffer(preview.rgb, colorfmt="rgb", bufferfmt="ubyte")

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        with self.canvas:
            Color(*DARK)
            Rectangle(pos=self.pos, size=self.size)
            if self.preview is not None and self._texture is not None:
                self._picture(self.preview)
            if self.aim:
                Color(1, 1, 1, 1)
                self._brackets()

    def _picture(self, preview: Preview) -> None:
        scale = max(self.width / preview.width, self.height / preview.height)
        across, up = self.width / scale / preview.width, self.height / scale / preview.height
        left, right = 0.5 - across / 2, 0.5 + across / 2
        low, high = 0.5 - up / 2, 0.5 + up / 2
        Color(1, 1, 1, 1)
        # Mirrored: what is right in the camera's picture is left here. Its rows come from above.
        Rectangle(
            texture=self._texture,
            pos=self.pos,
            size=self.size,
            tex_coords=(right, high, left, high, left, low, right, low),
        )
        Color(*self.found)
        ScissorPush(x=int(self.x), y=int(self.y), width=int(self.width), height=int(self.height))
        for corners in preview.codes:
            SmoothLine(points=self._outline(corners, preview, scale), width=max(2.0, self.height / 80), close=True)
        ScissorPop()

    def _outline(self, corners: Corners, preview: Preview, scale: float) -> list[float]:
        points: list[float] = []
        for x, y in corners:
            points += [self.center_x - (x - preview.width / 2) * scale, self.center_y - (y - preview.height / 2) * scale]
        return points

    def _brackets(self) -> None:
        half = min(self.size) * FRAME_SHARE / 2
        arm = 2 * half * BRACKET
        for across, up in ((-1, -1), (-1, 1), (1, 1), (1, -1)):
            x, y = self.center_x + across * half, self.center_y + up * half
            SmoothLine(points=(x - across * arm, y, x, y, x, y - up * arm), width=max(2.0, min(self.size) / 70))
