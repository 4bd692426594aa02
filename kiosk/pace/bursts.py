"""What a scale really comes to: bursts of work in a process that is slowed like the kiosk's, timed on both clocks.

    python -P -m kiosk.pace.bursts

Each line of standard input asks for one round; the answer is a JSON line with the ratios of wall time to processor
time. Bursts of 1 ms of processor time are about what a message costs, 5 ms a decoder's rung, 20 ms a whole frame.
"""

import json
import random
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress

from kiosk.pace.slowing import Slowing

ROUND = {1: 30, 5: 12, 20: 6}
"""Milliseconds of processor time, and how many bursts of them: 0.2 s of work together."""
THREADS = 8
"""Idle ones, as a process of the kiosk has them: each is stopped and continued too, and that takes its time."""
APART_S = 0.004
"""Between two bursts, at most: each begins at another moment of the pacer's period."""


class AchievedScale:
    """The ratios found so far. `measure` takes about 0.3 s times the scale: before the first visitor, after the last."""

    def __init__(self) -> None:
        self._ratios: dict[str, list[float]] = {str(length): [] for length in ROUND}

    def measure(self, slowing: Slowing | None) -> None:
        """Measure one round, in a process group that `slowing` slows; None: at this machine's own speed."""
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "kiosk.pace.bursts"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as probe:
            if slowing is not None:
                slowing.add(probe.pid)
            answer, _ = probe.communicate("measure\n")
        with suppress(ValueError):
            for length, ratios in json.loads(answer).items():
                self._ratios[length] += ratios

    def by_burst(self) -> dict[str, float | None]:
        """Return the median ratio for each length of burst, in milliseconds of processor time."""
        return {length: round(statistics.median(ratios), 2) if ratios else None for length, ratios in self._ratios.items()}

    def overall(self) -> float | None:
        """Return the median of the three; None when nothing was measured."""
        known = [ratio for ratio in self.by_burst().values() if ratio is not None]
        return statistics.median(known) if known else None


def measure_round(chance: random.Random) -> dict[int, list[float]]:
    """Do the bursts of one round, in a random order, and return wall time per processor time of each."""
    lengths = [length for length, count in ROUND.items() for _ in range(count)]
    chance.shuffle(lengths)
    found: dict[int, list[float]] = {length: [] for length in ROUND}
    for length in lengths:
        time.sleep(chance.uniform(0, APART_S))
        # One that wakes while stopped begins where a slice does: it must not be measured from there.
        _work(chance.uniform(0, APART_S / 4))
        found[length].append(round(_work(length / 1000), 4))
    return found


def _work(cpu_s: float) -> float:
    """Use the processor for so long and return wall time per processor time."""
    wall, cpu = time.monotonic(), time.thread_time()
    while (used := time.thread_time() - cpu) < cpu_s:
        pass
    return (time.monotonic() - wall) / used if used > 0 else 1.0


def main() -> None:
    """Answer every line of standard input with a round."""
    for _ in range(THREADS):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    chance = random.Random()  # noqa: S311 - where in the pacer's period a burst begins is no secret
    for _ in sys.stdin:
        sys.stdout.write(json.dumps(measure_round(chance)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
