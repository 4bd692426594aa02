"""Words in a box: as large as asked for where that fits, smaller where it does not, broken as their language breaks."""

from functools import lru_cache

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty, OptionProperty, StringProperty
from kivy.uix.widget import Widget

from ui.wrapping import LINE_HEIGHT, Fitted, fit

SHARE = {"left": 0.0, "center": 0.5, "right": 1.0}
MEASURED_AT = 48
"""The size of type at which pieces are measured; widths grow in proportion."""


@lru_cache(maxsize=4096)
def width_at_one(piece: str, font: str, bold: bool) -> float:
    """Return the width of a piece at a size of type of 1."""
    width, _ = CoreLabel(font_name=font, font_size=MEASURED_AT, bold=bold).get_extents(piece)
    return float(width) / MEASURED_AT


class FittedWords(Widget):
    """Words that are never clipped: `fitted.whole` says whether they fit at a legible size, and a test holds it so."""

    raw = StringProperty("")
    look = ObjectProperty(None, allownone=True)
    font = StringProperty("")
    """The registered font; nothing: the look's."""
    bold = BooleanProperty(False)
    largest = NumericProperty(24)
    color = ColorProperty("#000000")
    halign = OptionProperty("left", options=("left", "center", "right"))
    valign = OptionProperty("middle", options=("top", "middle", "bottom"))
    used_width = NumericProperty(0)
    used_height = NumericProperty(0)
    """How much of the box the words take."""

    def __init__(self, **kwargs: object) -> None:
        self.fitted = Fitted((), 1, whole=True)
        self._textures: list[Texture] = []
        self._drawings: list[Rectangle] = []
        self._ink: Color | None = None
        self._told: tuple[object, ...] = ()
        super().__init__(**kwargs)
        self._refit = Clock.create_trigger(self._fit, -1)
        self._replace = Clock.create_trigger(self._place, -1)
        for name in ("raw", "look", "font", "bold", "largest", "size"):
            self.fbind(name, self._refit)
        for name in ("pos", "color", "halign", "valign"):
            self.fbind(name, self._replace)
        self._refit()

    @property
    def textures(self) -> list[Texture]:
        """The lines as they are drawn."""
        return list(self._textures)

    def _fit(self, *_: object) -> None:
        if self.look is None or self.width < 2 or self.height < 2:
            # Nothing is left of what stood here when the box had a size.
            self._told, self.fitted, self._textures = (), Fitted((), 1, whole=not self.raw), []
            self._place()
            self.used_width = self.used_height = 0
            return
        font = self.font or self.look.font_for(self.raw)
        wanted = (self.raw, font, self.bold, self.largest, self.width, self.height, self.look.metrics.legible)
        if wanted == self._told:
            self._place()
            return
        self._told = wanted
        self.fitted = fit(
            self.raw,
            lambda piece: width_at_one(piece, font, self.bold),
            self.width,
            self.height,
            round(self.largest),
            min(self.look.metrics.legible, round(self.largest)),
        )
        self._textures = [self._drawn(line, font) for line in self.fitted.lines if line]
        self._place()
        self.used_width = max((texture.width for texture in self._textures), default=0)
        self.used_height = len(self._textures) * self.fitted.size * LINE_HEIGHT

    def _drawn(self, line: str, font: str) -> Texture:
        label = CoreLabel(text=line, font_name=font, font_size=self.fitted.size, bold=self.bold)
        label.refresh()
        return label.texture

    def _place(self, *_: object) -> None:
        pitch = self.fitted.size * LINE_HEIGHT
        whole = len(self._textures) * pitch
        spare = {"top": 0.0, "middle": (self.height - whole) / 2, "bottom": self.height - whole}[self.valign]
        top = self.top - spare
        if len(self._drawings) != len(self._textures):
            self.canvas.clear()
            with self.canvas:
                self._ink = Color(*self.color)
                self._drawings = [Rectangle() for _ in self._textures]
        if self._ink is not None:
            self._ink.rgba = self.color
        for number, (texture, drawing) in enumerate(zip(self._textures, self._drawings, strict=True)):
            width, height = texture.size
            x = self.x + (self.width - width) * SHARE[self.halign]
            y = top - pitch * (number + 0.5) - height / 2
            drawing.texture, drawing.pos, drawing.size = texture, (round(x), round(y)), texture.size
