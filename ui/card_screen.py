"""What is wrong with the card, on the screen of a kiosk that cannot start for it: words alone, until it is corrected."""

import os
from dataclasses import dataclass
from pathlib import Path

from ui import kivy_environment, theme
from ui.display import find_display
from ui.fonts import ALWAYS, Cutter

DIAGONAL_IN = 7.0
"""Nobody has said yet how large the panel is: the smallest that is asked for."""
MISTAKE_HIGH = 2.0
"""The mistake has so many times the room of a line."""
NAME = "Gatepost: "
"""What each line begins with in a file that stands among others."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the answer: in Chinese, whose characters have shapes of their own, and whether it is the mistake itself."""

    text: str
    chinese: bool = False
    mistake: bool = False


def paragraphs(answer: str) -> tuple[Paragraph, ...]:
    """Return what is shown of an answer: one line each in Chinese, English, Japanese and Korean, and then the mistake."""
    heads, _, mistake = answer.partition("\n\n")
    said = tuple(Paragraph(line.removeprefix(NAME), chinese=number == 0) for number, line in enumerate(heads.splitlines()))
    return (*said, Paragraph(" ".join(mistake.split()), mistake=True))


def show_mistake(answer: str, cache: Path) -> None:
    """Show an answer on the whole display until the process is ended. Raises DeviceLost: no display, or no font."""
    driver = find_display(os.environ)
    fonts = Cutter(cache, ALWAYS | (frozenset(answer) - {"\n"})).find()
    kivy_environment.prepare(driver, cache, None)
    kivy_environment.check_window()

    from kivy.base import runTouchApp
    from kivy.core.window import Window
    from kivy.uix.boxlayout import BoxLayout

    from ui.look import Look, Panel, font_of, register_fonts
    from ui.widgets.fitted import FittedWords

    register_fonts(fonts)
    look = Look(theme.load(), Panel(Window.width, Window.height, DIAGONAL_IN), "en", large_type=False, high_contrast=False)
    Window.clearcolor = look.colour("ground")
    margin = look.metrics.gap * 2
    page = BoxLayout(orientation="vertical", padding=margin, spacing=look.metrics.gap)
    for one in paragraphs(answer):
        words = FittedWords(
            raw=one.text,
            look=look,
            font=font_of("zh" if one.chinese else "en"),
            bold=one.mistake,
            largest=look.metrics.body,
            color=look.colour("refuse" if one.mistake else "ink"),
            size_hint_y=MISTAKE_HIGH if one.mistake else 1.0,
        )
        page.add_widget(words)
    # SIGTERM reaches us as a closing window: that one ends it, a key does not.
    Window.bind(on_keyboard=lambda *_, **__: True)
    Window.add_widget(page)
    runTouchApp()
