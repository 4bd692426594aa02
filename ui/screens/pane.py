"""What every screen is: a box with a look and a body; its layout file says where things are."""

from pathlib import Path

from kivy.lang import Builder
from kivy.properties import ObjectProperty
from kivy.uix.boxlayout import BoxLayout

FOLDER = Path(__file__).parent


class Pane(BoxLayout):
    """A screen. Whoever makes one gives it look and body; a layout then follows every change of either."""

    look = ObjectProperty(rebind=True)
    body = ObjectProperty(rebind=True)


def load_layout(name: str) -> None:
    """Read a layout file beside this one, once."""
    path = str(FOLDER / name)
    if path not in Builder.files:
        Builder.load_file(path)
