"""How smoothly the screen runs: each frame, the longest stall of Kivy's thread, the mirror, and how soon a scan is answered.

Kivy's loop is sleep, then work, then sleep. A turn is what lies between two sleeps: nothing is drawn and no touch is
heard meanwhile, so the longest turn is the longest stall. Of a turn its work is what the thread itself computed: the
rest it waited for a processor, or for whoever shows the picture.
"""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

KEPT = 20_000
"""Frames that are remembered: about twenty minutes of visits."""
MILLI = 1000.0


class Pace:
    """What is measured, in Kivy's thread alone; `turned` may be asked from any."""

    def __init__(self, now: Callable[[], float] = time.monotonic, worked: Callable[[], float] = time.thread_time) -> None:
        """`now` is the boot-wide monotonic clock, by which the other processes date what they tell."""
        self._now = now
        self._worked = worked
        self.visiting = False
        self.turned = 0
        """How many turns there were: a thread that hangs makes no more."""
        self._frames: deque[float] = deque(maxlen=KEPT)
        self._works: deque[float] = deque(maxlen=KEPT)
        self._woke_at = self._now()
        self._worked_before = self._worked()
        self._drew = False
        self._longest = 0.0
        self._longest_visiting = 0.0
        self._longest_work = 0.0
        self._started_s: float | None = None
        self._mirrored = 0
        self._mirrored_s = 0.0
        self._mirrored_at: float | None = None
        self._scanned_at: float | None = None
        self._scans = 0
        self._unanswered = False
        self._answering: float | None = None
        self._answers: deque[float] = deque(maxlen=KEPT)

    def attach(self, clock: Any, window: Any) -> None:
        """Measure the loop of this Kivy clock and window from now on."""
        sleep = clock.idle

        def timed_sleep() -> Any:
            self._rest()
            slept = sleep()
            self._wake()
            return slept

        clock.idle = timed_sleep
        window.bind(on_draw=self._draw)
        self._wake()

    def mirrored(self) -> None:
        """A picture of the camera was shown."""
        now = self._now()
        if self._mirrored_at is not None and now - self._mirrored_at < 1.0:
            self._mirrored += 1
            self._mirrored_s += now - self._mirrored_at
        self._mirrored_at = now

    def scanned(self, decoded_at: float, *, answered: bool) -> None:
        """A code that was decoded then has come to be known; `answered`: the picture that is drawn next answers it."""
        if decoded_at != self._scanned_at:
            self._scanned_at, self._answering = decoded_at, None
            self._scans += 1
            self._unanswered = True
        if answered and self._unanswered:
            self._answering, self._unanswered = decoded_at, False

    def statistics(self) -> dict[str, Any]:
        """Return the figures so far; frames are those drawn during visits, `work_ms` what they cost the thread itself.

        `answer_ms` is from the decoding of a new code to the end of the turn in which its answer was drawn.
        """
        return {
            "start_to_screen_s": self._started_s,
            "frames": len(self._frames),
            "frame_ms": _spread(self._frames),
            "work_ms": _spread(self._works),
            "longest_stall_ms": round(self._longest_visiting * MILLI, 1),
            "longest_work_ms": round(self._longest_work * MILLI, 1),
            "longest_stall_ever_ms": round(self._longest * MILLI, 1),
            "preview_fps": round(self._mirrored / self._mirrored_s, 1) if self._mirrored_s else None,
            "scans": self._scans,
            "scans_answered": len(self._answers),
            "answer_ms": _spread(self._answers),
            "rss_mb": _resident_mb(),
        }

    def write(self, path: Path) -> None:
        """Write the figures as JSON, whole or not at all."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(self.statistics(), indent=1) + "\n", encoding="utf-8")
        draft.rename(path)

    def _draw(self, *_: object) -> None:
        self._drew = True

    def _wake(self) -> None:
        self._woke_at, self._worked_before = self._now(), self._worked()

    def _rest(self) -> None:
        busy, work = self._now() - self._woke_at, self._worked() - self._worked_before
        self.turned += 1
        if self._started_s is None:
            # The first turn sets everything up; what follows is measured.
            if self._drew:
                self._started_s = round(_process_age_s(), 3)
        else:
            self._longest = max(self._longest, busy)
            if self.visiting:
                self._longest_visiting = max(self._longest_visiting, busy)
                self._longest_work = max(self._longest_work, work)
                if self._drew:
                    self._frames.append(busy)
                    self._works.append(work)
        if self._drew and self._answering is not None:
            self._answers.append(self._now() - self._answering)
            self._answering = None
        self._drew = False


def _spread(seconds: Iterable[float]) -> dict[str, float | None]:
    """Percentiles in milliseconds; None where nothing was measured."""
    found = sorted(seconds)
    return {
        name: round(found[min(len(found) - 1, int(len(found) * share))] * MILLI, 1) if found else None
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def _process_age_s() -> float:
    """Seconds since the kernel started this process (proc(5), field 22 of stat)."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
