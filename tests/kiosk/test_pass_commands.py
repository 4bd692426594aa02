"""`gatepost pass`, as a user calls it."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from drivers.pictures import decode_file
from tests.command_line import gatepost

OFFICE = ("--id", "office", "--compound", "riverside", "--visitor", "guest", "--visitor", "staff")
FROM, UNTIL = "2026-11-01", "2026-12-01T12:00:00+08:00"
"""Never now: what is said of a pass is the same on any day."""


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    made = gatepost("pass", "key", folder / "key.pem", *OFFICE)
    assert made.returncode == 0, made.stderr
    entry = json.loads(made.stdout)
    trust = {"schema": 1, "id": "l", "issued_at": "2026-01-01T00:00:00Z", "issuers": [entry]}
    (folder / "trust.json").write_text(json.dumps(trust), encoding="utf-8")
    return folder / "key.pem"


def issue(key: Path, *arguments: str | Path) -> str:
    made = gatepost("pass", "issue", "--key", key, "--compound", "riverside", "--from", FROM, "--until", UNTIL, *arguments)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def inspected(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gatepost("pass", "inspect", text).stdout)
    return found


def test_a_pass_says_what_was_asked_for_and_is_believed_by_its_trust_list(key: Path, tmp_path: Path) -> None:
    wanted = ("--visitor", "staff", "--many", "--unit", "12-501", "--holder", "s7", "--language", "ko", "--gate", "north")
    terms = ("--hours", "08:00-18:00 mon tue", "--plate", "沪A12345", "--company")
    text = issue(key, *wanted, *terms, "--image", tmp_path / "pass.png")
    said = inspected(text)
    assert len(said.pop("pass_id")) == 24
    assert len(said.pop("key_id")) == 16
    assert said == {
        "compound": "riverside",
        "visitor": "staff",
        "from": "2026-11-01T00:00:00+00:00",
        "until": "2026-12-01T04:00:00+00:00",
        "uses": "multiple",
        "unit": "12-501",
        "holder": "s7",
        "language": "ko",
        "plate": "沪A12345",
        "company": True,
        "gates": ["north"],
        "hours": ["08:00-18:00 mon tue"],
    }
    assert [code["text"] for code in decode_file(str(tmp_path / "pass.png"))["codes"]] == [text]
    checked = gatepost("verify", "--text", text, "--at", "2026-11-15", "--trust", key.parent / "trust.json")
    assert json.loads(checked.stdout)["verdict"] == "valid"


def test_two_passes_are_never_the_same_and_one_use_is_the_rule(key: Path) -> None:
    first, second = (inspected(issue(key, "--visitor", "guest")) for _ in range(2))
    assert first["pass_id"] != second["pass_id"]
    assert first["uses"] == "single"


def test_a_key_is_its_owners_alone_and_is_not_written_over(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    again = gatepost("pass", "key", key, *OFFICE)
    assert again.returncode == 2
    assert "cannot be kept there: File exists" in again.stderr
    assert key.read_bytes() == before


def test_what_is_no_pass_is_said_to_be_none() -> None:
    found = gatepost("pass", "inspect", "-", given="GP1:??\n")
    assert found.returncode == 1
    assert json.loads(found.stdout)["verdict"] == "malformed"


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no moment": (("--visitor", "guest", "--from", "noon"), "--from noon: is no date and time of ISO 8601"),
    "ends first": (("--visitor", "guest", "--from", "2027-01-01"), "a pass must end after it begins"),
    "hours": (("--visitor", "guest", "--hours", "all day"), "--hours must be hours such as"),
    "gate": (("--visitor", "guest", "--gate", "Nord"), "a pass cannot name the gate 'Nord'"),
    "picture": (("--visitor", "guest", "--image", "pass.bmp"), "pass.bmp: a code is drawn as .png or .svg"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_sentence(key: Path, case: str) -> None:
    arguments, sentence = WRONG[case]
    made = gatepost("pass", "issue", "--key", key, "--compound", "riverside", "--from", FROM, "--until", UNTIL, *arguments)
    assert made.returncode == 2
    assert sentence in made.stderr
    assert "Traceback" not in made.stderr


def test_a_key_that_others_can_read_signs_nothing(key: Path, tmp_path: Path) -> None:
    loose = tmp_path / "key.pem"
    loose.write_bytes(key.read_bytes())
    loose.chmod(0o644)
    wanted = ("--compound", "riverside", "--from", FROM, "--until", UNTIL, "--visitor", "guest")
    made = gatepost("pass", "issue", "--key", loose, *wanted)
    assert made.returncode == 2
    assert "can be read by others; chmod 600 it" in made.stderr
