"""Something that comes and goes: said in the log once when it is lost, and once when it is back, after how long."""

import threading

from kiosk.lines import get_logger

_log = get_logger()


class Edge:
    """What is said of one thing, such as `thermometer lost` and `thermometer back` with `after_s`. Any thread may say so."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lost_at: float | None = None
        self._guard = threading.Lock()

    @property
    def lost_at(self) -> float | None:
        """When it was lost, if it is lost just now."""
        return self._lost_at

    def lose(self, at: float, **why: object) -> bool:
        """It is lost at a monotonic time; True if it was not lost already."""
        with self._guard:
            if self._lost_at is not None:
                return False
            self._lost_at = at
        _log.warning(f"{self._name} lost", **why)
        return True

    def find(self, at: float) -> bool:
        """It is there at a monotonic time; True if it was lost."""
        with self._guard:
            lost_at, self._lost_at = self._lost_at, None
        if lost_at is None:
            return False
        _log.info(f"{self._name} back", after_s=round(at - lost_at, 1))
        return True
