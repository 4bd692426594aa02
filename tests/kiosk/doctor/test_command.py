"""`gatepost doctor`, as a keeper calls it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kiosk.doctor.findings import PartName, State
from kiosk.doctor.printing import SHAPES, shown
from tests.kiosk.doctor.patients import Patient

GATEPOST = Path(sys.executable).parent / "gatepost"
PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"
DEFAULT = Path("/etc/gatepost/kiosk.toml")
WHOLE_WITHIN_S = 15.0
OF_THE_MACHINE = {"board", "power", "processor", "memory", "disk", "clock", "screen", "voice"}


def doctor(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GATEPOST, "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200"},
    )


def findings(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The report in JSON, by part; its shape is checked."""
    report = json.loads(run.stdout)
    assert report.keys() == {"fit", "parts"}
    assert report["fit"] is (run.returncode == 0)
    for part in report["parts"]:
        assert part.keys() == {"part", "state", "measured", "detail", "advice"}
        assert part["part"] in tuple(PartName)
        assert part["state"] in tuple(State)
        assert isinstance(part["measured"], dict)
        assert part["detail"]
        assert part["advice"] or part["state"] in ("fit", "absent")
    return {part["part"]: part for part in report["parts"]}


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def test_a_kiosk_that_is_well_ends_with_status_0(patient: Patient) -> None:
    with patient.living():
        run = doctor("--config", str(patient.file), "--json")
    found = findings(run)
    assert found.keys() == set(PartName)
    of_the_machine = [part for part in found.values() if part["part"] in OF_THE_MACHINE]
    well = all(part["state"] in ("fit", "absent") for part in of_the_machine)
    assert run.returncode == (0 if well else 1), run.stdout
    assert found["camera"]["measured"]["simulated"] is True


def test_a_kiosk_without_its_devices_ends_with_status_1(patient: Patient) -> None:
    run = doctor("--config", str(patient.file), "--json")
    assert run.returncode == 1
    assert findings(run)["thermometer"]["state"] == "absent"


def test_nothing_is_left_where_the_doctor_was_called(patient: Patient, tmp_path_factory: pytest.TempPathFactory) -> None:
    patient.sections["relay"] = {"source": "lgpio"}
    folder = tmp_path_factory.mktemp("called")
    before = sorted(patient.folder.rglob("*"))
    assert doctor("--config", str(patient.file), "--json", cwd=folder).returncode == 1
    assert list(folder.iterdir()) == []
    assert sorted(patient.folder.rglob("*")) == sorted({*before, patient.file})


def test_the_table_has_shape_word_part_and_then_what_to_do(patient: Patient) -> None:
    run = doctor("--config", str(patient.file))
    assert run.returncode == 1
    head, *lines = run.stdout.splitlines()
    assert "simulated" in head
    assert re.search(r"^OK fit +policy +normal-times@1", run.stdout, re.MULTILINE)
    assert re.search(r"^-- absent +gate line +simulated: no pins", run.stdout, re.MULTILINE)
    advice = lines[lines.index("What to do") :]
    assert any(line.startswith("-- thermometer: Check its four wires") for line in advice)
    assert lines[-1].startswith("Not in order: ")
    assert "camera" in lines[-1]
    # Colour alone says nothing, and none is sent where there is no terminal.
    assert "\x1b" not in run.stdout


def test_every_state_has_a_shape_of_its_own() -> None:
    assert len(set(SHAPES.values())) == len(State) == len(SHAPES)


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read: No such file"), ("[gate]\nfoo = 1\n", "[gate]"), ("gate", "is not TOML")],
    ids=["missing", "unknown-key", "no-toml"],
)
def test_a_configuration_that_cannot_be_used_is_one_sentence_and_status_2(
    tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "kiosk.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    run = doctor("--config", str(file), "--json")
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(DEFAULT.exists(), reason="there is a kiosk on this machine")
def test_without_a_configuration_the_usual_place_is_looked_at() -> None:
    run = doctor()
    assert run.returncode == 2
    assert run.stderr == f"gatepost: {DEFAULT}: cannot be read: No such file or directory\n"


def test_what_hangs_is_unknown_and_does_not_hold_up_the_end(patient: Patient) -> None:
    """A pipe that nobody writes into holds whoever opens it: the camera's library, and the reader of trust lists."""
    patient.sections["policy"]["trust"] = ["pipe"]
    patient.sections["camera"] = {"source": f"video:{patient.folder}/pipe"}
    os.mkfifo(patient.folder / "pipe")
    run = doctor("--config", str(patient.file), "--json")
    assert run.returncode == 1
    found = findings(run)
    assert found["trust"]["state"] == found["camera"]["state"] == "unknown"
    assert "gave no answer within 7 s" in found["camera"]["detail"]
    assert found["board"]["state"] == "fit"


def test_the_documentation_explains_every_part_and_every_shape() -> None:
    page = PAGE.read_text(encoding="utf-8")
    parts, _, obstacles = page.partition("| `captive_portal`")
    assert obstacles
    assert re.findall(r"^\| `([a-z_]+)` \|", parts, re.MULTILINE) == [part.value for part in PartName]
    for state, shape in SHAPES.items():
        assert f"| {shape} | {state} |" in page
    assert all(shown(part) in page for part in PartName)
