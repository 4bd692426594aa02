"""The supervised thread."""

import threading
from collections.abc import Callable

from kiosk.errors import DeviceLost
from kiosk.worker import Worker
from tests.captured_lines import capture_logs


class Job:
    """Plays a list of turns; each is a value to return or an error to raise."""

    def __init__(self, turns: list[bool | Exception], done: threading.Event) -> None:
        self.turns = turns
        self.done = done
        self.calls: list[str] = []

    def set_up(self) -> None:
        self.calls.append("up")

    def turn(self, stop: threading.Event) -> bool:
        if not self.turns:
            self.done.set()
            stop.wait(5.0)
            return False
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn

    def tear_down(self) -> None:
        self.calls.append("down")


def run(turns: list[bool | Exception], health: Callable[[bool, str], None] | None = None) -> Job:
    done = threading.Event()
    job = Job(turns, done)
    worker = Worker("test", job, health)
    worker.start()
    assert done.wait(10.0)
    worker.close()
    worker.close()
    return job


def test_health_is_told_on_edges_only() -> None:
    told: list[tuple[bool, str]] = []
    run(
        [True, True, DeviceLost("gone"), DeviceLost("gone"), False, True],
        lambda well, detail: told.append((well, detail)),
    )
    assert told == [(True, ""), (False, "gone"), (True, "")]


def test_after_a_fault_the_job_is_torn_down_and_set_up_again() -> None:
    job = run([True, DeviceLost("gone"), True])
    assert job.calls == ["up", "down", "up", "down"]


def test_an_unforeseen_error_that_comes_again_and_again_is_logged_once() -> None:
    with capture_logs() as logged:
        run([True, ZeroDivisionError(), ZeroDivisionError(), DeviceLost("gone"), True, ZeroDivisionError()])
    assert [(line["event"], line["worker"]) for line in logged] == [("worker fault", "test")] * 2


def test_an_unforeseen_error_does_not_end_the_thread() -> None:
    told: list[tuple[bool, str]] = []
    job = run([True, ZeroDivisionError("oops"), True], lambda well, detail: told.append((well, detail)))
    assert told == [(True, ""), (False, "ZeroDivisionError"), (True, "")]
    assert job.turns == []
