"""What is made ready before anybody comes, and in which order."""

from tests.ui.views import NOTICES
from ui.picture import Screen
from ui.rehearsal import STAFFS, named, rehearsal
from ui.session import Manner

MANNER = Manner("en")
REHEARSED = [picture.screen for picture in rehearsal(MANNER, lambda _: "14:05", NOTICES)]


def test_everything_is_rehearsed_once() -> None:
    everything = [picture.screen for _, picture in named(MANNER, lambda _: "14:05", NOTICES)]
    assert sorted(REHEARSED) == sorted(everything)
    assert set(REHEARSED) == set(Screen)


def test_whatever_a_visitor_may_meet_comes_before_what_is_the_staffs() -> None:
    first_of_staff = next(number for number, screen in enumerate(REHEARSED) if screen in STAFFS)
    assert STAFFS.isdisjoint(REHEARSED[:first_of_staff])
    assert STAFFS.issuperset(REHEARSED[first_of_staff:])


def test_each_screen_comes_once_before_any_comes_again() -> None:
    visitors = set(Screen) - STAFFS
    assert set(REHEARSED[: len(visitors)]) == visitors
