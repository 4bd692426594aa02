"""The process that slows others down. It is small and does nothing else, so that it wakes on time.

    python -P -m kiosk.pace.pacer SCALE

Each line of standard input is the id of a process group. They are stopped and continued until standard input ends,
that is until whoever started the pacer ends, in whatever way; then all are continued. It says first whether it may
wake before others do.
"""

import gc
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

from kiosk.pace.schedule import Schedule

PRIORITY = 10
"""Of SCHED_FIFO. A pacer that waits for its turn among the processes that it slows lets them run for too long."""


def main() -> None:
    """Slow the groups down until standard input ends or a signal asks for the end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
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
    groups: list[int] = []
    schedule = Schedule(scale, time.monotonic())
    try:
        while True:
            if named.poll(0 if groups else None):
                # A line is far shorter than what a pipe takes in one piece.
                line = os.read(names, 65536)
                if not line:
                    return
                groups += [int(name) for name in line.split()]
            run = schedule.next(time.monotonic())
            _sleep_until(run.begins)
            if run.empty:
                continue
            groups = _signal(groups, signal.SIGCONT)
            began = time.monotonic()
            _sleep_until(run.ends)
            groups = _signal(groups, signal.SIGSTOP)
            schedule.ran(time.monotonic() - began)
    finally:
        _signal(groups, signal.SIGCONT)


def _signal(groups: list[int], number: signal.Signals) -> list[int]:
    """Signal every group and return those that are still there."""
    there = []
    for group in groups:
        with suppress(OSError):
            os.killpg(group, number)
            there.append(group)
    return there


def _sleep_until(at: float) -> None:
    while (rest := at - time.monotonic()) > 0:
        time.sleep(rest)


if __name__ == "__main__":
    main()
