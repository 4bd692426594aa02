"""The strip at the upper edge: what is out of order, and that all this is a simulation."""

from kivy.uix.widget import Widget

from ui.look import Look
from ui.picture import Banner
from ui.widgets.fitted import FittedWords
from ui.widgets.pictogram import Pictogram
from ui.widgets.surface import Surface

SIMULATION_SHARE = 0.26


class Strip(Widget):
    """The banners side by side; the simulation has a place of its own at the right."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._shown: tuple[object, ...] = ()
        self._chips: list[tuple[_Chip, float]] = []
        self.bind(pos=self._place, width=self._place)

    def show(self, banners: tuple[Banner, ...], simulation: Banner | None, look: Look) -> None:
        """Show these banners. The strip has no height when there are none."""
        if (banners, simulation, look) == self._shown:
            return
        self._shown = (banners, simulation, look)
        self.clear_widgets()
        alone = simulation is not None and not banners
        left = 1.0 if simulation is None else (0.0 if alone else 1.0 - SIMULATION_SHARE)
        self._chips = [(_Chip(banner, look), left / len(banners)) for banner in banners]
        if simulation is not None:
            self._chips.append((_Chip(simulation, look), 1.0 - left))
        for chip, _ in self._chips:
            self.add_widget(chip)
        self.height = look.metrics.strip * (1 if self._chips else 0)
        self._place()

    def _place(self, *_: object) -> None:
        x = self.x
        for number, (chip, share) in enumerate(self._chips):
            last = number == len(self._chips) - 1
            chip.pos = (round(x), self.y)
            chip.size = (self.right - round(x) if last else round(self.width * share), self.height)
            x += self.width * share


class _Chip(Surface):
    def __init__(self, banner: Banner, look: Look) -> None:
        super().__init__(fill=look.colour(banner.tone))
        metrics = look.metrics
        ink = look.colour(f"on_{banner.tone}")
        self._pad = round(metrics.gap * 0.6)
        self._mark = Pictogram(name=banner.pictogram, ink=ink, ground=look.colour(banner.tone))
        self._words = FittedWords(raw=look.text(banner.words), look=look, largest=metrics.small, bold=True, color=ink)
        self.add_widget(self._mark)
        self.add_widget(self._words)
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: object) -> None:
        side = max(0, self.height - self._pad)
        self._mark.size = (side, side)
        self._mark.pos = (self.x + self._pad, self.center_y - side / 2)
        begin = self.x + side + 2 * self._pad
        self._words.pos = (begin, self.y)
        self._words.size = (max(0, self.right - self._pad - begin), self.height)
