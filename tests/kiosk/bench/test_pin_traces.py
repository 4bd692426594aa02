"""The check of the gate line's pin: it finds nothing on the gate's own code, and finds what it is there to find."""

import pytest

from drivers.gate import GateLine
from drivers.gatekeeper import Gatekeeper
from kiosk.bench.pin_traces import check
from kiosk.link import AnyMessage


def test_in_hundreds_of_histories_the_pin_is_never_high_when_it_must_not_be() -> None:
    checked = check(150, 11)
    assert checked.violations == []
    assert checked.done["opened"] > 100
    assert set(checked.deaths) == {"core gone", "stopped", "killed"}


class Forgetful(Gatekeeper):
    """Leaves the line as it is when it should cut it."""

    def _drop(self, detail: str) -> list[AnyMessage]:
        return []


def test_a_gate_that_does_not_cut_its_pulse_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.bench.pin_traces.Gatekeeper", Forgetful)
    assert check(40, 1).violations


class Endless(GateLine):
    """Never ends a pulse."""

    def expire(self) -> bool:
        return False


def test_a_pulse_without_an_end_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.bench.pin_traces.GateLine", Endless)
    assert check(3, 1).violations
