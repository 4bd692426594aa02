"""The whole way once: world, processes, log, server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GATEPOST = Path(sys.executable).parent / "gatepost"


@pytest.mark.end_to_end
def test_every_visitor_is_admitted_and_every_event_is_at_the_server(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    run = subprocess.run(
        [GATEPOST, "demo", "--headless", "--visitors", "4", "--report", str(report)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [visit["decision"] for visit in found["visits"]] == ["admit"] * 4
    assert all(visit["synced"] and visit["clear_s"] is not None for visit in found["visits"])
    assert found["summary"]["lost"] == 0
    assert found["summary"]["cleared"] == 4
