"""Everything that may go wrong at a gate, each with its right answer: real processes in the simulated world."""

import json
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path

import pytest

from kiosk.demo.cases import SCENARIOS
from kiosk.demo.vectors import missing
from kiosk.model import GateOutcome

GATEPOST = Path(sys.executable).parent / "gatepost"
EVERY_TIME = ("clock-unset", "fever", "sensor-lost", "tailgate")
"""The quick ones, which `make test` runs as well."""
COMES_LAST_AGAIN = "gate-stuck"
"""Whoever stands in the open gate comes once more at the end: a demo whose last visitor does so waits for the outcome."""


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in EVERY_TIME else pytest.mark.long)
        for name in sorted(set(SCENARIOS) - {"normal"})
    ],
)
def test_a_scenario_ends_as_it_must(name: str, tmp_path: Path) -> None:
    if missing(SCENARIOS[name].vectors) is not None:
        pytest.skip("the credentials made by others are not here (GATEPOST_TESTDATA)")
    report, once = tmp_path / "r.json", SCENARIOS[name].cases
    cases = list(islice(cycle(once), len(once) + (name == COMES_LAST_AGAIN)))
    run = subprocess.run(
        [GATEPOST, "demo", "--headless", "--scenario", name, "--visitors", str(len(cases)), "--report", str(report)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [visit["decision"] for visit in found["visits"]] == [case.expected for case in cases]
    assert (found["visits"][-1]["gate_outcome"] == GateOutcome.NOT_PASSED) == (name == COMES_LAST_AGAIN)
    assert found["summary"]["lost"] == 0
    sys.stdout.write(run.stdout)  # the table and the rate at which people came, with -rP
