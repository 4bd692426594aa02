"""A service that does not answer is left alone, and asked again; and nobody repeats everything."""

import pytest

from sync.breaker import FAILURES, FIRST_PAUSE_S, LONGEST_PAUSE_S, MOST_RETRIES, Breaker, RetryBudget


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def opened(time: Time) -> Breaker:
    breaker = Breaker(time)
    for _ in range(FAILURES):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it_and_the_pause_closes_it(opened: Breaker, time: Time) -> None:
    assert not opened.allows()
    time.now += FIRST_PAUSE_S - 0.01
    assert not opened.allows()
    time.now += 0.01
    assert opened.allows()


def test_an_answer_between_failures_keeps_it_closed(time: Time) -> None:
    breaker = Breaker(time)
    for _ in range(10 * FAILURES):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


def test_one_question_without_an_answer_opens_it_again_for_twice_as_long(opened: Breaker, time: Time) -> None:
    time.now += FIRST_PAUSE_S
    opened.failed()
    time.now += 2 * FIRST_PAUSE_S - 0.01
    assert not opened.allows()
    time.now += 0.01
    assert opened.allows()


def test_the_pause_has_an_end_however_long_the_service_is_away(opened: Breaker, time: Time) -> None:
    for _ in range(20):
        opened.failed()
    time.now += LONGEST_PAUSE_S
    assert opened.allows()


def test_an_answer_brings_back_the_short_pause(opened: Breaker, time: Time) -> None:
    opened.failed()
    opened.succeeded()
    for _ in range(FAILURES):
        opened.failed()
    time.now += FIRST_PAUSE_S
    assert opened.allows()


def test_a_few_repeats_at_once_and_then_one_for_five_questions() -> None:
    budget = RetryBudget()
    taken = sum(budget.take() for _ in range(100))
    assert taken == MOST_RETRIES
    repeated = 0
    for _ in range(100):
        budget.asked()
        repeated += budget.take()
    assert repeated == 20


def test_a_quiet_time_saves_up_no_more_than_a_few_repeats() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.asked()
    assert sum(budget.take() for _ in range(100)) == MOST_RETRIES
