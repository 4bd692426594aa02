"""The pins of the simulated world, with whoever drives them and what pulls them when nobody does."""

from collections.abc import Hashable
from dataclasses import dataclass

from drivers.simulated.protocol import Cause, PinEdge


@dataclass(slots=True)
class Pin:
    """One pin: its level, and its owner while that drives it."""

    level: bool
    owner: Hashable | None = None


class Board:
    """Levels and owners of all pins. Every pin has a pull; an output without its owner floats to it."""

    def __init__(self, pulled_up: frozenset[int] = frozenset()) -> None:
        """Make a board whose pins are pulled down but for `pulled_up`."""
        self._pulled_up = pulled_up
        self._pins: dict[int, Pin] = {}

    def level(self, number: int) -> bool:
        """Return the level now on a pin."""
        return self._pin(number).level

    def drive(self, number: int, level: bool, owner: Hashable, at: float) -> PinEdge | None:
        """Let an owner drive a pin; the edge, if that changes it."""
        self._pin(number).owner = owner
        return self._change(number, level, at, "driven")

    def let_go(self, number: int, owner: Hashable, at: float) -> PinEdge | None:
        """Let a pin float that this owner drove; the edge, if that changes it. Others' pins stay as they are."""
        pin = self._pin(number)
        if pin.owner != owner:
            return None
        pin.owner = None
        return self._change(number, number in self._pulled_up, at, "floating")

    def lose(self, owner: Hashable, at: float) -> list[PinEdge]:
        """Let all pins of an owner float."""
        edges = [self.let_go(number, owner, at) for number, pin in self._pins.items() if pin.owner == owner]
        return [edge for edge in edges if edge is not None]

    def feed(self, number: int, level: bool, at: float) -> PinEdge | None:
        """Put the world's own level on a pin that nobody else drives; the edge, if that changes it."""
        if self._pin(number).owner is not None:
            return None
        return self._change(number, level, at, "world")

    def _pin(self, number: int) -> Pin:
        return self._pins.setdefault(number, Pin(number in self._pulled_up))

    def _change(self, number: int, level: bool, at: float, cause: Cause) -> PinEdge | None:
        pin = self._pin(number)
        if pin.level == level:
            return None
        pin.level = level
        return PinEdge(number, level, at, cause)
