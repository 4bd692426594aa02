"""How a process of the kiosk starts: with what it needs and nothing else, and with the same sentences as the command line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.stopping import SUPERVISED

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
IMPORTED = re.compile(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", re.MULTILINE)
COMMAND_LINE = {"typer", "rich", "kiosk.cli", "kiosk.bench", "kiosk.demo", "kiosk.doctor", "sync.central", "psutil"}
CHECKING = {"cryptography", "nacl", "cbor2", "kiosk.credentials", "kiosk.policy"}
LOOKING = {"numpy", "cv2", "zxingcpp", "drivers.eyes"}
ASKING = {"requests", "urllib3", "ssl", "http.client"}
"""Only a kiosk that has a server or an issuer speaks to one."""
RECORDING = {"sqlite3", "sync"}
SHOWING = {"kivy", "polib", "ui"}
FIGURES = {"prometheus_client"}
A_VISIT = {"kiosk.visit", "kiosk.flow", "kiosk.facts", "kiosk.events"}
NEEDLESS = {
    "gate": {"asyncio", *CHECKING, *LOOKING, *ASKING, *RECORDING, *SHOWING, *FIGURES, *A_VISIT, "smbus2"},
    "core": {"asyncio", *ASKING, *LOOKING, *SHOWING, *FIGURES, "gpiozero", "nacl", "subprocess"},
    "eyes": {"asyncio", *CHECKING, *ASKING, *RECORDING, *SHOWING, *FIGURES, *A_VISIT, "gpiozero", "smbus2", "subprocess"},
    "screen": {"cryptography", "nacl", "kiosk.credentials", *LOOKING, *ASKING, *RECORDING, *FIGURES, "gpiozero", "smbus2"},
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    return path


def imported_by(part: str, config: Path) -> set[str]:
    """Everything that a process imports from its start until it is ready and asked to end."""
    # No screen shall open on the display of whoever runs the tests.
    environment = {**os.environ, SUPERVISED: "1", "PYTHONPROFILEIMPORTTIME": "1", "DISPLAY": ":4711", "WAYLAND_DISPLAY": ""}
    with subprocess.Popen(
        [GATEPOST, "kiosk", "--config", config, "--part", part],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f'{{"ready": "{part}"}}\n'
        # Its standard input ends with its supervisor, and so does it.
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    return set(IMPORTED.findall(told))


@pytest.mark.parametrize("part", NEEDLESS)
def test_a_process_imports_nothing_that_only_others_need(part: str, config: Path) -> None:
    imported = imported_by(part, config)
    assert "kiosk.entry" in imported
    assert imported & (NEEDLESS[part] | COMMAND_LINE) == set()


def test_a_line_that_was_left_active_waits_for_no_command_line(config: Path) -> None:
    # This machine may have no pins: what it had to import shows how far it came.
    run = subprocess.run(
        [GATEPOST, "line-off", "--config", config],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
    )
    imported = set(IMPORTED.findall(run.stderr))
    assert "drivers.gate" in imported
    assert imported & (COMMAND_LINE | NEEDLESS["gate"]) == set()


def complaint(*arguments: str) -> str:
    run = subprocess.run([GATEPOST, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert run.stdout == ""
    (sentence,) = run.stderr.splitlines()
    return sentence


def test_what_is_wrong_with_a_configuration_is_said_the_same_in_whichever_order_it_is_asked(tmp_path: Path) -> None:
    missing = str(tmp_path / "kiosk.toml")
    started = complaint("kiosk", "--config", missing, "--part", "gate")
    assert started.startswith(f"gatepost: {missing}")
    assert started == complaint("kiosk", "--part", "gate", "--config", missing)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "kiosk.toml", "--part", "roof"], "roof"),
        (["--config", "kiosk.toml", "--part"], "--part"),
        (["--part", "gate"], "--config"),
        (["--config", "kiosk.toml", "--part", "gate", "now"], "now"),
    ],
    ids=["a part that is none", "a part without its name", "no configuration", "a word too many"],
)
def test_any_other_form_is_for_the_command_line_to_judge(arguments: list[str], said: str) -> None:
    sentence = complaint("kiosk", *arguments)
    assert sentence.startswith("gatepost: ")
    assert said in sentence


def test_the_command_line_explains_how_a_process_is_started() -> None:
    run = subprocess.run([GATEPOST, "kiosk", "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0
    for name in ("--config", "--part", "gate", "core", "eyes", "screen"):
        assert name in run.stdout
