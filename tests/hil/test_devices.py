"""The kernel's devices reach the real drivers: the thermometer's bytes with their checksum, the gate's lines."""

import pytest

from tests.hil.gate import PARTS, Gate
from tests.hil.machine import until
from tests.hil.site import RELAY, raw
from tests.hil.table import Table

GATEPOST = "/opt/gatepost/bin/gatepost"


def show(gate: Gate) -> str:
    return gate.machine.run(GATEPOST, "thermometer", "show", may_fail=True)


def test_the_thermometer_is_read_through_the_kernel_with_its_checksum(gate: Gate, table: Table) -> None:
    gate.sensor("object", raw(36.87))
    said = show(gate)
    gate.sensor("object", raw(23.0))
    assert "object 36.87 °C, ambient 21.99 °C" in said
    assert "41f69e275c0d3a1b" in said
    table.add("thermometer", "read through i2c-dev by the real driver", "identity, PEC right, 36.87 °C")


def test_every_part_runs_under_its_own_account_without_a_capability(gate: Gate, table: Table) -> None:
    for part in PARTS:
        status = gate.machine.read_status(int(gate.property(part, "MainPID")))
        assert status["CapEff"] == "0000000000000000", part
        assert status["Seccomp"] == "2", part
        assert status["NoNewPrivs"] == "1", part
    exposures = [gate.exposure(part) for part in PARTS]
    table.add("units", "each part's account, capabilities, seccomp", f"none, filtered; exposure {', '.join(exposures)}")


@pytest.mark.parametrize("pin", [RELAY])
def test_the_line_was_never_active_while_the_kiosk_came_up(gate: Gate, table: Table, pin: int) -> None:
    until(lambda: f"{pin} out 0" in gate.levels(), 30.0, "the gate process has taken the relay's pin")
    assert gate.machine.trace(pin) == []
    table.add("line", "from power-on until the kiosk is ready", "never active")
