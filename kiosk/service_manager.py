"""What systemd is told of a process: that it is ready, and that its loop turns. Nobody is told where systemd is not.

The protocol is sd_notify(3)'s: one datagram to the socket that NOTIFY_SOCKET names, `READY=1` once and `WATCHDOG=1`
more often than every WATCHDOG_USEC.
"""

import math
import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

TOLD_PER_TIMEOUT = 4
"""So often is the watchdog told within its time: a busy machine may swallow three."""


def tell(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Tell systemd, if it is there and listens: a process never ends for what it could not say."""
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        # An abstract name begins with a zero.
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as endpoint:
        endpoint.sendto(state.encode(), address)


def stop_event(environment: Mapping[str, str] = os.environ) -> threading.Event:
    """Return the event that ends this process: where systemd's watchdog waits, one that tells it of every turn."""
    within_us = environment.get("WATCHDOG_USEC", "")
    if not within_us.isdecimal() or int(within_us) == 0:
        return threading.Event()
    return WatchedStop(int(within_us) / 1e6 / TOLD_PER_TIMEOUT, environment)


class WatchedStop(threading.Event):
    """A stop event that tells the watchdog whenever the thread that made it asks whether to stop.

    Each process has one loop, in its main thread, that asks at every turn: a loop that hangs asks no more. What other
    threads ask proves nothing, and is not told.
    """

    def __init__(self, every_s: float, environment: Mapping[str, str] = os.environ) -> None:
        """Tell at most every `every_s`."""
        super().__init__()
        self._every_s = every_s
        self._environment = environment
        self._due = 0.0
        self._loop = threading.get_ident()

    def is_set(self) -> bool:
        """Whether to stop."""
        self._turned()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until stopped or for `timeout`; a loop that waits here is well, so it goes on telling."""
        left = math.inf if timeout is None else timeout
        ends = time.monotonic() + left
        while not super().wait(max(0.0, min(left, self._every_s))):
            self._turned()
            left = ends - time.monotonic()
            if left <= 0:
                return False
        return True

    def _turned(self) -> None:
        now = time.monotonic()
        if threading.get_ident() == self._loop and now >= self._due:
            self._due = now + self._every_s
            tell("WATCHDOG=1", self._environment)
