"""Which parts of a kiosk are lost just now, and since when, from what the core hears of them: the one place that logs it."""

from collections.abc import Mapping

from kiosk.edge import Edge
from kiosk.link import PartHealth
from kiosk.model import Part
from kiosk.units import Monotonic, Seconds

HEARD_WITHIN: Mapping[Part, Seconds] = {Part.EYES: Seconds(8.0), Part.SCREEN: Seconds(60.0)}
"""How long after the core a process is heard of first: at a Pi's pace, and the screen with its first cutting of fonts."""


def awaited(parts: frozenset[Part], now: Monotonic) -> Mapping[Part, Monotonic]:
    """By when each of these parts of a kiosk that starts now is heard of."""
    return {part: Monotonic(now + HEARD_WITHIN[part]) for part in parts}


class Losses:
    """The parts of one kiosk. Those that are `awaited` are lost too if nothing at all is heard of them by then."""

    def __init__(self, awaited: Mapping[Part, Monotonic] | None = None) -> None:
        self._edges = {part: Edge(part) for part in Part}
        self._awaited = dict(awaited or {})

    @property
    def since(self) -> Mapping[Part, Monotonic]:
        """The parts that are lost just now, each with when it was lost."""
        return {part: Monotonic(edge.lost_at) for part, edge in self._edges.items() if edge.lost_at is not None}

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that are lost just now."""
        return frozenset(self.since)

    def unheard(self, now: Monotonic) -> tuple[PartHealth, ...]:
        """The parts that should have been heard of by now, for `changes` to take in."""
        late = [part for part, by in self._awaited.items() if now >= by]
        return tuple(PartHealth(part, False, "the process never came", now) for part in late)

    def changes(self, health: PartHealth) -> bool:
        """Take in what is heard of a part; True on an edge, which is logged."""
        self._awaited.pop(health.part, None)
        edge = self._edges[health.part]
        return edge.find(health.at) if health.well else edge.lose(health.at, detail=health.detail)
