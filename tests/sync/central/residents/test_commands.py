"""`gatepost central resident`: who lives here, from standard input or a file, recorded, and told to nobody else."""

import json
from pathlib import Path

import pytest

from tests.sync.central.test_commands import Place

AS = ("--compound", "lakeside", "--as", "Wang Fang", "--reason", "moved in")
HEAD = "unit,name,language,targets\n"
CSV = HEAD + "12-301,王芳,zh,wang@example.org https://hook.example/secret\n12-302,Li Na,,li@example.org\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def listed(place: Place) -> list[dict[str, object]]:
    return [json.loads(line) for line in place.lines("resident", "list", *AS)]


def test_residents_are_added_listed_without_their_addresses_and_removed(place: Place) -> None:
    (made,) = place.lines("resident", "add", *AS, "--language", "ja", given="9-901\n佐藤\nntfys://topic\nsato@example.org\n")
    (one,) = listed(place)
    assert one == {"resident": made, "unit": "9-901", "name": "佐藤", "language": "ja", "targets": ["service", "mail"]}
    assert place.lines("resident", "remove", made, *AS) == []
    assert listed(place) == []
    assert place.run("resident", "remove", made, *AS).returncode == 1
    acts = [json.loads(line) for line in place.lines("access", "--compound", "lakeside")]
    assert [one["act"] for one in acts] == ["residents"] * 4
    assert "佐藤" not in json.dumps(acts, ensure_ascii=False)


def test_a_file_adds_all_or_none(place: Place) -> None:
    file = place.folder / "residents.csv"
    file.write_text("\ufeff" + CSV, encoding="utf-8")
    assert place.lines("resident", "import", str(file), *AS) == ["2 residents added to lakeside"]
    assert [(one["unit"], one["language"]) for one in listed(place)] == [("12-301", "zh"), ("12-302", "zh")]
    file.write_text(CSV + "12-303,,zh,x@example.org\n", encoding="utf-8")
    status, words = place.refused("resident", "import", str(file), *AS)
    assert (status, "line 4" in words) == (2, True)
    assert len(listed(place)) == 2
