"""Processes that are kept up, with real processes."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kiosk.errors import UsageError
from kiosk.supervisor import NotReady, Program, Supervisor

READY = 'print(\'{"ready": "here"}\', flush=True); import sys; sys.stdin.read()'


def program(tmp_path: Path, code: str, *, restart: bool = True) -> Program:
    return Program("part", [sys.executable, "-c", code], tmp_path / "part.log", restart)


def test_a_process_is_ready_when_it_says_so_and_ends_when_asked(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = supervisor.start(program(tmp_path, READY))
    assert process.wait_ready() == "here"
    pid = process.pid
    assert pid is not None
    supervisor.close()
    supervisor.close()
    assert not psutil.pid_exists(pid)


def test_a_killed_process_comes_back_and_each_start_is_told(tmp_path: Path) -> None:
    supervisor = Supervisor()
    started: list[int] = []
    process = supervisor.start(replace(program(tmp_path, READY), on_start=started.append))
    process.wait_ready()
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    for _ in range(200):
        if process.pid not in {None, first}:
            break
        process._stopping.wait(0.05)
    assert process.pid not in {None, first}
    assert process.restarts == 1
    supervisor.close()
    assert started[0] == first
    assert len(started) == 2


def test_bad_usage_is_passed_on_as_such(tmp_path: Path) -> None:
    supervisor = Supervisor()
    code = "import sys; print('gatepost: the port is in use', file=sys.stderr); sys.exit(2)"
    process = supervisor.start(program(tmp_path, code))
    with pytest.raises(UsageError, match=r"^the port is in use$"):
        process.wait_ready()
    supervisor.close()


COMES_LATE = (
    """
import pathlib, sys
before = pathlib.Path(sys.argv[1])
if not before.exists():
    before.touch()
    sys.exit(3)
"""
    + READY
)


def test_a_patient_one_is_started_again_though_it_ended_before_it_was_ready(tmp_path: Path) -> None:
    supervisor = Supervisor()
    argv = [sys.executable, "-c", COMES_LATE, str(tmp_path / "before")]
    process = supervisor.start(Program("screen", argv, tmp_path / "screen.log", patient=True))
    assert process.wait_ready() == "here"
    assert process.restarts == 1
    supervisor.close()


def test_a_patient_one_that_is_told_wrongly_is_not_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor()
    code = "import sys; print('gatepost: no such key', file=sys.stderr); sys.exit(2)"
    process = supervisor.start(replace(program(tmp_path, code), patient=True))
    with pytest.raises(UsageError, match=r"^no such key$"):
        process.wait_ready()
    assert process.restarts == 0
    supervisor.close()


def test_how_long_was_waited_is_said_of_one_that_goes_on_starting(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = supervisor.start(program(tmp_path, "import time; time.sleep(60)"))
    with pytest.raises(NotReady, match=r"^part did not become ready within 0 s; the machine may be busy$"):
        process.wait_ready(0.01)
    supervisor.close()


def test_a_process_that_never_gets_ready_is_not_started_for_ever(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = supervisor.start(program(tmp_path, "raise SystemExit(3)"))
    with pytest.raises(NotReady, match="part did not become ready: status 3"):
        process.wait_ready()
    assert process.restarts == 0
    supervisor.close()
