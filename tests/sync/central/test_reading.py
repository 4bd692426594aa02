"""The server's quick reader takes exactly what `kiosk.events` takes, and reads the same in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import events
from kiosk.events import NotCanonical, canonical
from sync.central.reading import parse

keys = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True) | st.text(max_size=3)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
WRITTEN: list[Callable[[Any], str]] = [
    lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    lambda value: json.dumps(value, separators=(",", ":")),
    json.dumps,
]


def read(how: Callable[[str], Any], text: str) -> Any:
    try:
        return how(text)
    except NotCanonical as error:
        return str(error)


@given(values, st.sampled_from(WRITTEN))
def test_both_take_the_same_texts_and_read_the_same_in_them(value: object, written: Callable[[Any], str]) -> None:
    text = written(value)
    assert read(parse, text) == read(events.parse, text)


@given(st.text())
def test_both_say_the_same_of_any_text(text: str) -> None:
    assert read(parse, text) == read(events.parse, text)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), leaves.filter(lambda x: type(x) is not float)))
def test_what_the_kiosk_writes_is_read(header: dict[str, Any]) -> None:
    try:
        text = canonical(header)
    except NotCanonical:
        return
    assert parse(text) == header


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"b":1,"a":1}',
        '{"a":1.0}',
        '{"a":-0}',
        '{"a":1e2}',
        '{"a":9007199254740992}',
        '{"a": 1}',
        '{"A":1}',
        '{"a":"\\u0041"}',
        '{"a":"\\/"}',
        '{"a":"\\u000A"}',
        '{"a":NaN}',
        '{"a":"\\ud800"}',
        "[1]",
        "1",
        "",
        '{"a":' + "[" * 40 + "]" * 40 + "}",
        '{"a":' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_what_is_not_canonical_is_refused_in_the_same_words(text: str) -> None:
    assert isinstance(read(events.parse, text), str)
    assert read(parse, text) == read(events.parse, text)
