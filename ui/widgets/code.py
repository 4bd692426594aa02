"""A QR code: one pixel of a texture for a module, drawn as large as whole pixels allow."""

from concurrent.futures import Executor

import segno
from kivy.clock import Clock
from kivy.graphics import Color, Rectangle, SmoothRoundedRectangle
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.widget import Widget

QUIET = 4
"""Modules of white around the code (ISO/IEC 18004)."""

Modules = tuple[int, bytes]
"""Modules along a side, quiet zone included, and one byte for each, row by row from below: 0 or 255."""


def modules_of(text: str) -> Modules:
    """Encode a text, with error correction M: a screen has scratches and reflections."""
    rows = [bytes(0 if dark else 255 for dark in row) for row in segno.make_qr(text, error="m").matrix_iter(border=QUIET)]
    return len(rows), b"".join(reversed(rows))


class Code(Widget):
    """Shows `content` as a QR code; encoding is done by `workers`, not in Kivy's thread."""

    content = StringProperty("")
    corner = NumericProperty(0)
    workers: Executor | None = None
    """Set once by the application for all codes."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._modules: Modules | None = None
        self._texture: Texture | None = None
        self._redraw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "corner"):
            self.fbind(name, self._redraw)

    def on_content(self, _: object, content: str) -> None:
        """Encode what is to be shown, elsewhere; until then nothing is."""
        self._take(content, None)
        if not content:
            return
        if self.workers is None:
            self._take(content, modules_of(content))
            return
        coming = self.workers.submit(modules_of, content)
        coming.add_done_callback(lambda done: Clock.schedule_once(lambda _: self._take(content, done.result())))

    def _take(self, content: str, modules: Modules | None) -> None:
        if content != self.content:
            return
        self._modules, self._texture = modules, None
        if modules is not None:
            side, levels = modules
            self._texture = Texture.create(size=(side, side), colorfmt="luminance")
            self._texture.mag_filter = "nearest"
            self._texture.blit_buffer(levels, colorfmt="luminance", bufferfmt="ubyte")
        self._redraw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if self._modules is None or self._texture is None:
            return
        side = self._modules[0] * max(1, int(min(self.size) // self._modules[0]))
        card = min(self.size)
        with self.canvas:
            Color(1, 1, 1, 1)
            SmoothRoundedRectangle(
                pos=(self.center_x - card / 2, self.center_y - card / 2),
                size=(card, card),
                radius=[max(0.01, self.corner)] * 4,
            )
            Rectangle(
                texture=self._texture,
                pos=(round(self.center_x - side / 2), round(self.center_y - side / 2)),
                size=(side, side),
            )
