"""The durable log as the sender uses it: what is pending, what the server acknowledged, where a new log begins."""

from pathlib import Path

import pytest

from kiosk.events import GENESIS, Draft
from sync.chain import HeadDisputed
from sync.log_rows import READ_AT_ONCE
from tests.sync.logs import (
    COMPOUND,
    DEVICE,
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
