"""`gatepost kiosk` as a whole, with real processes, on a machine that has none of its devices."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

GATEPOST = Path(sys.executable).parent / "gatepost"
CONFIG = """
[gate]
compound = "riverside"
device = "gate-1"
run_dir = "{folder}/run"
[camera]
source = "device:63"
[thermometer]
source = "i2c:250"
[log]
path = "{folder}/log.sqlite"
[policy]
file = "shipped:normal-times"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    return path


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A started command and what it said when it was ready; asked to end at the end."""
    # No screen shall open on the display of whoever runs the tests.
    environment = {**os.environ, "DISPLAY": ":4711", "WAYLAND_DISPLAY": ""}
    with subprocess.Popen(
        [GATEPOST, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline() or "{}").get("ready")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def test_a_kiosk_without_its_devices_starts_all_the_same_and_ends_when_asked(config: Path) -> None:
    with running("kiosk", "--config", str(config)) as (process, ready):
        assert ready == "kiosk"
        parts = psutil.Process(process.pid).children()
        assert len(parts) == 4, "the screen too, though there is no display"
    assert process.returncode == 0
    assert psutil.wait_procs(parts, timeout=5)[1] == []


def test_a_second_kiosk_in_the_same_place_says_so_in_one_sentence(config: Path) -> None:
    with running("kiosk", "--config", str(config)) as (first, ready):
        assert ready == "kiosk"
        second = subprocess.run(
            [GATEPOST, "kiosk", "--config", str(config)], capture_output=True, text=True, timeout=30, check=False
        )
        assert second.returncode == 2
        assert second.stderr.strip().splitlines() == [second.stderr.strip()]
        assert "another kiosk is running there" in second.stderr
        assert first.poll() is None


def test_an_issuer_whose_port_is_taken_says_so_in_one_sentence(tmp_path: Path) -> None:
    table = tmp_path / "tokens.json"
    table.write_text("{}", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [GATEPOST, "issuer", "--table", str(table), "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert run.returncode == 2
    assert run.stderr == f"gatepost: port {port} is in use; name another with --port\n"
