"""Slowing processes down, with real processes: it has an effect, and nothing is left stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from kiosk.pace.bursts import ROUND, AchievedScale
from kiosk.pace.slowing import Slowing

WAIT_S = 20.0
LASTING = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
OWNER = f"""
import subprocess, sys, threading
from kiosk.pace.slowing import Slowing
child = subprocess.Popen(
    [sys.executable, "-c", {LASTING!r}], stdin=int(sys.argv[1]), stdout=subprocess.PIPE, process_group=0,
    pass_fds=[int(sys.argv[1])],
)
child.stdout.readline()
slowing = Slowing(8.0)
slowing.add(child.pid)
print(child.pid, slowing.pacer_pid, flush=True)
threading.Event().wait()
"""


@contextmanager
def lasting() -> Iterator[psutil.Process]:
    """A process in a group of its own that waits for the end of its standard input."""
    with subprocess.Popen(
        [sys.executable, "-c", LASTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield psutil.Process(process.pid)


def is_slowed(process: psutil.Process) -> bool:
    """Whether it is stopped now and then."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if process.status() == psutil.STATUS_STOPPED:
            return True
    return False


def runs(process: psutil.Process) -> bool:
    """Whether it is not stopped, however often one looks: for many of the pacer's periods."""
    return all(process.status() != psutil.STATUS_STOPPED for _ in range(3000))


def test_bursts_take_longer_and_how_much_longer_is_said() -> None:
    slowing = Slowing(4.0)
    achieved = AchievedScale()
    achieved.measure(slowing)
    slowing.close()
    found = achieved.by_burst()
    assert list(found) == [str(length) for length in ROUND]
    # Not how exact it is: that is the machine's, and what the report is for.
    assert all(ratio is not None and ratio > 1.3 for ratio in found.values()), found
    assert achieved.overall() == sorted(ratio for ratio in found.values() if ratio is not None)[1]
    assert not slowing.broken


def test_without_a_measurement_there_is_no_figure() -> None:
    achieved = AchievedScale()
    assert achieved.overall() is None
    assert set(achieved.by_burst().values()) == {None}


def test_a_group_runs_at_full_speed_again_after_the_end() -> None:
    with lasting() as process:
        slowing = Slowing(8.0)
        slowing.add(process.pid)
        assert is_slowed(process)
        slowing.close()
        slowing.close()
        assert runs(process)


def test_a_group_that_ends_is_let_go_and_another_is_taken_in() -> None:
    slowing = Slowing(8.0)
    with lasting() as first:
        slowing.add(first.pid)
    with lasting() as second:
        slowing.add(second.pid)
        assert is_slowed(second)
        slowing.close()
        assert runs(second)
    assert not slowing.broken


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_pacer_that_dies_leaves_nothing_stopped_and_the_run_is_told(how: signal.Signals) -> None:
    with lasting() as process:
        slowing = Slowing(8.0)
        slowing.add(process.pid)
        assert is_slowed(process)
        os.kill(slowing.pacer_pid, how)
        # Seen, and left for its owner to reap: who reaps it knows how it ended.
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, slowing.pacer_pid, os.WEXITED | os.WNOWAIT)
        slowing.close()
        assert runs(process)
    assert slowing.broken


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_owner_that_dies_leaves_nothing_stopped(how: signal.Signals) -> None:
    held_open, theirs = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(held_open)], stdout=subprocess.PIPE, text=True, pass_fds=[held_open]
    ) as owner:
        assert owner.stdout is not None
        child, pacer = (psutil.Process(int(pid)) for pid in owner.stdout.readline().split())
        assert is_slowed(child)
        owner.send_signal(how)
    _, alive = psutil.wait_procs([pacer], WAIT_S)
    assert alive == []
    assert runs(child)
    os.close(theirs)
    os.close(held_open)
