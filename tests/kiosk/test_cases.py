"""The handling chain: what opens a case, what follows what, and whose turn it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.cases import (
    CAUSES,
    TRANSITIONS,
    WITHIN,
    Act,
    Answers,
    Case,
    Cause,
    OutOfOrder,
    State,
    Step,
    after,
    answers,
    causes_of,
    due,
    next_acts,
)
from kiosk.model import Answer, Decision, ReasonCode, Role
from kiosk.units import Celsius, WallTime
from tests.kiosk.policy.visitors import SHIPPED

BEGAN = WallTime(1_000_000_000)
FEVER = Case(frozenset({Cause.TEMPERATURE}), BEGAN)
TRAVEL = Case(frozenset({Cause.TRAVEL}), BEGAN)


def step(act: Act, minutes: int = 1, body_c: float | None = None) -> Step:
    """One act that says all that belongs to it."""
    read = Celsius(body_c if body_c is not None else 38.4) if act is Act.MEASURE else None
    to = "the health centre" if act in (Act.REPORT, Act.HAND_OVER) else ""
    return Step(act, WallTime(BEGAN + minutes * 60_000_000), "Wang Fang", to, read)


def taken(case: Case, *acts: Act) -> Case:
    for minutes, act in enumerate(acts, start=1):
        case = after(case, step(act, minutes))
    return case


def decided(*reasons: str, answer: Answer = Answer.HOLD, role: Role = Role.POLICY) -> Decision:
    return Decision(answer, tuple(map(ReasonCode, reasons)), "rule", "policy@1", role)


@pytest.mark.parametrize(
    ("decision", "causes"),
    [
        (decided("temperature_high"), {Cause.TEMPERATURE}),
        (decided("health_red", "travel_listed", answer=Answer.REFUSE), {Cause.TRAVEL}),
        (decided("pass_revoked", "temperature_high"), {Cause.REVOKED, Cause.TEMPERATURE}),
        (decided("pass_expired"), set()),
        (decided("override", answer=Answer.ADMIT, role=Role.GUARD), set()),
        (decided("temperature_high", role=Role.GUARD), set()),
    ],
    ids=["a fever", "a journey, among others", "two at once", "neither", "let in by a guard", "held by a guard"],
)
def test_a_case_is_opened_about(decision: Decision, causes: set[Cause]) -> None:
    assert causes_of(decision) == causes


def test_the_reasons_that_open_one_are_given_by_a_shipped_document() -> None:
    assert CAUSES.keys() <= {reason for document in SHIPPED.values() for reason in document.reasons}


def test_the_chain_leads_from_the_second_reading_to_the_end_each_step_timed_and_named() -> None:
    case = taken(FEVER, Act.MEASURE, Act.REPORT, Act.HAND_OVER, Act.CLOSE)
    assert case.state is State.CLOSED
    assert [(one.act, one.who, one.at - BEGAN) for one in case.steps][:2] == [
        (Act.MEASURE, "Wang Fang", 60_000_000),
        (Act.REPORT, "Wang Fang", 120_000_000),
    ]
    assert next_acts(case) == ()


@pytest.mark.parametrize(("body_c", "state"), [(37.3, State.CONFIRMED), (37.29, State.NORMAL)])
def test_the_second_reading_says_how_it_goes_on(body_c: float, state: State) -> None:
    assert after(FEVER, step(Act.MEASURE, body_c=body_c)).state is state


def test_a_reading_that_was_normal_may_be_closed_and_a_raised_one_may_not() -> None:
    assert Act.CLOSE in next_acts(after(FEVER, step(Act.MEASURE, body_c=36.8)))
    assert Act.CLOSE not in next_acts(after(FEVER, step(Act.MEASURE, body_c=38.0)))


def test_what_is_due_comes_first() -> None:
    assert next_acts(FEVER) == (Act.MEASURE, Act.REPORT)
    assert next_acts(taken(FEVER, Act.MEASURE)) == (Act.REPORT, Act.MEASURE)
    assert next_acts(TRAVEL) == (Act.REPORT,)


@pytest.mark.parametrize(
    "wrong",
    [
        step(Act.CLOSE),
        step(Act.HAND_OVER),
        replace(step(Act.MEASURE), body_c=None),
        replace(step(Act.MEASURE), body_c=Celsius(25.0)),
        replace(step(Act.MEASURE), body_c=Celsius(float("nan"))),
        replace(step(Act.MEASURE), to="somebody"),
        replace(step(Act.REPORT), to=" "),
        replace(step(Act.REPORT), body_c=Celsius(38.0)),
    ],
    ids=["closed at once", "handed over", "no reading", "too cold", "no number", "read for whom", "to nobody", "not read"],
)
def test_an_act_that_does_not_follow_or_lacks_something_changes_nothing(wrong: Step) -> None:
    with pytest.raises(OutOfOrder):
        after(FEVER, wrong)


def test_nobody_is_measured_again_for_a_journey() -> None:
    with pytest.raises(OutOfOrder, match="takes no measure; it takes report"):
        after(TRAVEL, step(Act.MEASURE))


@pytest.mark.parametrize(
    ("minutes", "turn"),
    [
        (0, Answers.GUARD),
        (9, Answers.GUARD),
        (10, Answers.PROPERTY_OFFICE),
        (20, Answers.COMMITTEE),
        (999, Answers.COMMITTEE),
    ],
)
def test_when_nobody_acts_in_time_the_next_above_is_asked(minutes: int, turn: Answers) -> None:
    assert answers(FEVER, WallTime(BEGAN + minutes * 60_000_000)) is turn


def test_an_act_begins_the_time_anew_and_a_closed_case_waits_for_nobody() -> None:
    measured = taken(FEVER, Act.MEASURE)
    assert due(measured) == BEGAN + 11 * 60_000_000
    assert answers(measured, WallTime(BEGAN + 10 * 60_000_000)) is Answers.GUARD
    closed = taken(measured, Act.REPORT, Act.HAND_OVER, Act.CLOSE)
    assert (answers(closed, WallTime(2**53)), due(closed)) == (None, None)


def test_a_clock_that_is_behind_asks_nobody_else() -> None:
    assert answers(FEVER, WallTime(0)) is Answers.GUARD


def test_every_state_is_in_the_table_and_but_the_end_has_a_time() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(WITHIN) == set(State) - {State.CLOSED}


@given(st.lists(st.sampled_from(Act), max_size=12), st.floats(30, 45), st.sets(st.sampled_from(Cause), min_size=1))
def test_no_raised_reading_is_closed_unreported_whatever_is_tried(acts: list[Act], body_c: float, causes: set[Cause]) -> None:
    case = Case(frozenset(causes), BEGAN)
    for act in acts:
        if act in next_acts(case):
            case = after(case, step(act, body_c=body_c))
    if case.state is State.CLOSED and (body_c >= 37.3 or causes.isdisjoint({Cause.TEMPERATURE})):
        assert [one.act for one in case.steps if one.act is not Act.MEASURE] == [Act.REPORT, Act.HAND_OVER, Act.CLOSE]
