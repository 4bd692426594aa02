"""Facts made of what was recorded: by any rules they are worth what they were worth at the gate."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.events import canonical
from kiosk.local_time import local_time
from kiosk.model import ClockState, Decision, Facts, VisitId
from kiosk.policy import PolicyDocument
from kiosk.records import Stamp, decision_draft
from kiosk.units import Celsius, Monotonic, WallTime
from kiosk.weighing import decided
from sync.central.rules.alike import possible
from sync.central.rules.recorded import read
from sync.central.rules.replaying import Ending, ending
from tests.kiosk.policy.visitors import SHIPPED, facts_known, facts_met
from tests.sync.central.kiosks import NOON_US

WEEK_US = 7 * 86_400_000_000


def as_recorded(facts: Facts) -> Facts:
    """Facts with what a header rounds rounded, and of what it does not tell only what any rule asks for."""
    reading = facts.reading
    if reading is not None:
        body_c, ambient_c, uncertainty_c, object_c = (
            Celsius(round(value * 1000) / 1000) if value == value else Celsius(37.5)
            for value in (reading.body_c, reading.ambient_c, reading.uncertainty_c, reading.object_c)
        )
        reading = replace(reading, body_c=body_c, ambient_c=ambient_c, uncertainty_c=uncertainty_c, object_c=object_c)
    seen = facts.colour_seen
    if seen is not None:
        seen = replace(seen, confidence=round(seen.confidence * 1000) / 1000)
    return replace(facts, reading=reading, colour_seen=seen)


def header(decision: Decision, facts: Facts, at_us: int = NOON_US, more: Mapping[str, object] = MappingProxyType({})) -> str:
    stamp = Stamp("gate-1", "boot", "0", Monotonic(1.0), WallTime(at_us), facts.clock, False)
    draft = decision_draft(stamp, VisitId("v"), decision, facts, {})
    return canonical({**draft.body, "compound": "riverside", "device": "gate-1", "log_id": "00", "seq": 1, **more})


@given(facts_met | facts_known, st.sampled_from(list(SHIPPED.values())), st.integers(0, WEEK_US))
def test_a_document_tried_on_its_own_records_ends_every_visit_as_it_ended(
    facts: Facts, document: PolicyDocument, later_us: int
) -> None:
    at_us = NOON_US + later_us
    facts = replace(as_recorded(facts), local_time=local_time(WallTime(at_us), facts.clock, document.zone))
    answer = decided(document, facts, {})
    found = read(header(answer, facts, at_us))
    assert found is not None
    assert found.stays == (0 if facts.declaration is None else len(facts.declaration.stays))
    stays = () if facts.declaration is None else facts.declaration.stays
    endings = {ending(document, found, stays, persons) for persons in possible(document, found, document)}
    assert Ending(answer.answer, answer.reasons) in endings
    # Where a rule answered, its reasons say what was found of the persons too.
    assert len(endings) == 1 or answer.rule not in {rule.id for rule in document.rules}


@given(facts_met)
def test_whoever_was_recorded_is_who_the_rules_believed(facts: Facts) -> None:
    document = SHIPPED["normal-times"]
    facts = as_recorded(facts)
    found = read(header(decided(document, facts, {}), facts))
    assert found is not None
    if facts.admission_pass is not None:
        assert found.visitor is facts.admission_pass.visitor
    assert found.facts_by(None).local_time is None


ANSWER = decided(SHIPPED["normal-times"], Facts(), {})


@pytest.mark.parametrize(
    "more",
    [
        {"answer": "perhaps"},
        {"evidence": []},
        {"evidence": {"body_mk": -1}},
        {"evidence": {"credentials": [{"kind": "pass", "verdict": "fine"}]}},
        {"declared": {"group": 0}},
        {"clock": None},
        {"visit": "v" * 201},
        {"reasons": "guest"},
    ],
    ids=str,
)
def test_what_no_kiosk_writes_is_no_fact(more: dict[str, object]) -> None:
    assert read(header(ANSWER, Facts(), more=more)) is None


def test_text_that_is_no_header_is_no_fact() -> None:
    for text in ("", "{", "[" * 5000, '"\\ud800"', "{}"):
        assert read(text) is None


def test_members_that_a_newer_kiosk_writes_are_passed_over() -> None:
    found = read(header(ANSWER, Facts(clock=ClockState.DRIFTING), more={"mood": "fine"}))
    assert found is not None
    assert (found.clock, found.gate, found.visitor) == (ClockState.DRIFTING, "gate-1", None)
