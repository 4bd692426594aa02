"""The kiosk's own line: whether it runs, which processes are there, what they hold."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kiosk.doctor import processes, running
from kiosk.doctor.findings import Finding, State
from kiosk.doctor.processes import Process
from kiosk.doctor.running import Answer, Running
from kiosk.model import Part
from tests.kiosk.doctor.patients import Patient

GATEPOST = Path(sys.executable).parent / "gatepost"
ALL = {"core": Process(10, 60.0), "gate": Process(11, 55.0), "eyes": Process(12, 115.0), "screen": Process(13, 90.0)}


def examined(met: Running, found: Mapping[str, Process]) -> Finding:
    (one,) = processes.examine(met, lambda: found)
    return one


def met(**lost: str) -> Running:
    return Running(Answer.RUNNING, 0.002, 10, {Part(part): reason for part, reason in lost.items()})


def test_a_running_kiosk_is_fit_and_its_memory_is_counted() -> None:
    found = examined(met(), ALL)
    assert (found.state, found.advice) == (State.FIT, "")
    assert found.measured == {
        "running": True,
        "answer_ms": 2.0,
        "core_pid": 10,
        "memory_mb": {"core": 60.0, "eyes": 115.0, "gate": 55.0, "screen": 90.0},
        "memory_total_mb": 320.0,
    }
    assert "core 60 MB, eyes 115 MB, gate 55 MB" in found.detail


def test_a_kiosk_that_does_not_run_is_no_fault() -> None:
    found = examined(Running(), {})
    assert (found.state, found.in_order, found.measured) == (State.ABSENT, True, {"running": False})


@pytest.mark.parametrize(
    ("seen", "processes_seen", "state", "said"),
    [
        (Running(Answer.SILENT, pid=10), {}, State.UNFIT, "does not answer"),
        (Running(Answer.FORBIDDEN), {}, State.UNKNOWN, "this account may not ask"),
        (met(), {name: ALL[name] for name in ("core", "gate", "screen")}, State.UNFIT, "without its eyes process"),
        (met(), {name: ALL[name] for name in ("core", "gate", "eyes")}, State.UNFIT, "without its screen process"),
        (met(gate="the process is gone"), ALL, State.UNFIT, "has lost its gate process: the process is gone"),
        (met(camera="unplugged"), ALL, State.FIT, "running"),
        (met(), {**ALL, "screen": Process(13, 200.0)}, State.FIT, "430 MB held, where 350 MB are the budget"),
    ],
    ids=["silent", "forbidden", "missing", "no-screen", "lost", "a-device-is-anothers-line", "large"],
)
def test_a_kiosk_is_judged_with_what_to_do(
    seen: Running, processes_seen: Mapping[str, Process], state: State, said: str
) -> None:
    found = examined(seen, processes_seen)
    assert found.state is state
    assert said in found.detail
    assert bool(found.advice) is (said != "running")


def test_a_gate_that_is_to_have_no_screen_misses_none() -> None:
    without = {name: process for name, process in ALL.items() if name != "screen"}
    (found,) = processes.examine(met(), lambda: without, screen=False)
    assert found.state is State.FIT


def test_where_the_core_is_not_seen_nobody_is_missed() -> None:
    """Another account's processes are hidden; that the others are not seen either proves nothing."""
    found = examined(met(), {"gate": ALL["gate"]})
    assert found.state is State.FIT
    assert "missing" not in found.detail


def test_the_processes_of_this_configuration_are_found_and_no_others(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    patient, other = Patient(tmp_path / "one"), Patient(tmp_path / "two")
    core = [str(GATEPOST), "kiosk", "--config", patient.file.name, "--part", "core"]
    with subprocess.Popen(core, cwd=patient.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"ready": "core"}
            found = processes.of_configuration(patient.file)
            assert {part: one.pid for part, one in found.items()} == {"core": process.pid}
            assert found["core"].memory_mb > 10
            assert processes.of_configuration(other.file) == {}
            assert running.ask(patient.socket).pid == process.pid
        finally:
            process.terminate()
            process.wait(30)
