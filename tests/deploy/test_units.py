"""The units: systemd understands them, they lock each process in, and what they start is a command of ours."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from kiosk.bootstrap.gate import NICENESS
from kiosk.cli import app
from kiosk.part import PARTS
from tests.deploy.units import CENTRAL, KIOSK, PARTS_UNITS, SERVICES, commands, settings

EXPOSURE = {"gate": 1.0, "core": 1.8, "eyes": 1.0, "screen": 1.5, "card-screen": 1.5, "central": 1.8, "first-boot": 2.5}
"""The most that `systemd-analyze security` may find, of 10, with some room for what a newer one judges besides."""
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def name_of(unit: Path) -> str:
    return unit.stem.removeprefix("gatepost-")


def test_each_process_has_a_unit_and_no_unit_is_left_over() -> None:
    assert {name_of(unit) for unit in SERVICES} == {*PARTS, "card-screen", "central", "first-boot"} == set(EXPOSURE)


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    # What they run is installed elsewhere: a command that is there stands for it.
    for unit in [*SERVICES, KIOSK / "gatepost.target"]:
        text = unit.read_text(encoding="utf-8")
        for command in commands(unit):
            text = text.replace(command[0], "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ours = [line for line in verified.stderr.splitlines() if "gatepost" in line]
    assert (verified.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=name_of)
def test_a_process_is_locked_in(unit: Path) -> None:
    judged = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--json=short",
            "--no-pager",
            f"--threshold={EXPOSURE[name_of(unit)] * 10:.0f}",
            unit,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout
    assert len(json.loads(judged.stdout)) > 50


@pytest.mark.parametrize("unit", SERVICES, ids=name_of)
def test_every_command_is_one_that_the_command_line_knows(unit: Path) -> None:
    for program, *words in commands(unit):
        assert program.endswith("/bin/gatepost")
        known = get_command(app).commands  # type: ignore[attr-defined]  # a group, as there are several
        # Refuses an option or a part that there is not.
        assert known[words[0]].make_context(words[0], words[1:]).command is known[words[0]]


@pytest.mark.parametrize("unit", PARTS_UNITS, ids=name_of)
def test_a_process_of_the_kiosk_is_kept_up_under_its_own_account(unit: Path) -> None:
    found = settings(unit)
    assert found["User"] == [f"gatepost-{name_of(unit)}"]
    assert found["Group"] == ["gatepost"]
    assert found["Type"] == ["notify"]
    assert found["Restart"] == ["always"]
    assert found["StartLimitIntervalSec"] == ["0"]
    assert "WatchdogSec" in found
    assert commands(unit)[0][-2:] == ["--part", name_of(unit)]
    assert f'u gatepost-{name_of(unit)} - "' in (KIOSK / "sysusers.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", SERVICES, ids=name_of)
def test_nothing_waits_for_the_network_or_the_time(unit: Path) -> None:
    orders = " ".join(value for name in ("After", "Wants", "Requires") for value in settings(unit).get(name, []))
    assert "network-online" not in orders
    assert "time-sync" not in orders
    if unit in PARTS_UNITS:
        assert "network" not in orders


def test_the_gate_is_first_and_its_line_is_taken_down_after_every_end() -> None:
    gate = settings(KIOSK / "gatepost-gate.service")
    assert gate["Before"] == ["gatepost-core.service gatepost-eyes.service gatepost-screen.service"]
    assert "After" not in gate
    assert [command[1] for command in commands(KIOSK / "gatepost-gate.service")] == ["kiosk", "line-off"]
    assert gate["Nice"] == [str(NICENESS)]


@pytest.mark.parametrize(
    ("part", "devices"),
    [
        ("gate", {"char-gpiochip rw"}),
        ("core", {"char-i2c rw"}),
        ("eyes", {"char-video4linux rw"}),
        ("screen", {"char-drm rw", "char-input r", "char-alsa rw"}),
    ],
)
def test_a_process_reaches_its_own_devices_and_no_other(part: str, devices: set[str]) -> None:
    found = settings(KIOSK / f"gatepost-{part}.service")
    assert found["DevicePolicy"] == ["closed"]
    assert set(found["DeviceAllow"]) == devices
    assert found["CapabilityBoundingSet"] == [""]


def test_the_core_alone_reaches_the_network_and_the_records() -> None:
    for unit in PARTS_UNITS:
        found = settings(unit)
        if name_of(unit) == "core":
            assert found["StateDirectoryMode"] == ["0700"]
        else:
            assert found["IPAddressDeny"] == ["any"]
            assert "AF_INET" not in found["RestrictAddressFamilies"][0]
            assert "StateDirectory" not in found


def test_the_server_s_secrets_are_its_own() -> None:
    found = settings(CENTRAL / "gatepost-central.service")
    assert (found["StateDirectoryMode"], found["UMask"]) == (["0700"], ["0077"])
    assert found["LoadCredential"] == ["gatepost-vault"]
