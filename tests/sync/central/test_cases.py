"""Cases on the server: made of what gates record, and moved on by people."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from kiosk.cases import Act, Cause, OutOfOrder, State
from kiosk.errors import UsageError
from kiosk.evidence import Reading
from kiosk.model import Facts, VisitId
from kiosk.records import case_draft
from kiosk.units import Celsius, Monotonic
from sync.central.access import Asker, NotAllowed, Role, recorded
from sync.central.case_pages import cases_page
from sync.central.cases import MAY_ACT, Opened, act, cases, find
from sync.central.holdings import EventName, NoSuchEvent
from sync.central.store import Store
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import NOON_US, KioskLog
from tests.sync.central.test_store import send

MINUTE = 60_000_000
READING = Reading(Celsius(35.0), Celsius(22.0), Celsius(38.4), Celsius(0.2), 12, "factory", Monotonic(1), Monotonic(2))
GUARD = Asker("Wang Fang", Role.GUARD, "she rested for five minutes")
MANAGER = Asker("Li Wei", Role.MANAGER, "the ambulance took her")


def opens(log: KioskLog, *causes: Cause, at_us: int = NOON_US) -> EventName:
    facts = Facts(READING) if Cause.TEMPERATURE in causes else Facts()
    event = log.append(case_draft(log.stamp(at_us), VisitId("v1"), frozenset(causes), facts))
    return EventName.read(f"{log.compound}/{event}")


def held(store: Store, compound: str | None = None) -> tuple[Opened, ...]:
    with store.engine.connect() as connection:
        return cases(connection, compound)


def one(store: Store, name: EventName) -> Opened:
    with store.engine.connect() as connection:
        return find(connection, name)


@pytest.fixture
def fever(store: Store) -> EventName:
    """The case of a high temperature at a gate."""
    log = KioskLog()
    name = opens(log, Cause.TEMPERATURE)
    send(store, log)
    return name


def test_what_a_gate_opened_is_a_case(store: Store, fever: EventName) -> None:
    (found,) = held(store)
    assert (found.name, found.gate, found.visit, found.at_us) == (fever, "gate-1", "v1", NOON_US)
    assert (found.body_c, found.case.state, found.case.causes) == (38.4, State.OPENED, frozenset({Cause.TEMPERATURE}))
    assert found == one(store, fever)


def test_each_act_is_recorded_with_who_and_moves_it_on(store: Store, fever: EventName) -> None:
    act(store.engine, fever, Act.MEASURE, GUARD, NOON_US + MINUTE, body_c=38.2)
    act(store.engine, fever, Act.REPORT, GUARD, NOON_US + 2 * MINUTE, to="the committee")
    act(store.engine, fever, Act.HAND_OVER, GUARD, NOON_US + 3 * MINUTE, to="the fever clinic")
    found = act(store.engine, fever, Act.CLOSE, MANAGER, NOON_US + 4 * MINUTE)
    assert found.case.state is State.CLOSED
    assert [(step.act, step.who, step.to) for step in found.case.steps] == [
        (Act.MEASURE, "Wang Fang", ""),
        (Act.REPORT, "Wang Fang", "the committee"),
        (Act.HAND_OVER, "Wang Fang", "the fever clinic"),
        (Act.CLOSE, "Li Wei", ""),
    ]
    assert found.case.steps[0].body_c == pytest.approx(38.2)
    with store.engine.connect() as connection:
        rows = recorded(connection, "riverside")
    assert [(row["act"], row["who"], row["role"], row["reason"]) for row in rows][-1] == (
        "case",
        "Li Wei",
        "manager",
        "the ambulance took her",
    )


def test_an_act_that_does_not_follow_or_is_not_theirs_is_not_recorded(store: Store, fever: EventName) -> None:
    with pytest.raises(OutOfOrder):
        act(store.engine, fever, Act.HAND_OVER, GUARD, NOON_US, to="the clinic")
    with pytest.raises(OutOfOrder):
        act(store.engine, fever, Act.MEASURE, GUARD, NOON_US)
    with pytest.raises(NotAllowed):
        act(store.engine, fever, Act.REPORT, replace(GUARD, role=Role.TECHNICIAN), NOON_US, to="somebody")
    with pytest.raises(NotAllowed):
        act(store.engine, fever, Act.CLOSE, GUARD, NOON_US)
    with pytest.raises(UsageError):
        act(store.engine, fever, Act.REPORT, GUARD, NOON_US, to="x" * 201)
    with store.engine.connect() as connection:
        assert recorded(connection, "riverside") == []


def test_only_a_case_that_is_there_can_be_acted_on(store: Store, fever: EventName) -> None:
    for name in (replace(fever, seq=2), replace(fever, compound="elsewhere")):
        with pytest.raises(NoSuchEvent):
            act(store.engine, name, Act.MEASURE, GUARD, NOON_US, body_c=38.0)


def test_of_two_who_take_the_same_step_at_once_one_does(store: Store, fever: EventName) -> None:
    ready, outcomes = threading.Barrier(2), []

    def take() -> None:
        ready.wait(10)
        try:
            act(store.engine, fever, Act.REPORT, GUARD, NOON_US, to="the committee")
            outcomes.append("recorded")
        except OutOfOrder:
            outcomes.append("out of order")

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["out of order", "recorded"]
    assert len(one(store, fever).case.steps) == 1


def test_what_is_due_first_is_listed_first_and_what_is_closed_last(store: Store) -> None:
    log = KioskLog()
    travel = opens(log, Cause.TRAVEL, at_us=NOON_US - 30 * MINUTE)
    fever = opens(log, Cause.TEMPERATURE, at_us=NOON_US - 20 * MINUTE)
    normal = opens(log, Cause.TEMPERATURE, at_us=NOON_US - 40 * MINUTE)
    send(store, log)
    act(store.engine, normal, Act.MEASURE, GUARD, NOON_US, body_c=36.7)
    act(store.engine, normal, Act.CLOSE, MANAGER, NOON_US)
    act(store.engine, travel, Act.REPORT, GUARD, NOON_US, to="the committee")
    assert [found.name for found in held(store)] == [fever, travel, normal]


def test_a_compounds_cases_are_its_own(store: Store, fever: EventName) -> None:
    other = KioskLog(compound="hillside")
    theirs = opens(other, Cause.REVOKED)
    send(store, other)
    assert [found.name for found in held(store, "hillside")] == [theirs]
    assert len(held(store)) == 2


def test_a_header_in_which_nothing_is_as_it_should_be_is_still_a_case(store: Store) -> None:
    log = KioskLog()
    strange: list[dict[str, Any]] = [{}, {"causes": 7, "gate": 3}, {"causes": ["temperature", "plague", 4], "body_mk": "hot"}]
    for body in strange:
        log.add("case_opened", **body)
    send(store, log)
    found = {one.name.seq: one for one in held(store)}
    assert [found[seq].case.causes for seq in (1, 2, 3)] == [set(), set(), {Cause.TEMPERATURE}]
    assert all(one.body_c is None and one.told(NOON_US)["next"] for one in found.values())
    for language in LANGUAGES:
        cases_page(held(store), language, NOON_US)


def test_json_says_what_is_next_whose_turn_it_is_and_nobodys_name(store: Store, fever: EventName) -> None:
    act(store.engine, fever, Act.MEASURE, GUARD, NOON_US, body_c=38.2)
    told = one(store, fever).told(NOON_US + 11 * MINUTE)
    assert (told["state"], told["next"], told["turn"]) == ("confirmed", ["report", "measure"], "property_office")
    assert (told["due_us"], told["overdue"]) == (NOON_US + 10 * MINUTE, True)
    assert told["steps"] == [{"act": "measure", "at_us": NOON_US, "role": "guard", "body_c": pytest.approx(38.2)}]
    assert "Wang" not in repr(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_it_in_every_language_and_names_nobody(store: Store, fever: EventName, language: str) -> None:
    act(store.engine, fever, Act.MEASURE, GUARD, NOON_US, body_c=38.2)
    words = WORDS[language]
    page = cases_page(held(store), language, NOON_US + 11 * MINUTE).decode()
    for said in (words["case_state"]["confirmed"], words["case_act"]["report"], words["turn"]["property_office"]):
        assert said in page
    assert words["cases"]["overdue"] in page
    assert "38.2 °C" in page
    assert f"/cases/{fever}" in page
    assert "Wang" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_act_and_turn_has_words(language: str) -> None:
    words = WORDS[language]
    assert words["case_state"].keys() == set(State)
    assert words["case_act"].keys() == set(Act) == set(MAY_ACT)
    assert words["cause"].keys() == set(Cause)
    assert words["role"].keys() == set(Role)
    assert words["cases"]["none"] in cases_page((), language, NOON_US).decode()
