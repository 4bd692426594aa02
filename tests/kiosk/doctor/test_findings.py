"""What a finding is: the gravest remark gives the state, every sentence is used, and JSON has one shape."""

import ast
import json
import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.doctor.findings import Finding, PartName, Remark, State, absent, finding, fit, unfit, unknown
from kiosk.doctor.sentences import SENTENCES
from sync.obstacles import Obstacle

DOCTOR = Path(__file__).parents[3] / "kiosk" / "doctor"
SOURCE = "".join(file.read_text(encoding="utf-8") for file in DOCTOR.glob("*.py") if file.name != "sentences.py")
MAKERS = {"fit", "unfit", "absent", "unknown"}
FIT = fit("power.well")
WRONG = unfit("power.low")
AWAY = absent("power.unseen")
UNSEEN = unknown("memory.unseen")


@pytest.mark.parametrize(
    ("remarks", "state"),
    [
        ([FIT], State.FIT),
        ([FIT, AWAY], State.ABSENT),
        ([AWAY, UNSEEN], State.UNKNOWN),
        ([WRONG, UNSEEN, AWAY, FIT], State.UNFIT),
    ],
    ids=["fit", "absent", "unknown", "unfit"],
)
def test_the_gravest_remark_gives_the_state(remarks: list[Remark], state: State) -> None:
    found = finding(PartName.POWER, remarks)
    assert found.state is state
    assert found.detail.split("; ") == [remark.detail for remark in remarks]


@pytest.mark.parametrize(
    ("remark", "wanted", "in_order"),
    [
        (FIT, True, True),
        (AWAY, False, True),
        (AWAY, True, False),
        (UNSEEN, False, False),
        (WRONG, False, False),
    ],
    ids=["fit", "absent-unwanted", "absent-wanted", "unknown", "unfit"],
)
def test_only_what_is_fit_or_not_wanted_is_in_order(remark: Remark, wanted: bool, in_order: bool) -> None:
    assert finding(PartName.POWER, [remark], wanted=wanted).in_order is in_order


def test_advice_is_that_of_every_remark_that_has_some() -> None:
    found = finding(PartName.POWER, [FIT, WRONG, unknown("memory.unseen")])
    assert found.advice == f"{WRONG.advice} {UNSEEN.advice}"


def test_json_has_exactly_its_five_members() -> None:
    found = finding(PartName.GATE_LINE, [fit("gate_line.well", pin=17)], {"pin": 17})
    assert json.loads(json.dumps(found.to_json())) == {
        "part": "gate_line",
        "state": "fit",
        "measured": {"pin": 17},
        "detail": "pin 17 is free and inactive",
        "advice": "",
    }


def test_what_is_simulated_says_so_in_words_and_in_figures() -> None:
    found: Finding = finding(PartName.GATE_LINE, [fit("gate_line.well", pin=17)], {"pin": 17}).as_simulated()
    assert found.detail.startswith("simulated: ")
    assert found.measured == {"pin": 17, "simulated": True}


def test_every_sentence_is_said_somewhere_and_none_is_missing() -> None:
    said = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', SOURCE))
    made = {
        *(f"clock.{state}" for state in ("synchronised", "drifting", "never_set")),
        *(f"server.{obstacle}" for obstacle in Obstacle if obstacle is not Obstacle.IDENTITY),
        *(f"{part}.{why}" for part in ("server", "issuer") for why in re.findall(r'f"\{part\}\.([a-z_]+)"', SOURCE)),
    }
    assert (said & {f"{part}" for part in SENTENCES}) | made == set(SENTENCES)
    parts = {name.partition(".")[0] for name in SENTENCES}
    assert {name for name in said if name.partition(".")[0] in parts} <= set(SENTENCES)


def remarks_made() -> list[tuple[str, set[str]]]:
    """Every remark whose sentence and values stand in the source: (sentence, names of the values)."""
    made = []
    for file in DOCTOR.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
                continue
            sentence, names = call.args[0], [keyword.arg for keyword in call.keywords]
            if call.func.id in MAKERS and isinstance(sentence, ast.Constant) and None not in names:
                made.append((str(sentence.value), {str(name) for name in names}))
    return made


def test_every_remark_gives_what_its_sentence_asks_for() -> None:
    made = remarks_made()
    assert len(made) > 60
    for name, values in made:
        text = SENTENCES[name].detail + SENTENCES[name].advice
        fields = {field for _, field, _, _ in string.Formatter().parse(text) if field}
        assert fields <= values, name


@pytest.mark.parametrize("name", [name for name in SENTENCES if SENTENCES[name].advice])
def test_advice_is_a_sentence(name: str) -> None:
    advice = SENTENCES[name].advice
    assert advice[0].isupper()
    assert advice[-1] in ".*"
    assert "\n" not in advice


@given(reason=st.text(max_size=40))
def test_whatever_a_driver_says_goes_into_a_sentence_unharmed(reason: str) -> None:
    """A reason with braces in it is no template."""
    assert fit("camera.absent", reason=reason).detail == f"not found: {reason}"


def test_whatever_is_wrong_or_unknown_comes_with_advice() -> None:
    for file in DOCTOR.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"unfit", "unknown"}:
                for name in (one.value for one in call.args if isinstance(one, ast.Constant)):
                    assert SENTENCES[str(name)].advice, name
