"""The examination of whole kiosks in simulated worlds: every part once, nobody disturbed, an end in time."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from drivers.simulated.script import Script, SensorScript
from kiosk import config
from kiosk.doctor import Finding, PartName, Report, State, examine, gate_line, left_behind
from kiosk.events import Draft
from kiosk.inbox import Inbox
from kiosk.switchboard import Switchboard
from kiosk.units import Seconds
from sync.log import SqliteLog
from tests.kiosk.doctor.patients import Patient
from tests.kiosk.fakes import FakeClock

PATIENCE_S = 10.0
WHOLE_WITHIN_S = 15.0
DEVICES = (PartName.THERMOMETER, PartName.CAMERA, PartName.GATE_LINE, PartName.PASSAGE_SENSOR)
OWN = {
    PartName.KIOSK,
    *DEVICES,
    PartName.LOG,
    PartName.POLICY,
    PartName.TRUST,
    PartName.IDENTITY,
    PartName.SERVER,
    PartName.ISSUER,
}
"""What does not depend on the machine that the tests run on."""


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def examined(patient: Patient) -> dict[PartName, Finding]:
    return by_part(examine(config.load(patient.file), patient.file))


def by_part(report: Report) -> dict[PartName, Finding]:
    assert report.took_s < WHOLE_WITHIN_S
    assert [found.part for found in report.findings] == list(PartName)
    return {found.part: found for found in report.findings}


@contextmanager
def core(patient: Patient) -> Iterator[SqliteLog]:
    """A core that answers, and its log."""
    board = Switchboard(patient.socket, inbox=Inbox(), clock=FakeClock(), passage_s=Seconds(1.0))
    board.start()
    log = SqliteLog(patient.log, compound="riverside", device="gate-1", clock=FakeClock())
    try:
        log.append(Draft("started", {}), visit="")
        yield log
    finally:
        log.close()
        board.close()


def test_a_simulated_kiosk_is_in_order_and_its_devices_say_that_they_are_simulated(patient: Patient) -> None:
    with patient.living():
        report = examine(config.load(patient.file), patient.file)
    found = by_part(report)
    assert report.simulated
    assert {part for part in OWN if not found[part].in_order} == set()
    for part in DEVICES:
        assert found[part].measured["simulated"] is True
        assert found[part].detail.startswith("simulated: ")
    assert found[PartName.THERMOMETER].measured["iir_code"] == 4
    assert found[PartName.CAMERA].measured["brightness"] == 128.0
    assert not patient.log.exists()


def test_a_fault_in_the_world_is_found(patient: Patient) -> None:
    with patient.living(Script(sensor=SensorScript(present=False), relay_active_high=False)):
        found = examined(patient)
    assert found[PartName.THERMOMETER].state is State.ABSENT
    assert found[PartName.GATE_LINE].state is State.UNFIT
    assert found[PartName.CAMERA].state is State.FIT


def test_without_a_world_no_device_is_there_and_the_rest_is_found(patient: Patient) -> None:
    found = examined(patient)
    assert {found[part].state for part in DEVICES} == {State.ABSENT}
    assert not any(found[part].in_order for part in DEVICES)
    assert "there is no simulated world" in found[PartName.THERMOMETER].detail
    assert found[PartName.POLICY].state is State.FIT


def test_a_running_kiosks_devices_are_left_alone(patient: Patient) -> None:
    # There is no world here: whoever tried to open a device would find none.
    with core(patient):
        found = examined(patient)
    for part in DEVICES:
        assert found[part].state is State.FIT
        assert found[part].measured["in_use"] is True
    assert found[PartName.KIOSK].measured["core_pid"] == os.getpid()
    assert found[PartName.LOG].measured["events"] == 2


def test_what_a_running_kiosk_has_lost_is_unfit(patient: Patient) -> None:
    with core(patient) as log:
        for part, detail in (("thermometer", "does not answer"), ("gate", "the process is gone")):
            log.append(Draft("part_health", {"part": part, "well": False, "detail": detail}), visit="")
        found = examined(patient)
    unfit = {part for part in OWN if found[part].state is State.UNFIT}
    assert unfit == {PartName.KIOSK, PartName.THERMOMETER, PartName.GATE_LINE, PartName.PASSAGE_SENSOR}
    assert "does not answer" in found[PartName.THERMOMETER].detail


@pytest.mark.skipif(gate_line.has_pins(), reason="this machine has pins of its own")
def test_a_machine_without_pins_is_the_reason_whatever_its_running_kiosk_says(patient: Patient) -> None:
    patient.sections["relay"] = {"source": "lgpio"}
    with core(patient) as log:
        log.append(Draft("part_health", {"part": "gate", "well": False, "detail": "not connected"}), visit="")
        found = examined(patient)[PartName.GATE_LINE]
    assert "no pins: there is no /dev/gpiochip" in found.detail
    assert "cable" not in found.advice


def test_a_clock_that_was_never_set_is_unfit(patient: Patient) -> None:
    patient.sections["simulation"]["clock"] = "never_set"
    found = examined(patient)
    assert found[PartName.CLOCK].state is State.UNFIT
    assert found[PartName.TRUST].measured["age_days"] is None


def test_a_kiosk_that_is_to_have_no_thermometer_is_in_order_unless_its_policy_asks(patient: Patient) -> None:
    patient.sections["thermometer"] = {"source": "none"}
    assert examined(patient)[PartName.THERMOMETER].in_order
    patient.sections["policy"]["file"] = "shipped:response-level-2"
    assert examined(patient)[PartName.THERMOMETER].state is State.UNFIT


def test_a_policy_that_is_not_there_is_a_finding_among_others(patient: Patient) -> None:
    patient.sections["policy"] = {"file": "gone.toml", "trust": ["gone.json"]}
    found = examined(patient)
    assert found[PartName.POLICY].state is State.UNFIT
    assert found[PartName.TRUST].state is State.UNFIT
    assert found[PartName.ISSUER].state is State.UNKNOWN


def test_a_disk_that_gives_no_answer_holds_nobody_up(patient: Patient) -> None:
    patient.sections["policy"]["file"] = "policy.toml"
    pipe = patient.folder / "policy.toml"
    os.mkfifo(pipe)
    found = examined(patient)
    assert found[PartName.POLICY].state is State.UNKNOWN
    assert found[PartName.POLICY].advice
    assert found[PartName.BOARD].state is State.FIT
    assert left_behind()
    # Whoever still reads is let go.
    with closing(os.fdopen(os.open(pipe, os.O_WRONLY), "wb")):
        pass
    ends = time.monotonic() + PATIENCE_S
    while left_behind():
        assert time.monotonic() < ends
        threading.Event().wait(0.01)


def test_no_thread_and_no_device_is_kept(patient: Patient) -> None:
    with patient.living():
        examined(patient)
        assert not left_behind()
        # The same once more: whatever was taken was given back.
        found = examined(patient)
    assert {found[part].state for part in DEVICES} == {State.FIT}
