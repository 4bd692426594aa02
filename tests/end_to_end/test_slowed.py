"""A kiosk that is made slower by stopping and continuing it: nothing of it is left behind, whatever ends the demo."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

GATEPOST = Path(sys.executable).parent / "gatepost"
WAIT_S = 60.0


def lives(process: psutil.Process) -> bool:
    """Whether it runs or is stopped; one that ended and that nobody has asked after is over."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.end_to_end
@pytest.mark.long
def test_a_slowed_demo_that_is_killed_leaves_no_process_stopped_or_running() -> None:
    with subprocess.Popen(
        [GATEPOST, "demo", "--headless", "--visitors", "50", "--cpu-scale", "4"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        came = next((line for line in demo.stdout if line.startswith("001 ")), "")
        assert "opened" in came
        left = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGKILL)
    assert len(left) >= len(("central", "issuer", "world", "pacer", "gate", "core", "eyes"))
    until = time.monotonic() + WAIT_S
    while any(lives(process) for process in left) and time.monotonic() < until:
        psutil.wait_procs(left, 0.2)
    assert [process for process in left if lives(process)] == []
