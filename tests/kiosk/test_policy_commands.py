"""`gatepost policy check` and `gatepost policy explain`, as somebody at a terminal meets them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GATEPOST = Path(sys.executable).parent / "gatepost"
BROKEN = Path(__file__).parent / "policy" / "broken"
LEVEL_2 = "shipped:response-level-2"


def gatepost(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(GATEPOST), "policy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_documents_that_are_in_order_are_named() -> None:
    run = gatepost("check", "shipped:response-level-1", LEVEL_2)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [
        "shipped:response-level-1: response-level-1@1, 34 rules",
        "shipped:response-level-2: response-level-2@1, 42 rules",
    ]


def test_what_is_wrong_is_a_line_each_and_status_one() -> None:
    file = BROKEN / "people-left-out.toml"
    run = gatepost("check", file)
    assert run.returncode == 1
    assert [line.partition(": no rule")[0] for line in run.stdout.splitlines()[1:]] == [
        f"{file}: nobody may admit courier",
        f"{file}: nobody may admit renovation",
    ]


def test_documents_are_held_against_each_other() -> None:
    run = gatepost("check", BROKEN / "in-march.toml", BROKEN / "from-april.toml")
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1] == "nothing is in force between in-march@1 and from-april@1, for 14.5 days"


def test_a_folder_stands_for_the_documents_in_it(tmp_path: Path) -> None:
    for name in ("in-march", "from-april"):
        (tmp_path / f"{name}.toml").write_bytes((BROKEN / f"{name}.toml").read_bytes())
    (tmp_path / "notes.txt").write_text("no document")
    run = gatepost("check", tmp_path)
    assert (run.returncode, len(run.stdout.splitlines())) == (1, 3)
    assert run.stdout.splitlines()[-1] == "nothing is in force between in-march@1 and from-april@1, for 14.5 days"


@pytest.mark.parametrize("name", ["half-translated.toml", "not-there.toml"])
def test_what_cannot_be_read_is_one_sentence_and_status_two(name: str) -> None:
    run = gatepost("check", BROKEN / name)
    assert run.returncode == 2
    assert run.stderr.startswith(f"gatepost: {BROKEN / name}: ")
    assert len(run.stderr.splitlines()) == 1


def explained(folder: Path, facts: dict[str, Any], *more: str) -> subprocess.CompletedProcess[str]:
    path = folder / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return gatepost("explain", LEVEL_2, "--facts", path, *more)


def test_an_admission_is_explained_rule_by_rule(tmp_path: Path) -> None:
    facts = {"temperature": {"body_c": 36.5}, "pass": {"visitor": "resident"}}
    run = explained(tmp_path, facts)
    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines()]
    assert lines[0] == ["response-level-2@1"]
    assert ["no", "temperature-raised", "not:", "temperature_at_least"] in lines
    assert lines[-2] == ["yes", "resident", "->", "admit,", "resident"]
    assert run.stdout.splitlines()[-1] == "admit, by rule resident: resident"


def test_a_stop_says_everything_in_the_way_and_who_may_override_it(tmp_path: Path) -> None:
    facts = {"temperature": {"body_c": 38}, "pass": {"visitor": "guest"}, "health_code": {"health": "red"}}
    *_, answer, override = explained(tmp_path, facts).stdout.splitlines()
    assert answer == "hold, by rule temperature-raised: temperature_high, health_red"
    assert override == "may be overridden by: two people"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    run = explained(tmp_path, {"pass": {"visitor": "guest"}})
    assert run.stdout.splitlines()[-1] == "no answer yet: needs health_code, temperature"


def test_the_explanation_is_json_when_asked_for(tmp_path: Path) -> None:
    facts = {"temperature": {"body_c": 37.2, "samples": 4}, "pass": {"visitor": "resident"}}
    found = json.loads(explained(tmp_path, facts, "--json").stdout)
    assert (found["policy"], found["answer"], found["rule"], found["reasons"]) == ("response-level-2@1", None, None, [])
    assert found["needs"] == ["temperature"]
    assert found["override"] is None
    (borderline,) = [step for step in found["path"] if step["rule"] == "temperature-borderline"]
    assert borderline == {
        "rule": "temperature-borderline",
        "holds": None,
        "then": "measure_on",
        "reason": "temperature_borderline",
        "fails": [],
        "lacks": ["temperature"],
    }


def test_facts_that_are_none_are_one_sentence_and_status_two(tmp_path: Path) -> None:
    run = explained(tmp_path, {"colour": "green"})
    assert run.returncode == 2
    assert "these are no facts" in run.stderr
    assert len(run.stderr.splitlines()) == 1
