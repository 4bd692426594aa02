import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import events
from kiosk.events import Draft, Head
from kiosk.model import Answer
from sync.central.access import Role
from sync.central.board import snapshot_of
from sync.central.pages import change, page
from sync.central.passages import LENGTH, REASONS, Passage, passage
from sync.central.words import LANGUAGES
from tests.sync.central.kiosks import NOON_US, KioskLog

KEYS = st.text(string.ascii_lowercase, min_size=1, max_size=8)
WHOLE = st.integers(-events.MAX_INTEGER, events.MAX_INTEGER)
TEXT = st.text(st.characters(codec="utf-8"), max_size=80)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
KNOWN = (
    "gate", "wall_us", "clock", "simulated", "answer", "reasons", "role", "visitor", "evidence", "times_us",
)  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(KNOWN) | KEYS.filter(lambda key: key not in events.IDENTITY), VALUES, max_size=10)
BODIES = BODIES.map(lambda body: {key: value for key, value in body.items() if key not in ("kind", "schema")})


def read(body: dict[str, Any], outcome: object = None) -> Passage:
    event, _ = events.append(Head("riverside", "gate-1", "00c0ffee"), Draft("decision", body))
    return passage("riverside", event.header, NOON_US, {("riverside", event.id): outcome}, certain=True)


@given(BODIES, VALUES)
def test_any_decision_that_a_device_can_send_makes_a_page(body: dict[str, Any], outcome: object) -> None:
    found = read(body, outcome)
    snapshot = snapshot_of((found,), None)
    for language in LANGUAGES:
        page(snapshot, language, Role.GUARD, packed=True)
        assert change(snapshot, language, "").count(b"\n") == 4
    assert len(found.reasons) <= REASONS
    assert all(len(code) <= LENGTH for code in (found.gate, found.visitor, found.answer, found.outcome, *found.reasons))


@pytest.mark.parametrize(
    ("evidence", "body_c"),
    [
        ({"body_mk": 309_650}, 36.5),
        ({}, None),
        ({"body_mk": None}, None),
        ({"body_mk": True}, None),
        ({"body_mk": "warm"}, None),
        ({"body_mk": 0}, None),
        ({"body_mk": 10**9}, None),
        ([], None),
        (None, None),
    ],
    ids=repr,
)
def test_a_temperature_is_shown_only_when_it_is_one(evidence: object, body_c: float | None) -> None:
    assert read({"evidence": evidence}).body_c == body_c


@pytest.mark.parametrize(
    ("said", "simulated"),
    [
        ({"simulated": False}, False),
        ({}, False),
        ({"simulated": True}, True),
        ({"simulated": 0}, True),
        ({"simulated": None}, True),
    ],
    ids=repr,
)
def test_only_a_plain_denial_makes_a_passage_real(said: dict[str, Any], simulated: bool) -> None:
    assert read(said).simulated is simulated


def test_nothing_that_names_a_person_gets_into_a_passage() -> None:
    log = KioskLog()
    log.passage(Answer.ADMIT)
    header = msgspec.json.decode(log.events[0].header)
    body = {key: value for key, value in header.items() if key not in (*events.IDENTITY, "kind", "schema")}
    found = read({**body, "holder": "Zhang Wei", "evidence": {"credentials": [{"holder": "Zhang Wei"}], "phone": "555"}})
    assert "Zhang" not in repr(found)
    assert "555" not in repr(found)
