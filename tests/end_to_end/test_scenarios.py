"""Everything that may go wrong at a gate, each with its right answer: real processes in the simulated world."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.demo.cases import SCENARIOS
from kiosk.demo.vectors import missing

GATEPOST = Path(sys.executable).parent / "gatepost"


@pytest.mark.end_to_end
@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - {"normal"}))
def test_a_scenario_ends_as_it_must(name: str, tmp_path: Path) -> None:
    if missing(SCENARIOS[name].vectors) is not None:
        pytest.skip("the credentials made by others are not here (GATEPOST_TESTDATA)")
    ends_as_it_must(name, len(SCENARIOS[name].cases), tmp_path / "r.json")


@pytest.mark.end_to_end
def test_whoever_comes_last_may_stand_in_the_open_gate_for_long(tmp_path: Path) -> None:
    assert SCENARIOS["gate-stuck"].cases[0].outcome == "not_passed"
    ends_as_it_must("gate-stuck", 1, tmp_path / "r.json")


def ends_as_it_must(name: str, count: int, report: Path) -> None:
    cases = SCENARIOS[name].cases[:count]
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
    assert found["summary"]["lost"] == 0
    sys.stdout.write(run.stdout)  # the table and the rate at which people came, with -rP
