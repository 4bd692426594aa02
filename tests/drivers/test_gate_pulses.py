"""Orders, pulses, passages and their ends: what the gatekeeper makes of them, on a clock that the test moves."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.gate import MAX_PULSE_S
from drivers.gatekeeper import REST_S, WAIT_S
from kiosk.link import (
    BEAT_EVERY,
    BEAT_LOST,
    AnyMessage,
    Beat,
    GateClosed,
    GateFailed,
    GateOpened,
    Passed,
)
from kiosk.model import EventId
from kiosk.units import Monotonic
from tests.captured_lines import capture_logs
from tests.drivers.posts import ONE, TWO, Post, kinds, open_gate
from tests.examples import examples


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.close()


def test_an_admission_gets_one_pulse_a_passage_and_an_end(post: Post) -> None:
    began = post.clock.at
    assert post.say(open_gate(ONE)) == [GateOpened(ONE, Monotonic(began))]
    assert post.relay
    assert post.wait(0.79) == []
    assert post.relay
    assert post.wait(0.02) == []
    assert not post.relay
    post.pass_through()
    passed_at = post.clock.monotonic()
    assert post.wait(0.2) == [Passed(ONE, passed_at), GateClosed(ONE, True, passed_at)]


def test_a_passage_during_the_pulse_ends_it_no_earlier(post: Post) -> None:
    post.say(open_gate(ONE))
    post.wait(0.3)
    post.pass_through()
    assert [type(message) for message in post.wait(0.1)] == [Passed]
    assert post.relay
    assert [type(message) for message in post.wait(0.5)] == [GateClosed]
    assert not post.relay


def test_nobody_passing_in_time_is_an_end_without_passage(post: Post) -> None:
    post.say(open_gate(ONE, passage_s=3.0))
    assert post.wait(2.9) == []
    (closed,) = post.wait(0.2)
    assert isinstance(closed, GateClosed)
    assert (closed.admission, closed.passed) == (ONE, False)


def test_an_order_that_was_held_up_on_its_way_opens_nothing(post: Post) -> None:
    late = msgspec.structs.replace(open_gate(ONE), at=post.clock.monotonic())
    post.wait(3.0)
    (refused,) = post.keeper.handle(late)
    assert isinstance(refused, GateFailed)
    assert not post.relay


def test_a_passage_outside_any_admission_is_nobodys(post: Post) -> None:
    post.pass_through()
    assert post.wait(0.1) == [Passed(None, Monotonic(1000.0))]


def test_whoever_follows_the_admitted_person_is_nobody(post: Post) -> None:
    post.say(open_gate(ONE, pulse_s=2.0))
    post.wait(0.5)
    post.pass_through()
    post.wait(0.5)
    post.pass_through()
    (followed,) = post.wait(0.2)
    assert isinstance(followed, Passed)
    assert followed.admission is None


def test_a_second_admission_during_a_pulse_gets_its_own_after_a_rest(post: Post) -> None:
    post.say(open_gate(ONE))
    post.wait(0.5)
    assert post.say(open_gate(TWO)) == []
    assert post.wait(0.31) == []
    assert not post.relay
    assert kinds(post.wait(REST_S)) == [(GateOpened, TWO)]
    assert post.relay
    post.wait(0.81)
    assert not post.relay


def test_an_admission_just_after_a_pulse_waits_for_the_rest_of_the_rest(post: Post) -> None:
    post.say(open_gate(ONE))
    post.wait(0.8 + REST_S / 2)
    assert post.say(open_gate(TWO)) == []
    assert kinds(post.wait(REST_S)) == [(GateOpened, TWO)]


def test_one_order_waits_and_no_second_one(post: Post) -> None:
    post.say(open_gate(ONE))
    post.say(open_gate(TWO))
    (refused,) = post.say(open_gate(EventId("gate/log/3")))
    assert isinstance(refused, GateFailed)
    assert kinds(post.wait(2.0)) == [(GateOpened, TWO)]


def test_an_order_that_would_wait_too_long_is_refused_at_once(post: Post) -> None:
    post.say(open_gate(ONE, pulse_s=5.0))
    (refused,) = post.say(open_gate(TWO))
    assert isinstance(refused, GateFailed)
    post.wait(5.0 - WAIT_S + REST_S + 0.01)
    assert post.say(open_gate(TWO)) == []
    assert kinds(post.wait(WAIT_S)) == [(GateOpened, TWO)]


def test_an_order_that_waits_dies_with_the_silence_of_the_core(post: Post) -> None:
    post.say(open_gate(ONE, pulse_s=0.8))
    post.say(open_gate(TWO))
    assert kinds(post.wait(BEAT_LOST + 0.01, beating=False)) == [(GateFailed, ONE), (GateFailed, TWO)]
    post.say(Beat(post.clock.monotonic()))
    assert post.wait(3.0) == []
    assert not post.relay


def test_two_who_were_let_in_pass_in_their_order_and_whoever_slips_in_is_nobody(post: Post) -> None:
    post.say(open_gate(ONE))
    post.wait(1.5)
    post.say(open_gate(TWO))
    post.wait(0.3)
    said: list[AnyMessage] = []
    for _ in range(3):
        post.pass_through()
        said += post.wait(0.7)
    assert kinds(said) == [(Passed, ONE), (GateClosed, ONE), (Passed, TWO), (GateClosed, TWO), (Passed, None)]
    assert [message.passed for message in said if isinstance(message, GateClosed)] == [True, True]


def test_of_two_let_in_and_one_seen_it_stays_open_whether_the_second_passed(post: Post) -> None:
    post.say(open_gate(ONE))
    post.wait(1.5)
    post.say(open_gate(TWO))
    post.wait(1.5)
    post.pass_through()
    said = post.wait(10.0)
    assert kinds(said) == [(Passed, ONE), (GateClosed, ONE), (GateClosed, TWO)]
    assert [message.passed for message in said if isinstance(message, GateClosed)] == [True, None]


@pytest.mark.parametrize("pulse_s", [0.0, -0.5, MAX_PULSE_S + 0.01, float("nan")])
def test_a_pulse_out_of_bounds_is_refused(post: Post, pulse_s: float) -> None:
    (refused,) = post.say(open_gate(ONE, pulse_s=pulse_s))
    assert isinstance(refused, GateFailed)
    assert not post.relay


def test_a_repeated_admission_is_ignored(post: Post) -> None:
    post.say(open_gate(ONE))
    assert post.say(open_gate(ONE)) == []
    post.wait(9.0)
    assert post.say(open_gate(ONE)) == []
    assert not post.relay


def test_a_refused_admission_may_be_asked_for_again(post: Post) -> None:
    post.say(open_gate(ONE, pulse_s=5.0))
    post.say(open_gate(TWO))
    post.wait(5.0 + 2 * REST_S)
    assert GateOpened(TWO, post.clock.monotonic()) in post.say(open_gate(TWO))


def test_silence_of_the_core_cuts_the_pulse(post: Post) -> None:
    post.say(open_gate(ONE, pulse_s=5.0))
    assert post.wait(BEAT_LOST - 0.01, beating=False) == []
    assert post.relay
    (failed,) = post.wait(0.02, beating=False)
    assert isinstance(failed, GateFailed)
    assert failed.admission == ONE
    assert not post.relay
    assert post.wait(10.0) == []


def test_a_core_that_stays_silent_is_told_once_and_so_is_its_return(post: Post) -> None:
    with capture_logs() as said:
        post.wait(12.5, beating=False)
        for _ in range(5):
            post.say(Beat(post.clock.monotonic()))
    lost, back = said
    assert (lost["event"], lost["detail"]) == ("core lost", "it is silent")
    assert (back["event"], back["after_s"]) == ("core back", pytest.approx(12.0, abs=0.1))


def test_silence_without_a_pulse_says_nothing(post: Post) -> None:
    assert post.wait(2.0, beating=False) == []


def test_a_silent_core_opens_nothing_until_it_beats_again(post: Post) -> None:
    post.wait(1.0, beating=False)
    (refused,) = post.say(open_gate(ONE))
    assert isinstance(refused, GateFailed)
    assert not post.relay
    post.say(Beat(post.clock.monotonic()))
    assert [type(message) for message in post.say(open_gate(ONE))] == [GateOpened]


def test_the_gate_beats_at_its_pace(post: Post) -> None:
    beats, end = 0, post.clock.at + 3.0
    while post.clock.at < end:
        beats += sum(isinstance(message, Beat) for message in post.keeper.advance())
        post.clock.at = max(post.keeper.next_deadline(), post.clock.at + 0.001)
    assert beats == pytest.approx(3.0 / BEAT_EVERY, abs=1)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("open"), st.integers(0, 3), st.floats(-1, 7)),
            st.tuples(st.just("wait"), st.booleans(), st.floats(0, 2)),
            st.tuples(st.just("pass"), st.none(), st.none()),
        ),
        max_size=12,
    )
)
@settings(max_examples=examples(0.6), deadline=None)
def test_whatever_happens_pulses_are_bounded_and_every_opening_has_one_end(
    steps: list[tuple[str, int, float]],
) -> None:
    post = Post()
    said: list[AnyMessage] = []
    active_since: float | None = None
    for kind, which, value in steps:
        if kind == "open":
            said += post.say(open_gate(EventId(f"gate/log/{which}"), pulse_s=value))
        elif kind == "wait":
            said += post.wait(value, beating=bool(which))
        else:
            post.pass_through()
        if not post.relay:
            active_since = None
        elif active_since is None:
            active_since = post.clock.at
        assert active_since is None or post.clock.at - active_since <= MAX_PULSE_S + 2
    said += post.wait(20.0)
    assert not post.relay
    opened = [message.admission for message in said if isinstance(message, GateOpened)]
    assert len(opened) == len(set(opened))
    ends = [message.admission for message in said if isinstance(message, GateClosed)]
    ends += [
        message.admission
        for message in said
        if isinstance(message, GateFailed) and message.detail == "the core fell silent" and message.admission in opened
    ]
    assert sorted(opened) == sorted(ends)
    post.close()
