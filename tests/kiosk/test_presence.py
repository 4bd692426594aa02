"""Whom a sight belongs to: this visitor, or the one before who is walking off."""

from dataclasses import replace

import pytest

from kiosk.evidence import Observation, Reading, Scan
from kiosk.presence import (
    ABSENCE,
    BEGINS_AGAIN,
    CALLED_FOR,
    SAME_CODE_AGAIN,
    SETS_OFF,
    SPOT_EMPTY,
    STAYS_AT_MOST,
    Presence,
)
from kiosk.units import Celsius, Monotonic, Seconds

START = Monotonic(100.0)


def after(seconds: float) -> Monotonic:
    return Monotonic(START + seconds)


def reading(began: float, at: float = 0.0) -> Reading:
    return Reading(
        Celsius(34.5), Celsius(22.0), Celsius(36.6), Celsius(0.2), 4, "factory", after(began), after(max(began, at))
    )


def seen(began: float, at: float) -> Observation:
    return Observation(True, after(at), reading(began, at))


def nobody(at: float) -> Observation:
    return Observation(False, after(at), None)


def code(at: float, content: bytes = b"code") -> Scan:
    return Scan(content, "QRCode", "zxing", after(at), after(at))


@pytest.fixture
def presence() -> Presence:
    return Presence()


@pytest.fixture
def answered(presence: Presence) -> Presence:
    """Somebody was answered, who was never in the thermometer's spot."""
    presence.seen(START)
    presence.answered({b"code": START}, reading(0.0), START)
    return presence


@pytest.fixture
def standing(presence: Presence) -> Presence:
    """Somebody was answered, and stands in the spot."""
    presence.arrives(seen(-1.0, at=0.0))
    presence.answered({b"code": START}, reading(-1.0, at=0.0), START)
    return presence


def test_a_visitor_who_is_not_seen_for_a_while_has_left_once(presence: Presence) -> None:
    presence.seen(START)
    assert not presence.absent(after(ABSENCE - 0.01))
    assert presence.absent(after(ABSENCE))
    assert not presence.absent(after(ABSENCE + 1))


def test_a_visitor_who_left_and_is_seen_again_is_back(presence: Presence) -> None:
    presence.seen(START)
    presence.absent(after(ABSENCE))
    assert presence.left
    presence.seen(after(3))
    assert not presence.left


def test_an_older_frame_does_not_make_a_visitor_older(presence: Presence) -> None:
    presence.seen(after(1))
    presence.seen(START)
    assert presence.absent_at() == after(1 + ABSENCE)


def test_a_code_that_was_answered_lingers_until_it_was_out_of_sight(answered: Presence) -> None:
    assert answered.lingers(code(SAME_CODE_AGAIN - 0.1))
    assert answered.lingers(code(2 * SAME_CODE_AGAIN - 0.2))
    assert not answered.lingers(code(3 * SAME_CODE_AGAIN))
    assert not answered.lingers(code(3 * SAME_CODE_AGAIN + 0.1))


def test_whoever_turned_back_and_stays_begins_again_with_the_code_they_hold_up_and_is_measured_on(
    presence: Presence,
) -> None:
    presence.arrives(seen(-1.0, at=0.0))
    presence.turned_back({b"code": START}, reading(-1.0, at=0.0), START)
    for at in (0.3, 0.9, BEGINS_AGAIN - 0.1):
        assert presence.lingers(code(at))
        assert not presence.arrives(seen(-1.0, at=at))
    assert not presence.lingers(code(BEGINS_AGAIN))
    assert presence.arrives(seen(-1.0, at=BEGINS_AGAIN))


def test_another_code_is_still_theirs_until_they_can_have_set_off(answered: Presence) -> None:
    assert answered.lingers(code(SETS_OFF, b"another"))
    assert not answered.lingers(code(SETS_OFF + 0.1, b"another"))


def test_another_code_is_theirs_for_as_long_as_they_stand_there(standing: Presence) -> None:
    standing.arrives(seen(-1.0, at=1.5))
    assert standing.lingers(code(1.4, b"another"))
    assert not standing.lingers(code(1.6, b"another"))


def test_whoever_stands_there_for_very_long_may_be_somebody_else(standing: Presence) -> None:
    standing.arrives(seen(-1.0, at=STAYS_AT_MOST + 1))
    assert not standing.lingers(code(STAYS_AT_MOST + 0.1, b"another"))


def test_whoever_is_through_the_gate_shows_no_other_code(standing: Presence) -> None:
    standing.passed()
    standing.arrives(seen(-1.0, at=0.4))
    assert not standing.lingers(code(0.3, b"another"))


def test_whoever_left_shows_no_other_code(presence: Presence) -> None:
    presence.gone({b"code": START}, None)
    assert presence.lingers(code(0.1))
    assert not presence.lingers(code(0.1, b"another"))


def test_the_same_code_is_the_next_ones_once_the_spot_was_empty_and_is_taken_again(standing: Presence) -> None:
    standing.arrives(nobody(0.5))
    standing.left_spot(nobody(0.5))
    assert standing.lingers(code(0.6))
    standing.left_spot(nobody(0.5 + SPOT_EMPTY))
    assert standing.lingers(code(1.1))
    standing.arrives(seen(1.2, at=1.2))
    assert not standing.lingers(code(1.3))


def test_a_spot_that_was_empty_for_a_moment_makes_nobody_of_whoever_stands_there_again(standing: Presence) -> None:
    standing.arrives(nobody(0.5))
    standing.left_spot(nobody(0.5))
    standing.arrives(seen(0.7, at=0.7))
    assert standing.lingers(code(0.8))


def test_one_who_stood_in_the_spot_has_left_it_once_it_was_empty_for_a_while(presence: Presence) -> None:
    assert not presence.left_spot(nobody(0.0))
    assert not presence.left_spot(nobody(SPOT_EMPTY + 1))
    presence.left_spot(seen(2.0, at=2.0))
    presence.arrives(seen(2.0, at=2.0))
    assert not presence.left_spot(nobody(2.1))
    assert not presence.left_spot(nobody(2.0 + SPOT_EMPTY))
    assert presence.left_spot(nobody(2.1 + SPOT_EMPTY))


def test_what_is_measured_of_whoever_was_answered_is_nobody_elses(presence: Presence) -> None:
    presence.arrives(replace(seen(-0.1, at=0.0), reading=None))
    presence.answered({}, None, START)
    assert not presence.fresh(reading(-0.1, at=0.3))
    assert presence.fresh(reading(0.1))


def test_whoever_was_answered_is_not_a_new_visitor_while_walking_off(answered: Presence) -> None:
    assert not answered.arrives(seen(0.0, at=0.5))
    assert not answered.arrives(nobody(at=1.0))
    assert answered.arrives(seen(1.2, at=1.2))


def test_a_presence_that_began_after_the_answer_is_a_new_visitor(answered: Presence) -> None:
    assert answered.arrives(seen(0.8, at=1.0))


def test_a_temperature_belongs_to_one_visit(answered: Presence) -> None:
    assert not answered.fresh(reading(0.0, at=5.0))
    assert answered.fresh(reading(0.1))


def test_a_visit_without_a_temperature_takes_none_away(presence: Presence) -> None:
    presence.answered({}, None, START)
    assert presence.fresh(reading(0.0))


def test_an_observation_without_a_reading_says_nothing_of_who_it_is(answered: Presence) -> None:
    assert not answered.arrives(replace(seen(0.8, at=1.0), reading=None))


def test_whoever_called_the_guard_is_taken_to_be_there_for_a_while(presence: Presence) -> None:
    presence.called(after(0.0))
    presence.seen(after(1.0))
    assert not presence.absent(after(CALLED_FOR + ABSENCE - 0.1))
    assert presence.absent(after(CALLED_FOR + ABSENCE))


def test_whoever_called_and_is_seen_no_more_has_stepped_aside_though_they_are_waited_for(presence: Presence) -> None:
    presence.called(after(0.0))
    assert not presence.aside(after(ABSENCE - 0.1))
    assert presence.aside(after(ABSENCE))
    assert not presence.absent(after(59.0), Seconds(60.0))
    assert presence.absent(after(60.0), Seconds(60.0))


def test_one_who_stepped_out_of_the_spot_is_aside_until_somebody_stands_there_again(presence: Presence) -> None:
    presence.arrives(seen(-1.0, at=0.0))
    for at in (0.1, 0.1 + SPOT_EMPTY):
        presence.left_spot(nobody(at))
        presence.arrives(nobody(at))
    presence.seen(after(0.6))
    assert presence.aside(after(0.6))
    presence.arrives(seen(0.7, at=0.8))
    assert not presence.aside(after(0.8))


def test_whoever_called_the_guard_is_expected_for_as_long(presence: Presence) -> None:
    presence.seen(after(0.0))
    assert not presence.expected(after(0.0))
    presence.called(after(0.0))
    assert presence.expected(after(CALLED_FOR - 0.1))
    assert not presence.expected(after(CALLED_FOR))
