"""Which of several documents counts when, and when none does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.policy import PolicyDocument, chosen, out_of_force, overlaps
from kiosk.policy.timetable import NOT_IN_FORCE, TIME_UNKNOWN
from kiosk.units import WallTime
from tests.kiosk.policy.visitors import parsed, rule

PLAIN = parsed(rule())


def dated(begins: int | None, ends: int | None) -> PolicyDocument:
    times = (None if at is None else WallTime(at) for at in (begins, ends))
    begins_at, ends_at = times
    return replace(PLAIN, id=f"d{begins}-{ends}", begins_at=begins_at, ends_at=ends_at)


BEFORE, AFTER = dated(None, 100), dated(100, 200)
LATER = dated(300, None)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(0, BEFORE), (99, BEFORE), (100, AFTER), (199, AFTER), (200, AFTER), (299, AFTER), (300, LATER), (10**15, LATER)],
)
def test_the_date_chooses_and_between_two_it_is_the_last_that_was_in_force(at: int, expected: PolicyDocument) -> None:
    for documents in ([BEFORE, AFTER, LATER], [LATER, AFTER, BEFORE]):
        assert chosen(documents, WallTime(at)) is expected


def test_before_all_of_them_and_by_a_clock_that_was_never_set_it_is_the_first() -> None:
    assert chosen([LATER, AFTER], WallTime(99)) is AFTER
    assert chosen([LATER, AFTER], None) is AFTER


@pytest.mark.parametrize(
    ("document", "at", "reason"),
    [
        (PLAIN, 0, None),
        (PLAIN, None, None),
        (AFTER, 99, NOT_IN_FORCE),
        (AFTER, 100, None),
        (AFTER, 199, None),
        (AFTER, 200, NOT_IN_FORCE),
        (AFTER, None, TIME_UNKNOWN),
        (LATER, None, None),
    ],
)
def test_nobody_is_admitted_by_a_document_outside_its_time(document: PolicyDocument, at: int | None, reason: str) -> None:
    assert out_of_force(document, None if at is None else WallTime(at)) == reason


def test_a_clock_may_be_wrong_by_as_much_as_it_is_known_to_be() -> None:
    hour = dated(3_600_000_000, 7_200_000_000)
    for at, reason in ((3_599_000_000, None), (3_597_000_000, NOT_IN_FORCE), (7_202_000_000, NOT_IN_FORCE)):
        assert out_of_force(hour, WallTime(at), 2.0) == reason


spans = st.tuples(st.none() | st.integers(0, 20), st.none() | st.integers(0, 20)).filter(
    lambda span: span[0] is None or span[1] is None or span[0] < span[1]
)


@given(st.lists(spans, min_size=1, max_size=4), st.integers(-2, 22))
def test_whatever_is_in_force_is_chosen(found: list[tuple[int | None, int | None]], at: int) -> None:
    documents = [dated(*span) for span in found]
    one = chosen(documents, WallTime(at))
    assert one.in_force(WallTime(at)) == any(each.in_force(WallTime(at)) for each in documents)
    assert (out_of_force(one, WallTime(at)) is None) == one.in_force(WallTime(at))


@given(st.lists(spans, max_size=4))
def test_two_overlap_where_some_moment_is_in_both(found: list[tuple[int | None, int | None]]) -> None:
    documents = [dated(*span) for span in found]
    moments = [WallTime(at) for at in range(-1, 22)]
    both = any(sum(one.in_force(at) for one in documents) > 1 for at in moments)
    assert both == any(True for _ in overlaps(documents))
