"""Which parts of a kiosk are lost just now, and since when, from what the core hears of them: the one place that logs it."""

from collections.abc import Mapping

from kiosk.edge import Edge
from kiosk.link import PartHealth
from kiosk.model import Monotonic, Part


class Losses:
    """The parts of one kiosk."""

    def __init__(self) -> None:
        self._edges = {part: Edge(part) for part in Part}

    @property
    def since(self) -> Mapping[Part, Monotonic]:
        """The parts that are lost just now, each with when it was lost."""
        return {part: Monotonic(edge.lost_at) for part, edge in self._edges.items() if edge.lost_at is not None}

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that are lost just now."""
        return frozenset(self.since)

    def changes(self, health: PartHealth) -> bool:
        """Take in what is heard of a part; True on an edge, which is logged."""
        edge = self._edges[health.part]
        return edge.find(health.at) if health.well else edge.lose(health.at, detail=health.detail)
