"""The durable log as the sender uses it: what is pending, what the server acknowledged, where a new log begins."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.events import GENESIS, Draft
from kiosk.model import ClockState, GateOutcome
from sync.log import HeadDisputed
from sync.log_rows import PRUNED_AT_ONCE, READ_AT_ONCE
from tests.sync.logs import (
    ADMIT,
    COMPOUND,
    DAY_S,
    DEVICE,
    REFUSE,
    LogClock,
    acknowledge_all,
    current,
    held,
    note,
    opened,
    verified,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


class TestPending:
    def test_events_are_consecutive_and_follow_the_head_they_come_with(self, path: Path) -> None:
        with opened(path) as log:
            for number in range(5):
                log.append(note(number), visit="v")
            chain = held(path)[current(log)]
            first = log.pending(3)
            assert first is not None
            assert (first.after.compound, first.after.device, first.after.log_id) == (COMPOUND, DEVICE, current(log))
            assert (first.after.next_seq, first.after.hash, list(first.events)) == (1, GENESIS, chain[:3])
            log.acknowledge(current(log), 4, chain[2].hash)
            rest = log.pending(100)
            assert rest is not None
            assert (rest.after.next_seq, rest.after.hash, list(rest.events)) == (4, chain[2].hash, chain[3:])
            assert log.unacknowledged() == 3
            log.acknowledge(current(log), 7, chain[-1].hash)
            assert log.pending(100) is None
            assert log.unacknowledged() == 0

    def test_is_still_known_after_reopening(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            log.acknowledge(current(log), 2, held(path)[current(log)][0].hash)
        with opened(path) as log:
            assert log.unacknowledged() == 1
            pending = log.pending(10)
            assert pending is not None
            assert [event.fields["seq"] for event in pending.events] == [2]

    def test_is_the_oldest_logs_first_and_a_skipped_logs_not_at_all(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            first = current(log)
            second = log.begin_new("fork", after=first)
            both = [log.pending(10), log.pending(10, skip=[first])]
            assert [pending and pending.after.log_id for pending in both] == [first, second]
            assert log.pending(10, skip=[first, second]) is None

    def test_stays_within_what_a_request_can_hold(self, path: Path) -> None:
        size = 900_000
        with opened(path) as log:
            acknowledge_all(log)
            for _ in range(READ_AT_ONCE // size + 2):
                log.append(Draft("note", {}, b"x" * size), visit="v")
            pending = log.pending(200)
            assert pending is not None
            assert len(pending.events) == READ_AT_ONCE // size


class TestAcknowledging:
    def test_what_the_server_holds_beyond_what_was_sent_is_believed_when_the_hash_is_ours(self, path: Path) -> None:
        with opened(path) as log:
            for number in range(4):
                log.append(note(number), visit="v")
            log.acknowledge(current(log), log.head().next_seq, log.head().hash)
            assert log.unacknowledged() == 0

    @pytest.mark.parametrize("to", [1, 2, 3], ids=["all", "most", "the newest"])
    def test_less_than_before_is_pending_again(self, path: Path, to: int) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            log.append(note(2), visit="v")
            acknowledge_all(log)
            chain = held(path)[current(log)]
            log.acknowledge(current(log), to, chain[to - 1].prev_hash)
            pending = log.pending(10)
            assert pending is not None
            assert list(pending.events) == chain[to - 1 :]

    @pytest.mark.parametrize(
        ("seq", "head"),
        [(2, b"\1" * 32), (1, b"\1" * 32), (2, GENESIS), (4, b"\1" * 32), (5, b"\1" * 32), (2**53 - 1, GENESIS), (3, b"")],
        ids=["another event", "another beginning", "no event", "another newest", "beyond the log", "far beyond", "no hash"],
    )
    def test_a_head_that_is_not_ours_is_disputed_and_changes_nothing(self, path: Path, seq: int, head: bytes) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            log.append(note(2), visit="v")
            log.acknowledge(current(log), 2, held(path)[current(log)][0].hash)
            with pytest.raises(HeadDisputed):
                log.acknowledge(current(log), seq, head)
            assert log.unacknowledged() == 2

    def test_our_newest_hash_under_a_later_number_is_disputed(self, path: Path) -> None:
        with opened(path) as log, pytest.raises(HeadDisputed):
            log.acknowledge(current(log), log.head().next_seq + 1, log.head().hash)

    def test_a_log_that_was_never_ours_is_disputed(self, path: Path) -> None:
        with opened(path) as log, pytest.raises(HeadDisputed):
            log.acknowledge("0123456789abcdef", 1, GENESIS)

    def test_what_is_kept_aside_is_not_pending_but_never_more_than_there_is(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            log.kept_aside(current(log), 2)
            assert log.unacknowledged() == 2 - 1
            log.kept_aside(current(log), 1)
            assert log.unacknowledged() == 1
            log.kept_aside(current(log), 1000)
            assert log.unacknowledged() == 0
            log.append(note(2), visit="v")
            assert log.unacknowledged() == 1


class TestBeginningANewLog:
    def test_names_the_one_before_it_and_leaves_that_pending(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            old = current(log)
            new = log.begin_new("fork", after=old)
            assert new == current(log) != old
            assert log.append(note(2), visit="v") == f"{DEVICE}/{new}/2"
            assert log.unacknowledged() == 4
            assert [head.log_id for head in log.earlier()] == [old]
        first, second = held(path).values()
        assert (second[0].fields["reason"], second[0].fields["predecessor"]) == ("fork", old)
        assert (verified(first).next_seq, verified(second).next_seq) == (3, 3)

    def test_happens_once_however_often_the_old_log_is_complained_of(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            old = current(log)
            new = log.begin_new("not_taken", after=old)
            log.append(note(2), visit="v")
            acknowledge_all(log)
            assert log.begin_new("not_taken", after=old) == log.begin_new("fork", after=old) == new
            assert len(held(path)) == 2

    def test_is_no_use_after_one_of_which_nothing_was_taken_either(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v")
            new = log.begin_new("fork", after=current(log))
            log.append(note(2), visit="v")
            assert log.begin_new("not_taken", after=new) == new
            log.acknowledge(new, 2, held(path)[new][0].hash)
            assert log.begin_new("not_taken", after=new) != new

    def test_is_no_use_after_one_that_holds_only_its_opening(self, path: Path) -> None:
        with opened(path) as log:
            first = current(log)
            assert log.begin_new("not_taken", after=first) == first
            log.append(note(1), visit="v")
            second = log.begin_new("fork", after=first)
            log.kept_aside(second, 2)
            assert log.begin_new("fork", after=second) == second


class TestPruning:
    """Everything here was acknowledged unless a test says otherwise."""

    def test_takes_only_what_is_older_than_14_days_and_never_the_newest(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            log.append(note(1), visit="v")
            clock.advance(DAY_S)
            log.append(note(2), visit="v")
            acknowledge_all(log)
            clock.advance(13 * DAY_S)
            assert log.prune() == 0
            clock.advance(1)
            assert log.prune() == 2
            clock.advance(365 * DAY_S)
            assert log.prune() == 0
            assert [event.fields["seq"] for event in held(path)[current(log)]] == [3]
            log.append(note(3), visit="v")
        (chain,) = held(path).values()
        assert chain[1].prev_hash == chain[0].hash

    def test_leaves_what_the_server_does_not_hold(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            for number in range(4):
                log.append(note(number), visit="v")
            chain = held(path)[current(log)]
            log.acknowledge(current(log), 3, chain[1].hash)
            clock.advance(30 * DAY_S)
            assert log.prune() == 2
            assert held(path)[current(log)] == chain[2:]
            pending = log.pending(10)
            assert pending is not None
            assert list(pending.events) == chain[2:]

    @pytest.mark.parametrize("state", [ClockState.DRIFTING, ClockState.NEVER_SET])
    def test_waits_for_a_clock_that_is_believed(self, path: Path, state: ClockState) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            log.append(note(1), visit="v")
            acknowledge_all(log)
            clock.advance(30 * DAY_S)
            clock.believed = state
            assert log.prune() == 0
            clock.believed = ClockState.SYNCHRONISED
            assert log.prune() == 1

    def test_does_not_take_an_event_for_old_because_its_clock_was_not_set(self, path: Path) -> None:
        clock = LogClock()
        clock.advance(-300 * DAY_S)
        clock.believed = ClockState.NEVER_SET
        with opened(path, clock) as log:
            log.append(note(1), visit="v")
            clock.advance(300 * DAY_S)
            clock.believed = ClockState.SYNCHRONISED
            log.append(note(2), visit="v")
            log.append(note(3), visit="v")
            acknowledge_all(log)
            clock.advance(13 * DAY_S)
            assert log.prune() == 0
            clock.advance(2 * DAY_S)
            assert log.prune() == 3

    def test_leaves_no_hole_behind_an_event_that_stays(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            clock.advance(20 * DAY_S)
            log.append(note(1), visit="v")
            clock.advance(-20 * DAY_S)
            log.append(note(2), visit="v")
            log.append(note(3), visit="v")
            acknowledge_all(log)
            clock.advance(15 * DAY_S)
            assert log.prune() == 1
            assert [event.fields["seq"] for event in held(path)[current(log)]] == [2, 3, 4]

    def test_leaves_an_open_admission_and_what_came_after_it(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            done = log.append(note(1), visit="v", decision=ADMIT)
            log.append(note(2), visit="v", decision=REFUSE)
            log.record_outcome(done, GateOutcome.PASSED, note(3))
            waiting = log.append(note(4), visit="v", decision=ADMIT)
            for number in (5, 6):
                log.append(note(number), visit="v")
            acknowledge_all(log)
            clock.advance(30 * DAY_S)
            assert log.prune() == 4
            assert [admission.event for admission in log.unresolved()] == [waiting]
            assert held(path)[current(log)][0].id == waiting
            log.record_outcome(waiting, GateOutcome.PASSED, note(7))
            assert log.prune() == 3

    def test_forgets_the_decisions_with_their_events(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            done = log.append(note(1), visit="v", decision=ADMIT)
            log.record_outcome(done, GateOutcome.PASSED, note(2))
            log.append(note(3), visit="v", decision=REFUSE)
            log.append(note(4), visit="v", decision=REFUSE)
            acknowledge_all(log)
            clock.advance(30 * DAY_S)
            log.prune()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT seq, answer FROM decision").fetchall() == [(5, "refuse")]

    def test_goes_through_every_log_a_little_at_a_time(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            for number in range(PRUNED_AT_ONCE + 50):
                log.append(note(number), visit="v")
            log.begin_new("fork", after=current(log))
            for number in range(10):
                log.append(note(number), visit="v")
            acknowledge_all(log)
            clock.advance(30 * DAY_S)
            assert [log.prune() for _ in range(3)] == [PRUNED_AT_ONCE + 10, 50, 0]
            assert [len(chain) for chain in held(path).values()] == [1, 1]

    def test_means_that_a_server_restored_from_older_than_that_is_disputed_not_obeyed(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            log.append(note(1), visit="v")
            acknowledge_all(log)
            clock.advance(30 * DAY_S)
            log.prune()
            with pytest.raises(HeadDisputed):
                log.acknowledge(current(log), 1, GENESIS)
            assert log.unacknowledged() == 0
