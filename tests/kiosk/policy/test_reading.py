"""A document as it is written: every mistake gets one sentence."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.errors import UsageError
from tests.kiosk.policy.visitors import TITLE, rule
from tests.kiosk.policy.visitors import tree as document

WORDS = dict.fromkeys(policy.LANGUAGES, "…")
LISTED = {"regions": ["IT", "CN-HB"], "days": 14}


MISTAKES: dict[str, tuple[dict[str, object], str]] = {
    "another schema": (document(rule(), schema=2), "schema is 2"),
    "schema true": (document(rule(), schema=True), "schema is True"),
    "no schema": ({k: v for k, v in document(rule()).items() if k != "schema"}, "'schema' is missing"),
    "unknown key": (document(rule(), requires=["pass"]), "'requires'"),
    "bad id": (document(rule(), id="Bad Id"), "id must be a name"),
    "version zero": (document(rule(), version=0), "version must be a whole number"),
    "version text": (document(rule(), version="1"), "version must be a whole number"),
    "a language missing": (document(rule(), title={"zh": "规则"}), "title: the key 'en' is missing"),
    "an empty title": (document(rule(), title=TITLE | {"ko": " "}), "title.ko must be a text"),
    "title a text": (document(rule(), title="Rules"), "title must be a table"),
    "no rules": (document(), "1 to 200"),
    "rules a table": (document(rule=rule()), "[[rule]]"),
    "rule a text": (document(rule="one"), "[[rule]]"),
    "a rule that is no table": (document(rule=["one"]), "rule number 1 must be a [[rule]] table"),
    "rule without id": (document({"when": {"always": True}}), "rule number 1 must have the key 'id'"),
    "rule without reason": (document({"id": "x", "when": {}, "then": "hold"}), "rule 'x': the key 'reason'"),
    "unknown rule key": (document(rule(otherwise="hold")), "rule 'one': there is no key 'otherwise'"),
    "rule called default": (document(rule(id="default")), "'default'"),
    "the same id twice": (document(rule(when={"pass": ["valid"]}), rule()), "rule 'one' is there twice"),
    "after always": (document(rule(), rule(id="two")), "rule 'two' is never reached after 'one'"),
    "unknown answer": (document(rule(then="open")), "then must be one of admit, refuse, hold, not 'open'"),
    "answer a list": (document(rule(then=["admit"])), "then must be one of"),
    "bad reason": (document(rule(reason="Too hot!")), "reason must be a name"),
    "when a text": (document(rule(when="always")), "when must be a table"),
    "when empty": (document(rule(when={})), "when has no condition"),
    "unknown condition": (
        document(rule(when={"colour": "green"})),
        "'colour' is no condition; the conditions are",
    ),
    "always false": (document(rule(when={"always": False})), "when.always can only be true"),
    "always one": (document(rule(when={"always": 1})), "when.always can only be true"),
    "always with another": (document(rule(when={"always": True, "pass": ["valid"]})), "stands alone"),
    "temperature a text": (document(rule(when={"temperature_at_least": "hot"})), "degrees Celsius from 30 to 45"),
    "temperature true": (document(rule(when={"temperature_below": True})), "degrees Celsius"),
    "temperature in Fahrenheit": (document(rule(when={"temperature_at_least": 99.1})), "not 99.1"),
    "temperature not a number": (document(rule(when={"temperature_below": float("nan")})), "degrees Celsius"),
    "visitor a text": (document(rule(when={"visitor": "resident"})), "when.visitor must be a list"),
    "visitor none": (document(rule(when={"visitor": []})), "when.visitor must be a list"),
    "visitor unknown": (document(rule(when={"visitor": ["cat"]})), "lists 'cat'; it can list resident"),
    "verdict twice": (document(rule(when={"pass": ["valid", "valid"]})), "lists a name twice"),
    "verdict a list": (document(rule(when={"pass": [["valid"]]})), "it can list malformed"),
    "status unknown": (document(rule(when={"health": ["blue"]})), "lists 'blue'"),
    "finding unknown": (document(rule(when={"certificate": ["green"]})), "lists 'green'; it can list vaccination"),
    "need unknown": (document(rule(when={"unavailable": ["camera"]})), "lists 'camera'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_that_names_it(mistake: str) -> None:
    tree, sentence = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        policy.parse(tree, "gate.toml")
    assert str(caught.value).startswith("gate.toml: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["schema", "id", "version", "title", "rule"]),
    trees,
    st.sampled_from(["", "when", "then", "reason", "id"]),
)
def test_nothing_but_a_usage_error_comes_of_a_wrong_tree(key: str, value: object, within: str) -> None:
    tree = document(rule(**{within: value})) if within else document(rule(), **{key: value})
    with contextlib.suppress(UsageError):
        policy.parse(tree, "gate.toml")
