"""One of the three steps: its picture, its name, and how far it is, by colour, by a badge and in words."""

from kivy.clock import Clock
from kivy.properties import ObjectProperty

from kiosk.view import StepState
from ui.widgets.column import Column
from ui.widgets.fitted import FittedWords
from ui.widgets.pictogram import Pictogram
from ui.widgets.surface import Emblem, Surface
from ui.wrapping import LINE_HEIGHT

MANNER = {
    StepState.NOT_NEEDED: ("surface", "quiet", "dash", "quiet"),
    StepState.WAITING: ("surface", "ink", None, "quiet"),
    StepState.ACTIVE: ("accent", "on_accent", None, "on_accent"),
    StepState.DONE: ("surface", "ink", "tick", "done"),
    StepState.NOT_IN_ORDER: ("hold", "on_hold", "question", "on_hold"),
    StepState.UNAVAILABLE: ("warning", "on_warning", "cross", "on_warning"),
}
"""Ground, ink, badge and the badge's colour of each state."""


LINES = 3.2
"""Lines of a title and of how far the step is, and a little air."""


class StepTile(Surface):
    """A tile; the picture stands beside the words, or above them where the tile is higher than wide."""

    look = ObjectProperty()
    tile = ObjectProperty(None, allownone=True)

    def __init__(self, **kwargs: object) -> None:
        self._mark = Pictogram()
        self._badge_ground = Emblem()
        self._badge = Pictogram()
        self._words = Column()
        self._title = FittedWords(bold=True)
        self._line = FittedWords()
        super().__init__(**kwargs)
        for words in (self._title, self._line):
            self._words.add_widget(words)
        for part in (self._mark, self._badge_ground, self._badge, self._words):
            self.add_widget(part)
        refresh = Clock.create_trigger(self._show, -1)
        for name in ("look", "tile", "pos", "size"):
            self.fbind(name, refresh)
        refresh()

    def _show(self, *_: object) -> None:
        if self.tile is None or self.look is None:
            return
        look, metrics = self.look, self.look.metrics
        ground, ink, badge, badge_ink = MANNER[self.tile.state]
        self.fill, self.edge = look.colour(ground), look.colour("done" if badge == "tick" else "edge")
        self.edge_width = max(2, round(metrics.gap / 6)) * (2 if badge == "tick" else 1)
        self.corner = metrics.corner
        self._mark.name = str(self.tile.step)
        self._mark.ink, self._mark.ground = look.colour(ink), look.colour(ground)
        self._badge.name = badge or ""
        self._badge_ground.fill = look.colour(badge_ink)
        self._badge.ink, self._badge.ground = look.colour(ground), look.colour(badge_ink)
        for words, size, raw in (
            (self._title, metrics.small * 1.06, self.tile.title),
            (self._line, metrics.small, self.tile.line),
        ):
            words.look, words.largest, words.raw = look, size, look.text(raw)
            words.color = look.colour(ink)
        self._place()

    def _place(self) -> None:
        pad = round(self.look.metrics.gap * 0.8)
        high = self.height > self.width * 0.75
        if high:
            # The picture makes room for three lines of words, where there is little.
            left = self.height - 2.5 * pad - LINES * self.look.metrics.legible * LINE_HEIGHT
            side = min(self.width - 2 * pad, self.height * 0.38, max(self.height * 0.2, left))
            mark_x, mark_y = self.center_x - side / 2, self.top - pad - side
            words_x, words_width, words_top = self.x + pad, self.width - 2 * pad, mark_y - pad / 2
        else:
            side = min(self.height - 2 * pad, self.width * 0.27)
            mark_x, mark_y = self.x + pad, self.center_y - side / 2
            words_x, words_top = mark_x + side + pad, self.top - pad
            words_width = self.right - pad - words_x
        self._mark.pos, self._mark.size = (mark_x, mark_y), (side, side)
        self._words.pos = (words_x, self.y + pad)
        self._words.size = (words_width, max(2.0, words_top - self.y - pad))
        self._title.size_hint_y, self._line.size_hint_y = (0.36, 0.64) if high else (0.38, 0.62)
        self._title.halign = self._line.halign = "center" if high else "left"
        # Without a badge its disc would cut a piece out of the picture.
        badge = side * 0.46 if self._badge.name else 0
        self._badge_ground.size = (badge, badge)
        self._badge_ground.pos = (mark_x + side - badge, mark_y - badge * 0.12)
        self._badge.size = (badge * 0.66, badge * 0.66)
        self._badge.center = self._badge_ground.center
