"""The core's queue."""

from kiosk.evidence import Observation
from kiosk.inbox import Inbox, Item
from kiosk.link import FormAsked, GuardAsked, Noticed
from kiosk.units import Monotonic
from kiosk.view import Hint


def sight(at: float) -> Observation:
    return Observation(True, Monotonic(at))


def test_what_comes_first_is_taken_first() -> None:
    inbox = Inbox()
    for at in (1.0, 2.0):
        inbox.post(sight(at))
    assert [inbox.take(0), inbox.take(0), inbox.take(0)] == [sight(1.0), sight(2.0), None]


def test_a_full_queue_gives_up_the_oldest_sight_and_nothing_else() -> None:
    inbox = Inbox(bound=3)
    kept = FormAsked(Monotonic(7.0))
    inbox.post(kept)
    for at in (1.0, 2.0, 3.0, 4.0):
        inbox.post(sight(at))
    assert [inbox.take(0) for _ in range(4)] == [kept, sight(3.0), sight(4.0), None]
    assert inbox.dropped == 2


def test_what_the_eyes_notice_gives_way_as_they_will_repeat_it_and_a_touch_never_does() -> None:
    inbox = Inbox(bound=2)
    for item in (Noticed(Hint.HOLD_STILL, Monotonic(1.0)), GuardAsked(Monotonic(2.0)), sight(3.0)):
        inbox.post(item)
    assert [inbox.take(0) for _ in range(2)] == [GuardAsked(Monotonic(2.0)), sight(3.0)]


def test_a_queue_full_of_what_must_not_be_lost_grows() -> None:
    inbox = Inbox(bound=2)
    kept: list[Item | None] = [FormAsked(Monotonic(number)) for number in range(5)]
    for item in kept:
        assert item is not None
        inbox.post(item)
    assert [inbox.take(0) for _ in range(5)] == kept
