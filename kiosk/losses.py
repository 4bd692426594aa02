"""Which parts are lost just now, and since when. The one place that logs it: once when lost, once when back."""

import structlog

from kiosk.link import PartHealth
from kiosk.model import Monotonic, Part

_log = structlog.get_logger()


class Losses:
    """The parts of one kiosk, from what the core hears of them."""

    def __init__(self) -> None:
        self._since: dict[Part, Monotonic] = {}

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that are lost just now."""
        return frozenset(self._since)

    def changes(self, health: PartHealth) -> bool:
        """Take in what is heard of a part; True on an edge, which is logged."""
        since = self._since.get(health.part)
        if health.well == (since is None):
            return False
        if since is None:
            self._since[health.part] = health.at
            _log.warning(f"{health.part} lost", detail=health.detail)
        else:
            del self._since[health.part]
            _log.info(f"{health.part} back", after_s=round(health.at - since, 1))
        return True
