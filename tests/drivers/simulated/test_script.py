from pathlib import Path

import pytest

from drivers.simulated.script import CardScript, Script, SensorScript, VisitorScript, load, save
from kiosk.errors import UsageError


def test_a_script_survives_its_file(tmp_path: Path) -> None:
    script = Script(
        seed=4,
        visitors=(VisitorScript(name="甲", cards=(CardScript(text="x", medium="paper", hold_s=2.0),), core_c=38.4),),
        sensor=SensorScript(config=0x9FB0, pec_right=False),
        open_ended=True,
    )
    save(script, tmp_path / "script.json")
    assert load(tmp_path / "script.json") == script


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param("{", "no script", id="not JSON"),
        pytest.param('{"visitors": [{"cards": []}]}', "name", id="nameless visitor"),
        pytest.param('{"speed": 2}', "speed", id="unknown key"),
        pytest.param('{"visitors": [{"name": "x", "core_c": 60}]}', "core_c", id="no living person"),
        pytest.param('{"visitors": [{"name": "x", "cards": [{"text": "y", "medium": "stone"}]}]}', "stone", id="medium"),
    ],
)
def test_a_wrong_script_is_one_sentence(text: str, finding: str, tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=finding):
        load(path)


def test_a_missing_script_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.json")
