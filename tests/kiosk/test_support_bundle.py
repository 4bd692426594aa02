"""The support bundle has what helps, and nobody in it: names are planted wherever a journal or configuration has room."""

import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import load
from kiosk.errors import UsageError
from kiosk.support_bundle import FACTS, figures, our_lines, write_bundle
from tests.command_line import gatepost
from tests.planted import Secret, found_in, inflated
from tests.test_log_lines import CONTENT, SOURCES, log_calls

NAME = Secret("a visitor's name", "Zhang Wei Planted")
CHINESE = Secret("a name in Chinese", "张伟种下的")
PHONE = Secret("a phone number", "138 0000 4711")
TOKEN = Secret("a health token", "PlantedToken31010119")
PASSWORD = Secret("a camera's password", "planted-hunter2")
CODE = Secret("an enrolment code", "13K7Q-PLANT")
PIN = Secret("the staff's PIN, hashed", "7" * 32)
SECRETS = [NAME, CHINESE, PHONE, TOKEN, PASSWORD, CODE, PIN]
AT = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
CONFIG = f"""\
[gate]
compound = "riverside"
device = "gate-1"
[policy]
file = "shipped:normal-times"
[camera]
source = "video:rtsp://guard:{PASSWORD.text}@192.0.2.9/live"
[screen]
guard_phone = "{PHONE.text}"
staff_pin = "scrypt$16384$8$1${PIN.text}${"0" * 64}"
[server]
url = "https://gatepost.example"
enrolment_code = "{CODE.text}"
"""


def entry(message: object, unit: str = "gatepost-core.service") -> bytes:
    return json.dumps({"MESSAGE": message, "_SYSTEMD_UNIT": unit}).encode()


def line(event: str, **facts: Any) -> bytes:
    return entry(json.dumps({"event": event, "level": "warning", "timestamp": "2026-03-24T12:00:00Z", **facts}))


HELPFUL = [
    line("camera lost", detail="camera 0 cannot be opened"),
    line("camera back", after_s=12.5),
    line("process crashed", exception=[{"kind": "KeyError", "at": ["kiosk/worker.py:62 _run"], "said": NAME.text}]),
]
PLANTED = [
    entry(f"Traceback: KeyError: '{NAME.text}'"),
    entry(list(CHINESE.text.encode("gb18030"))),
    entry(json.dumps({"said": NAME.text})),
    entry(json.dumps([NAME.text])),
    entry(None),
    line(f"welcome, {NAME.text}"),
    CHINESE.text.encode(),
]
HALF = [
    line("code read", token=TOKEN.text, holder=NAME.text, text=CHINESE.text),
    line("worker lost", exception=NAME.text, reason=[PHONE.text], detail={"said": NAME.text}),
    line("worker lost", exception=[{"kind": f"KeyError: {NAME.text}", "at": [NAME.text]}, NAME.text]),
    entry(json.dumps({"event": "code read"}), unit=f"{NAME.text}.service"),
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "kiosk.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def contents(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as bundle:
        return {member.name: opened.read() for member in bundle if (opened := bundle.extractfile(member)) is not None}


def test_nobody_is_in_the_bundle(tmp_path: Path, config: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    # The search itself finds what is there.
    assert found_in(SECRETS, {"journal": b"\n".join([*HELPFUL, *PLANTED, *HALF]), "configuration": config.read_bytes()})
    write_bundle(file, {"fit": False, "parts": []}, load(config), our_lines([*HELPFUL, *PLANTED, *HALF]), AT)
    assert found_in(SECRETS, {**contents(file), **inflated({"the bundle": file.read_bytes()})}) == []


def test_what_helps_is_in_it() -> None:
    journal = our_lines([*HELPFUL, *PLANTED])
    told = [json.loads(kept) for kept in journal.lines]
    assert [one["event"] for one in told] == ["camera lost", "camera back", "process crashed"]
    assert {one["unit"] for one in told} == {"gatepost-core.service"}
    assert told[0]["detail"] == "camera 0 cannot be opened"
    assert told[1]["after_s"] == 12.5
    assert told[2]["exception"] == [{"kind": "KeyError", "at": ["kiosk/worker.py:62 _run"]}]
    assert journal.left_out == len(PLANTED)


def test_figures_and_switches_of_the_configuration_are_told_and_secrets_only_that_they_are_set(config: Path) -> None:
    told = figures(load(config))
    assert told["camera"] | {"source": "video", "fps": 30, "idle_fps": 10} == told["camera"]
    assert told["policy"]["file"] == "shipped:normal-times"
    assert {told["server"]["enrolment_code"], told["screen"]["staff_pin"], told["screen"]["guard_phone"]} == {"set"}


def test_every_fact_that_is_kept_is_one_that_our_lines_have() -> None:
    written = {keyword.arg for path in SOURCES for call in log_calls(path) for keyword in call.keywords}
    by_the_writer = {"level", "timestamp", "detail", "severity", "after_s", "library", "at", "exception"}
    assert written | by_the_writer >= FACTS
    assert not FACTS & CONTENT


def test_a_bundle_is_its_owner_s_and_writes_over_nothing(tmp_path: Path, config: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    write_bundle(file, {}, load(config), our_lines([]), AT)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="is there already"):
        write_bundle(file, {}, load(config), our_lines([]), AT)


def test_the_command_writes_what_the_doctor_found(tmp_path: Path) -> None:
    config, file = tmp_path / "kiosk.toml", tmp_path / "bundle.tar.gz"
    config.write_text(
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = "{tmp_path}/run"\n'
        f'[policy]\nfile = "shipped:normal-times"\n[camera]\nsource = "device:63"\n[thermometer]\nsource = "i2c:250"\n'
        f'[log]\npath = "{tmp_path}/log.sqlite"\n',
        encoding="utf-8",
    )
    ran = gatepost("support-bundle", "--config", config, "--to", file)
    assert (ran.returncode, ran.stdout) == (0, f"{file}\n")
    found = contents(file)
    assert {part["part"] for part in json.loads(found["gatepost-support/doctor.json"])["parts"]} >= {
        "camera",
        "log",
        "policy",
    }
    assert set(found) == {
        f"gatepost-support/{name}" for name in ("about.json", "doctor.json", "configuration.json", "journal.jsonl")
    }
