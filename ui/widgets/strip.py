"""The strip at the upper edge: what is out of order, and that all this is a simulation."""

from kivy.uix.widget import Widget

from ui.look import Look
from ui.picture import Banner
from ui.widgets.fitted import FittedWords, width_at_one
from ui.widgets.pictogram import Pictogram
from ui.widgets.surface import Surface
from ui.wrapping import LINE_HEIGHT


class Strip(Widget):
    """The banners side by side, in as many rows as their words need. It has no height when there are none."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._shown: tuple[object, ...] = ()
        self._rows: list[list[_Chip]] = []
        self._heights: list[int] = []
        self.bind(pos=self._place, width=self._place)

    def show(self, banners: tuple[Banner, ...], simulation: Banner | None, look: Look) -> None:
        """Show these banners."""
        if (banners, simulation, look) == self._shown:
            return
        self._shown = (banners, simulation, look)
        self.clear_widgets()
        everything = banners if simulation is None else (*banners, simulation)
        self._rows = []
        taken = self.width
        for chip in (_Chip(banner, look) for banner in everything):
            self.add_widget(chip)
            if taken + chip.least_width > self.width:
                self._rows.append([])
                taken = 0.0
            self._rows[-1].append(chip)
            taken += chip.least_width
        self._heights = [_height(row, self.width, look, crowded=len(self._rows) > 1) for row in self._rows]
        self.height = sum(self._heights)
        self._place()

    def prepare(self, banners: tuple[Banner, ...], look: Look) -> None:
        """Draw the pictograms of banners before they are wanted."""
        for banner in banners:
            _Chip(banner, look).size = (self.width / 2, look.metrics.strip)

    def _place(self, *_: object) -> None:
        low = self.top
        for row, height in zip(self._rows, self._heights, strict=True):
            low -= height
            # What has no words needs no more room; but for a row of pictograms alone.
            wide = [chip for chip in row if not chip.brief] or row
            spare = (self.width - sum(chip.least_width for chip in row)) / len(wide)
            x = self.x
            for chip in row:
                width = chip.least_width + (spare if chip in wide else 0)
                chip.pos = (round(x), round(low))
                chip.size = (round(width) + 1, height)
                x += width


def _height(row: "list[_Chip]", width: float, look: Look, *, crowded: bool) -> int:
    """Return a row's height: words that are too long for one line have two; one of several rows is as low as may be."""
    line = look.metrics.legible * LINE_HEIGHT
    long = any(chip.least_width > width for chip in row)
    return round(min(look.metrics.strip, line * 1.25) if crowded else look.metrics.strip) + (round(line) if long else 0)


class _Chip(Surface):
    def __init__(self, banner: Banner, look: Look) -> None:
        super().__init__(fill=look.colour(banner.tone))
        metrics = look.metrics
        ink = look.colour(f"on_{banner.tone}")
        raw = "" if banner.brief else look.text(banner.words)
        self.brief = banner.brief
        self._pad = round(metrics.gap * 0.6)
        self._side = metrics.strip - self._pad
        words_width = width_at_one(raw, look.font, True) * metrics.legible * 1.02 + 2 * self._pad if raw else 0.0
        self.least_width = self._side + 2 * self._pad + words_width
        self._mark = Pictogram(name=banner.pictogram, ink=ink, ground=look.colour(banner.tone))
        self._words = FittedWords(raw=raw, look=look, largest=metrics.small, bold=True, color=ink)
        self.add_widget(self._mark)
        self.add_widget(self._words)
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: object) -> None:
        side = min(self._side, self.height - self._pad / 2)
        self._mark.size = (side, side)
        self._mark.pos = (self.x + self._pad + (self._side - side) / 2, self.center_y - side / 2)
        begin = self.x + self._side + 2 * self._pad
        self._words.pos = (begin, self.y)
        self._words.size = (max(0, self.right - self._pad - begin), self.height)
