"""Checks side by side, each bounded in time: a part that hangs holds nobody up."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kiosk.doctor.findings import Finding, PartName, finding, unknown
from kiosk.units import Seconds

WITHIN = Seconds(7.0)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Check:
    """What examines some parts, and how long it may take. It never needs to be told to end: nobody waits for it."""

    parts: tuple[PartName, ...]
    examine: Callable[[], Iterable[Finding]]
    within_s: Seconds = WITHIN

    def run(self) -> tuple[Finding, ...]:
        """Examine to the end."""
        return tuple(self.examine())


class Bounded(threading.Thread, Generic[Result]):
    """One piece of work on a thread of its own, which is left behind when it takes too long."""

    def __init__(self, name: str, work: Callable[[], Result]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self.result: Result | None = None
        self.failure: Exception | None = None
        self.done = threading.Event()

    def run(self) -> None:
        """Do the work, and keep what came of it."""
        try:
            self.result = self._work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said of this part, and the others go on
            self.failure = error
        self.done.set()


def side_by_side(checks: Sequence[Check]) -> tuple[Finding, ...]:
    """Run all checks at once and return their findings in the checks' order, within the longest of their times."""
    began = time.monotonic()
    running = [(check, Bounded(f"doctor {check.parts[0]}", check.run)) for check in checks]
    for _, work in running:
        work.start()
    found: list[Finding] = []
    for check, work in running:
        in_time = work.done.wait(max(0.0, began + check.within_s - time.monotonic()))
        if not in_time:
            found += [finding(part, [unknown("any.hangs", within_s=check.within_s)]) for part in check.parts]
        elif work.failure is not None:
            kind = type(work.failure).__name__
            found += [finding(part, [unknown("any.fault", kind=kind)]) for part in check.parts]
        else:
            found += work.result or ()
    return tuple(found)


def left_behind() -> bool:
    """Whether something hangs still."""
    return any(isinstance(thread, Bounded) and thread.is_alive() for thread in threading.enumerate())


def bounded(name: str, work: Callable[[], Result], within_s: Seconds) -> Result | None:
    """Return what `work` returns, or None when it fails or takes longer."""
    running = Bounded(name, work)
    running.start()
    return running.result if running.done.wait(within_s) else None
