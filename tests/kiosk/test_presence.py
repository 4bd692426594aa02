"""Whom a sight belongs to: this visitor, or the one before who is walking off."""

from dataclasses import replace

import pytest

from kiosk.model import Celsius, Monotonic, Observation, Reading, Scan
from kiosk.presence import ABSENCE, CALLED_FOR, SAME_CODE_AGAIN, Presence

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
    presence.seen(START)
    presence.answered({b"code": START}, reading(0.0))
    return presence


def test_a_visitor_who_is_not_seen_for_a_while_has_left_once(presence: Presence) -> None:
    presence.seen(START)
    assert not presence.absent(after(ABSENCE - 0.01))
    assert presence.absent(after(ABSENCE))
    assert not presence.absent(after(ABSENCE + 1))


def test_a_visitor_who_left_and_is_seen_again_is_back_once(presence: Presence) -> None:
    presence.seen(START)
    presence.absent(after(ABSENCE))
    assert presence.seen(after(3))
    assert not presence.seen(after(3.1))


def test_an_older_frame_does_not_make_a_visitor_older(presence: Presence) -> None:
    presence.seen(after(1))
    presence.seen(START)
    assert presence.absent_at() == after(1 + ABSENCE)


def test_a_code_that_was_answered_lingers_until_it_was_out_of_sight(answered: Presence) -> None:
    assert answered.lingers(code(SAME_CODE_AGAIN - 0.1))
    assert answered.lingers(code(2 * SAME_CODE_AGAIN - 0.2))
    assert not answered.lingers(code(3 * SAME_CODE_AGAIN))
    assert not answered.lingers(code(3 * SAME_CODE_AGAIN + 0.1))


def test_another_code_does_not_linger(answered: Presence) -> None:
    assert not answered.lingers(code(0.1, b"another"))


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
    presence.answered({}, None)
    assert presence.fresh(reading(0.0))


def test_an_observation_without_a_reading_says_nothing_of_who_it_is(answered: Presence) -> None:
    assert not answered.arrives(replace(seen(0.8, at=1.0), reading=None))


def test_whoever_called_the_guard_is_taken_to_be_there_for_a_while(presence: Presence) -> None:
    presence.called(after(0.0))
    presence.seen(after(1.0))
    assert not presence.absent(after(CALLED_FOR + ABSENCE - 0.1))
    assert presence.absent(after(CALLED_FOR + ABSENCE))
