"""What is wanted is said in words, never as a pattern or a type of a library's."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from kiosk import config
from kiosk.wanted import wanted
from sync.central.config import CentralConfig


class Inner(msgspec.Struct):
    flag: bool
    share: Annotated[float, Meta(gt=0)]
    name: Annotated[str, Meta(min_length=1)] | None = None
    kind: Literal["a", "b"] = "a"
    some: dict[Annotated[str, Meta(pattern="^x", description="a word with x")], int] = {}
    pair: tuple[str, Annotated[int, Meta(le=9)]] = ("", 0)


class Outer(msgspec.Struct):
    inner: Inner
    many: list[Inner] = []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("$.inner", "a table"),
        ("$.inner.flag", "true or false"),
        ("$.inner.share", "a number above 0"),
        ("$.inner.name", "text of at least 1 characters"),
        ("$.inner.kind", "a or b"),
        ("$.many", "a list"),
        ("$.many[3].flag", "true or false"),
        ("$.inner.some[...]", "a whole number"),
        ("$.inner.pair", "a list of 2"),
        ("$.inner.pair[1]", "a whole number, at most 9"),
        ("$.inner.nothing", None),
    ],
)
def test_each_place_says_what_it_wants(path: str, words: str | None) -> None:
    assert wanted(Outer, path) == words


def test_what_a_key_must_be_is_told_too() -> None:
    assert wanted(Outer, "$.inner.some", key=True) == "a word with x"


def test_where_anything_may_be_nothing_is_said() -> None:
    assert wanted(dict[str, Any], "$.rule[2].when") is None


def _places(form: type[msgspec.Struct]) -> list[str]:
    sections = msgspec.structs.fields(form)
    found = []
    for section in sections:
        kinds = getattr(section.type, "__args__", (section.type,))
        (kind,) = [one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        found += [f"$.{section.name}.{field.name}" for field in msgspec.structs.fields(kind)]
    return found


@pytest.mark.parametrize("form", [config.Config, CentralConfig])
def test_every_key_of_the_configurations_is_described(form: type[msgspec.Struct]) -> None:
    for place in _places(form):
        assert wanted(form, place), place


def test_every_pattern_of_the_configurations_has_words() -> None:
    for module in ("kiosk/values.py", "kiosk/config.py", "sync/central/config.py"):
        text = (Path(__file__).parents[2] / module).read_text(encoding="utf-8")
        assert len(re.findall(r"\bpattern=", text)) == len(re.findall(r"\bdescription=", text)), module
