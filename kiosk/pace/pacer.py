"""The process that slows others down. It is small and does nothing else, so that it wakes on time.

    python -P -m kiosk.pace.pacer SCALE

Each line of standard input is the id of a process group. They are stopped and continued until standard input ends,
that is until whoever started the pacer ends, in whatever way; then all are continued. It says first whether it may
wake before others do.

The groups run one after the other, each as if it had a slow core to itself: continued all at once they would
stand in each other's way at every beginning of a slice, and nothing would be slowed by what was asked for.
"""

import gc
import json
import math
import os
import select
import signal
import sys
import time
from contextlib import suppress

from kiosk.pace.schedule import PERIOD_S, Schedule

TURNS = 4
"""Groups that share a period: as many as a kiosk has processes. One more runs beside the first."""
PRIORITY = 10
"""Of SCHED_FIFO. A pacer that waits for its turn among the processes that it slows lets them run for too long."""


class Paced:
    """One group, and when it is to be signalled next."""

    def __init__(self, group: int, schedule: Schedule) -> None:
        self._group = group
        self._schedule = schedule
        self._run = schedule.next(time.monotonic())
        self._running_since: float | None = None

    @property
    def due(self) -> float:
        """When `turn` is to be called, on the monotonic clock."""
        return self._run.begins if self._running_since is None else self._run.ends

    def turn(self) -> None:
        """Continue the group for a slice of its own, or stop it until the next. Raises OSError when it is gone."""
        if self._running_since is None and not self._run.empty:
            os.killpg(self._group, signal.SIGCONT)
            self._running_since = time.monotonic()
            return
        if self._running_since is not None:
            os.killpg(self._group, signal.SIGSTOP)
            self._schedule.ran(time.monotonic() - self._running_since)
            self._running_since = None
        self._run = self._schedule.next(time.monotonic())

    def let_go(self) -> None:
        """Continue the group for good."""
        with suppress(OSError):
            os.killpg(self._group, signal.SIGCONT)


def main() -> None:
    """Slow the groups down until standard input ends. A signal ends it too, with status 1: that was not its owner's wish."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    # Nothing here makes cycles, and a collection is a pause.
    gc.disable()
    real_time = False
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
        real_time = True
    sys.stdout.write(json.dumps({"ready": "pacer", "real_time": real_time}) + "\n")
    sys.stdout.flush()
    pace(float(sys.argv[1]), sys.stdin.fileno())


def pace(scale: float, names: int) -> None:
    """Stop and continue the groups named on the descriptor `names`, until it ends; all are continued then."""
    named = select.poll()
    named.register(names, select.POLLIN)
    groups: list[Paced] = []
    count = 0
    try:
        while True:
            if named.poll(0 if groups else None):
                # A line is far shorter than what a pipe takes in one piece.
                lines = os.read(names, 65536)
                if not lines:
                    return
                for group in lines.split():
                    groups.append(Paced(int(group), Schedule(scale, _first_slice(count))))
                    count += 1
            group_due = min(groups, key=lambda paced: paced.due)
            _sleep_until(group_due.due)
            try:
                group_due.turn()
            except OSError:
                groups.remove(group_due)
    finally:
        for paced in groups:
            paced.let_go()


def _first_slice(count: int) -> float:
    """When the group that is named after `count` others begins: its turn is before theirs, as the parts tell each other.

    What the eyes see the core hears a quarter of a period later, and the gate another quarter later.
    """
    return (math.ceil(time.monotonic() / PERIOD_S) + 1 - count % TURNS / TURNS) * PERIOD_S


def _sleep_until(at: float) -> None:
    while (rest := at - time.monotonic()) > 0:
        time.sleep(rest)


if __name__ == "__main__":
    main()
