"""One look of the screen: palette, sizes, fonts and language together. A new one redraws what is shown.

The layouts (.kv) ask it for everything that differs between panels, palettes and languages.
"""

from dataclasses import dataclass
from functools import cached_property

from kivy.core.text import LabelBase
from kivy.utils import get_color_from_hex

from ui.fonts import Fonts
from ui.metrics import Metrics, measure
from ui.picture import Because, Picture, Plain, Words
from ui.theme import Palette, Theme
from ui.translation import Translator

Rgba = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """The display that is there: its pixels, and its diagonal in inches."""

    width: int
    height: int
    diagonal_in: float


class Look:
    """How things look just now. Immutable; two pictures with the same manner share one."""

    def __init__(self, theme: Theme, panel: Panel, language: str, *, large_type: bool, high_contrast: bool) -> None:
        self.language = language
        self.large_type = large_type
        self.high_contrast = high_contrast
        self.metrics: Metrics = measure(theme, panel.width, panel.height, panel.diagonal_in, large=large_type)
        self._palette: Palette = theme.palette.contrast if high_contrast else theme.palette.normal
        self._translator = Translator(language)

    def serves(self, picture: Picture) -> bool:
        """Whether a picture is to be drawn in this look."""
        return (self.language, self.large_type, self.high_contrast) == (
            picture.language,
            picture.large_type,
            picture.high_contrast,
        )

    @cached_property
    def font(self) -> str:
        """The name under which the language's font is registered."""
        return font_of(self.language)

    def font_for(self, raw: str) -> str:
        """The name of the font in which every character of these words is to be had."""
        return self.font if _Cut.characters.issuperset(raw.replace("\n", "")) else f"{self.font} whole"

    def text(self, words: Words | None) -> str:
        """Return words in the look's language; nothing for none."""
        match words:
            case None:
                return ""
            case Plain(text):
                return text
            case Because(code, answer, own):
                return self._translator.reason(code, answer, dict(own))
            case _:
                return self._translator.text(words.key, **dict(words.values))

    def colour(self, name: str) -> Rgba:
        """Return a colour of the palette, as Kivy wants it."""
        red, green, blue, alpha = get_color_from_hex(self._palette[name])
        return red, green, blue, alpha


def register_fonts(fonts: Fonts) -> None:
    """Make the fonts known to Kivy by name."""
    families = {
        "chinese": fonts.chinese,
        "others": fonts.others,
        "chinese whole": fonts.whole_chinese,
        "others whole": fonts.whole_others,
    }
    for name, family in families.items():
        LabelBase.register(name, str(family.regular), fn_bold=str(family.bold))
    _Cut.characters = fonts.characters


class _Cut:
    """What the fonts were cut down to when they were registered, for the whole process as the fonts are."""

    characters: frozenset[str] = frozenset()


def font_of(language: str) -> str:
    """Return the registered name of a language's font."""
    return "chinese" if language == "zh" else "others"
