"""Whose passage it was: the oldest admission's that is waited for."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.passages import Passages
from kiosk.model import EventId
from kiosk.units import Monotonic

ONE, TWO, THREE = (EventId(f"gate/log/{number}") for number in (1, 2, 3))


def at(seconds: float) -> Monotonic:
    return Monotonic(1000.0 + seconds)


def waiting_for(*admissions: EventId) -> Passages:
    passages = Passages()
    for number, admission in enumerate(admissions):
        passages.expect(admission, at(8.0 + number))
    return passages


def test_a_passage_without_anybody_let_in_is_nobodys() -> None:
    assert Passages().seen(at(0)) is None


def test_first_in_is_first_through() -> None:
    passages = waiting_for(ONE, TWO)
    assert [passages.seen(at(number)) for number in (1, 2, 3)] == [ONE, TWO, None]
    assert passages.over(at(3), None) == [(ONE, True), (TWO, True)]


def test_one_who_was_let_in_alone_and_never_seen_did_not_pass() -> None:
    passages = waiting_for(ONE)
    assert passages.over(at(7.9), None) == []
    assert passages.over(at(8.0), None) == [(ONE, False)]
    assert passages.over(at(9.0), None) == []


def test_of_two_with_one_passage_nobody_can_say_that_the_second_did_not_pass() -> None:
    passages = waiting_for(ONE, TWO)
    assert passages.seen(at(2)) == ONE
    assert passages.over(at(20), None) == [(ONE, True), (TWO, None)]


def test_of_two_without_any_passage_neither_passed() -> None:
    assert waiting_for(ONE, TWO).over(at(20), None) == [(ONE, False), (TWO, False)]


def test_a_passage_before_somebody_was_let_in_says_nothing_of_them() -> None:
    passages = waiting_for(ONE)
    passages.seen(at(1))
    passages.expect(TWO, at(10))
    assert passages.over(at(20), None) == [(ONE, True), (TWO, False)]


def test_whose_time_is_over_is_not_waited_for_though_the_end_was_not_told_yet() -> None:
    passages = waiting_for(ONE, TWO)
    assert passages.seen(at(8.5)) == TWO


def test_waiting_goes_on_while_the_gate_is_being_opened() -> None:
    passages = waiting_for(ONE)
    passages.seen(at(0.3))
    assert passages.over(at(0.3), ONE) == []
    assert passages.next_deadline(ONE) is None
    assert passages.over(at(0.8), None) == [(ONE, True)]


def test_whoever_is_forgotten_is_not_waited_for() -> None:
    passages = waiting_for(ONE, TWO)
    passages.forget(ONE)
    assert passages.seen(at(1)) == TWO
    assert passages.next_deadline(None) == at(9.0)


@given(st.lists(st.sampled_from(["let in", "pass", "wait"]), max_size=40))
def test_there_are_never_more_passages_than_admissions_and_every_admission_ends_once(steps: list[str]) -> None:
    passages, now = Passages(), 0.0
    let_in: list[EventId] = []
    credited: list[EventId] = []
    ended: list[tuple[EventId, bool | None]] = []
    for step in steps:
        now += 1.0
        if step == "let in":
            let_in.append(EventId(f"gate/log/{len(let_in)}"))
            passages.expect(let_in[-1], at(now + 5.0))
        elif step == "pass" and (whose := passages.seen(at(now))) is not None:
            credited.append(whose)
        ended += passages.over(at(now), None)
    ended += passages.over(at(now + 10), None)
    assert len(set(credited)) == len(credited)
    assert sorted(name for name, _ in ended) == sorted(let_in)
    assert [name for name, passed in ended if passed is True] == credited
