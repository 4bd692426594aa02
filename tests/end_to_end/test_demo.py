"""The whole way once: world, processes, screen, log, server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GATEPOST = Path(sys.executable).parent / "gatepost"


@pytest.mark.end_to_end
def test_every_visitor_is_admitted_before_a_screen_of_its_own_and_every_event_is_at_the_server(tmp_path: Path) -> None:
    """On a machine without a display; without a screen at all is what the scenarios are played."""
    report = tmp_path / "r.json"
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    run = subprocess.run(
        [GATEPOST, "demo", "--visitors", "4", "--report", str(report)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env=environment,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [visit["decision"] for visit in found["visits"]] == ["admit"] * 4
    assert all(visit["synced"] and visit["clear_s"] is not None for visit in found["visits"])
    assert found["summary"]["lost"] == 0
    assert found["summary"]["cleared"] == 4
    # How many and how smooth depends on what else this machine does: `gatepost bench screen` measures that.
    assert found["screen"]["frames"] > 0
    assert found["screen"]["preview_fps"] > 0
    (screen,) = [process for process in found["processes"] if process["name"] == "screen"]
    assert (screen["kiosk"], screen["restarts"]) == (True, 0)
