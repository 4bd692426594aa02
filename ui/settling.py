"""Lets layouts, words and canvases come to rest without showing anything: for pictures, not for the kiosk."""

from kivy.clock import Clock
from kivy.lang import Builder


def settle(turns: int) -> None:
    """Turn Kivy's clock so often. Each turn may move what the next one draws."""
    for _ in range(turns):
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()
