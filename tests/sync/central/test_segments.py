"""The blind index in segments: a search finds what is in any of them, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from sync.central.blind import Field
from sync.central.segments import EVENTS, segment_of
from tests.sync.central.test_people import LI, ZHANG, Site
from tests.sync.central.test_store import rows
from tests.sync.central.vaults import vault_in


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(url, vault_in(tmp_path))
    yield made
    made.store.close()


def go_on_at(site: Site, arrival: int) -> None:
    """Let the next event be the one of this number in its compound, as if all before had come."""
    with site.store.engine.begin() as connection:
        connection.execute(text("UPDATE compound SET next_arrival = :arrival"), {"arrival": arrival})


def test_people_are_found_in_whichever_segments_they_came_and_erased_from_all(site: Site) -> None:
    numbers = [1, EVENTS - 1, EVENTS, 7 * EVENTS + 5]
    for number in numbers:
        if number > 1:
            go_on_at(site, number)
        site.comes(ZHANG)
    site.comes(LI)
    assert [segment for (segment,) in rows(site.url, "SELECT DISTINCT segment FROM blind ORDER BY segment")] == [0, 1, 7]
    assert site.people.find("riverside", {Field.NAME: "Zhang Wei"}) == numbers
    assert site.people.find("riverside", {Field.UNIT: "12-301"}) == [*numbers, numbers[-1] + 1]
    with site.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM blind WHERE segment = 0"))
    assert site.people.find("riverside", {Field.NAME: "Zhang Wei"}) == [EVENTS, 7 * EVENTS + 5]


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_later_events_are_in_no_earlier_segment(one: int, other: int) -> None:
    assert (segment_of(one) <= segment_of(other)) or one > other
    assert segment_of(one + EVENTS) == segment_of(one) + 1
