"""A supervised thread: set up, turn after turn, tear down; after a fault back off and set up again."""

import threading
from collections.abc import Callable
from typing import Protocol

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from kiosk.units import Seconds

BACK_OFF_FIRST = Seconds(0.2)
BACK_OFF_MOST = Seconds(2.0)
JOIN_WITHIN = Seconds(3.0)

_log = get_logger()


class Job(Protocol):
    """What a worker does. Any error of ours from `set_up` or `turn` tears it down and tries again later."""

    def set_up(self) -> None:
        """Acquire what a turn needs."""

    def turn(self, stop: threading.Event) -> bool:
        """Do one bounded piece of work; wait on `stop`, never sleep. True when it showed that the part is well."""

    def tear_down(self) -> None:
        """Let go of everything. Idempotent, also after a failed `set_up`."""


class Worker:
    """One named thread with one owner, which keeps a job going and reports the edges of its health.

    `on_health(well, detail)` is called from the thread: once when the job is first well, then on each change.
    """

    def __init__(self, name: str, job: Job, on_health: Callable[[bool, str], None] | None = None) -> None:
        self.name = name
        self._job = job
        self._on_health = on_health
        self._well: bool | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Ask the thread to end and wait for it, but not for ever. Idempotent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_WITHIN)
            if self._thread.is_alive():
                _log.error("worker stuck", worker=self.name)

    def _run(self) -> None:
        back_off = BACK_OFF_FIRST
        while not self._stop.is_set():
            try:
                self._job.set_up()
                while not self._stop.is_set():
                    if self._job.turn(self._stop):
                        self._report(well=True, detail="")
                        back_off = BACK_OFF_FIRST
            except GatepostError as error:
                self._report(well=False, detail=str(error))
            except Exception as error:  # noqa: BLE001 - the boundary of a thread: nothing above it could act
                if self._well is not False:
                    _log.exception("worker fault", worker=self.name)
                self._report(well=False, detail=type(error).__name__)
            finally:
                self._job.tear_down()
            self._stop.wait(back_off)
            back_off = Seconds(min(back_off * 2, BACK_OFF_MOST))

    def _report(self, *, well: bool, detail: str) -> None:
        if well is self._well:
            return
        self._well = well
        if self._on_health is not None:
            self._on_health(well, detail)
