"""Parts are pulled and returned, processes killed, while people are at the gate: nothing opens by it, everything is back."""

import math
from collections.abc import Iterator

import pytest

from tests.hil.gate import Gate
from tests.hil.history import follow
from tests.hil.machine import RUN, until
from tests.hil.pulses import judge, pulses
from tests.hil.site import PULSE_S, RELAY
from tests.hil.table import Table

LATE_S = 0.15
HELD_BY_THE_KERNEL: set[float] = set()
"""When pulses began that the kernel kept up after their process had died: those end with `line-off`, not in time."""
PERSIST = "/sys/module/gatepost_hil_pins/parameters/persist"


@pytest.fixture(autouse=True)
def whole(gate: Gate) -> Iterator[None]:
    """Whatever a test has found, the next one begins with all parts well."""
    yield
    gate.sensor("fault", "none")
    gate.machine.write(PERSIST, "0")
    gate.machine.run("systemctl", "start", "hil-camera")


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        pytest.param("nack", "not acknowledged", id="nack"),
        pytest.param("stuck", "the data line held low", id="stuck"),
        pytest.param("disturbed", "every third checksum wrong", id="disturbed"),
    ],
)
def test_a_thermometer_that_fails_is_lost_and_whoever_comes_is_held_until_it_is_back(
    gate: Gate, table: Table, fault: str, what: str
) -> None:
    before = len(gate.machine.trace(RELAY))
    gate.look_from_here()
    gate.sensor("fault", fault)
    lost = gate.event("part_health", part="thermometer", well=False)
    gate.comes("resident-0")
    held = gate.decided()
    assert (held["answer"], list(held["reasons"])) == ("hold", ["temperature_unavailable"])
    assert len(gate.machine.trace(RELAY)) == before
    gate.sensor("fault", "none")
    gate.event("part_health", part="thermometer", well=True)
    gate.event("decision", answer="admit")
    gate.walks_through()
    gate.event("gate_outcome", outcome="passed")
    gate.goes()
    table.add("thermometer", what, f"lost ('{lost['detail']}'), a resident held; back, the same resident admitted")


def test_a_thermometer_whose_every_checksum_is_wrong_is_read_by_repetition(gate: Gate, table: Table) -> None:
    gate.look_from_here()
    gate.sensor("fault", "pec")
    gate.event("part_health", part="thermometer", well=True)
    found = gate.visit("resident-1")
    gate.sensor("fault", "none")
    assert found == ("admit", ("resident",), "passed")
    table.add(
        "thermometer", "every checksum wrong, as some parts have it", "lost, then read by repetition: a resident admitted"
    )


def test_a_camera_that_falls_silent_is_lost_and_whoever_comes_is_held_until_it_is_back(gate: Gate, table: Table) -> None:
    gate.look_from_here()
    gate.machine.run("systemctl", "stop", "hil-camera")
    gate.event("part_health", part="camera", well=False)
    gate.comes("resident-2")
    held = gate.decided()
    assert (held["answer"], list(held["reasons"])) == ("hold", ["pass_unavailable"])
    gate.machine.run("systemctl", "start", "hil-camera")
    gate.event("part_health", part="camera", well=True)
    gate.event("decision", answer="admit")
    gate.walks_through()
    gate.event("gate_outcome", outcome="passed")
    gate.goes()
    table.add(
        "camera", "it gives no more pictures, and then again", "lost, a resident held; back, the same resident admitted"
    )


def opened(gate: Gate, picture: str) -> float:
    """Let a resident in, and return when the line rose: the pulse is going on."""
    before = len(pulses(gate.machine.trace(RELAY)))
    gate.comes(picture)
    return until(lambda: next((began for began, _ in pulses(gate.machine.trace(RELAY))[before:]), None), 120.0, "a pulse")


def length_of(gate: Gate, began: float) -> float:
    """Wait until the pulse is over, and return how long it was."""

    def ended() -> float | None:
        length = dict(pulses(gate.machine.trace(RELAY)))[began]
        return None if math.isinf(length) else length

    return until(ended, 20.0, "the pulse is over")


def test_a_core_that_is_killed_in_mid_pulse_leaves_the_line_inactive_and_the_outcome_unknown(
    gate: Gate, table: Table
) -> None:
    restarts = int(gate.property("core", "NRestarts"))
    began = opened(gate, "resident-3")
    gate.machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "gatepost-core")
    length = length_of(gate, began)
    gate.event("gate_outcome", within_s=90.0, outcome="unknown")
    gate.goes()
    gate.wait_ready()
    assert length <= PULSE_S + LATE_S
    assert int(gate.property("core", "NRestarts")) == restarts + 1
    assert gate.visit("resident-0") == ("admit", ("resident",), "passed")
    table.add(
        "core",
        "SIGKILL in mid-pulse",
        f"the pulse ended after {length:.3f} s, its outcome `unknown`; back, the next admitted",
    )


@pytest.mark.parametrize(
    ("persist", "what"),
    [
        pytest.param("0", "the kernel lets go of its pins (`strict_gpiod`)", id="strict"),
        pytest.param("1", "the kernel keeps its pins as they were: `line-off`", id="persistent"),
    ],
)
def test_a_gate_process_that_is_killed_in_mid_pulse_takes_the_line_down(
    gate: Gate, table: Table, persist: str, what: str
) -> None:
    gate.machine.write(PERSIST, persist)
    began = opened(gate, "resident-1")
    if persist == "1":
        HELD_BY_THE_KERNEL.add(began)
    gate.machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "gatepost-gate")
    length = length_of(gate, began)
    gate.machine.write(PERSIST, "0")
    gate.goes()
    gate.wait_ready()
    gate.event("part_health", well=True, part="gate", within_s=90.0)
    assert gate.visit("resident-2") == ("admit", ("resident",), "passed")
    table.add(
        "gate process", f"SIGKILL in mid-pulse, {what}", f"the line was active for {length:.3f} s; back, the next admitted"
    )


def test_every_pulse_of_all_this_belongs_to_an_admission_that_was_on_the_disk_before(gate: Gate, table: Table) -> None:
    machine = gate.machine
    events = follow(machine.copy_log(RUN / "log.sqlite"))
    toll = judge(events, machine.trace(RELAY), machine.boot_id, math.inf)
    bounded = [length for began, length in pulses(machine.trace(RELAY)) if began not in HELD_BY_THE_KERNEL]
    assert toll.wrong == []
    assert bounded
    assert max(bounded) <= PULSE_S + LATE_S
    table.add(
        "line",
        "all of it, against the log",
        f"{toll.openings} pulses, each after a durable admission of its own; the longest {max(bounded):.3f} s",
    )
