"""When a process is to stop: a signal asked for it, or the supervisor that started it is gone."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kiosk.service_manager import stop_event

SUPERVISED = "GATEPOST_SUPERVISED"
"""Set for the supervisor's processes: they end when their standard input does, that is when the supervisor is gone."""


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Give a stop event that SIGTERM and SIGINT set, and the supervisor's end; the process then ends in its own order."""
    stop = stop_event()
    if os.environ.get(SUPERVISED) is not None:
        threading.Thread(target=_watch_supervisor, args=(stop,), name="supervisor-watch", daemon=True).start()

    def asked(*_: object) -> None:
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch_supervisor(stop: threading.Event) -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    stop.set()
