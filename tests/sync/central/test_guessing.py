"""Guesses are limited, from one source and from all together, and nobody waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.central.guessing import OF_ALL, OF_ONE, SOURCES, WITHIN_S, Attempts


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_one_source_has_five_attempts_in_a_minute_and_the_others_have_theirs() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(OF_ONE):
        assert attempts.wait_s("192.0.2.1") == 0
        attempts.in_vain("192.0.2.1")
        clock.now += 1
    assert attempts.wait_s("192.0.2.1") == WITHIN_S - OF_ONE
    assert attempts.wait_s("192.0.2.2") == 0
    clock.now += WITHIN_S - OF_ONE
    assert attempts.wait_s("192.0.2.1") == 0


def test_all_together_are_limited_however_many_they_are() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(OF_ALL):
        attempts.in_vain(f"192.0.2.{number}")
    assert attempts.wait_s("198.51.100.1") == WITHIN_S
    clock.now += WITHIN_S
    assert attempts.wait_s("198.51.100.1") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("2001:db8::1", "2001:db8::ffff:1", True), ("2001:db8::1", "2001:db8:0:1::1", False), ("", "no address", True)],
)
def test_a_network_of_ip_version_6_is_one_source(one: str, other: str, same: bool) -> None:
    attempts = Attempts(Clock())
    for _ in range(OF_ONE):
        attempts.in_vain(one)
    assert (attempts.wait_s(other) > 0) is same


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 30)), max_size=200))
def test_no_source_gets_more_than_its_share_in_any_minute(steps: list[tuple[int, float]]) -> None:
    clock = Clock()
    attempts = Attempts(clock)
    taken: dict[int, list[float]] = {}
    for source, later in steps:
        clock.now += later
        if attempts.wait_s(f"192.0.2.{source}") == 0:
            attempts.in_vain(f"192.0.2.{source}")
            taken.setdefault(source, []).append(clock.now)
    for times in taken.values():
        assert all(times[n + OF_ONE] - times[n] >= WITHIN_S for n in range(len(times) - OF_ONE))


def test_many_sources_take_no_more_room_than_is_set_aside_for_them() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(SOURCES * 2):
        clock.now += WITHIN_S
        attempts.in_vain(f"10.{number >> 8}.{number & 255}.1")
    assert len(attempts._by_source) == SOURCES
