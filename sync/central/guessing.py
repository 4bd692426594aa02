"""A limit on attempts in vain: so many from one source, and so many from all together, within a while."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

WITHIN_S = 60.0
OF_ONE = 5
OF_ALL = 60
SOURCES = 1000
"""So many sources are told apart; the one that was heard longest ago is forgotten first."""


class Attempts:
    """What was tried in vain lately. Any thread may call any method."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._all: deque[float] = deque(maxlen=OF_ALL)
        self._by_source: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long whoever is at this address has to wait before the next attempt; 0 for not at all."""
        now = self._monotonic()
        with self._guard:
            one = self._by_source.get(source_of(address), deque())
            return max(_wait_s(one, OF_ONE, now), _wait_s(self._all, OF_ALL, now))

    def in_vain(self, address: str) -> None:
        """Note an attempt that failed."""
        now, source = self._monotonic(), source_of(address)
        with self._guard:
            self._all.append(now)
            self._by_source.setdefault(source, deque(maxlen=OF_ONE)).append(now)
            self._by_source.move_to_end(source)
            if len(self._by_source) > SOURCES:
                self._by_source.popitem(last=False)


def _wait_s(times: deque[float], most: int, now: float) -> float:
    return max(0.0, times[0] + WITHIN_S - now) if len(times) == most else 0.0


def source_of(address: str) -> str:
    """Who an address is taken for: one network of an IPv6 address is one source: whoever has it has all of its addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return str(int(found) >> 64) if isinstance(found, IPv6Address) else str(found)
