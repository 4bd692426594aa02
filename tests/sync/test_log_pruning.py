"""What the log deletes in the end. Everything here was acknowledged unless a test says otherwise."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.events import GENESIS
from kiosk.model import ClockState, GateOutcome
from sync.chain import HeadDisputed
from sync.pruning import PRUNED_AT_ONCE
from tests.sync.logs import (
    ADMIT,
    DAY_S,
    REFUSE,
    LogClock,
    acknowledge_all,
    current,
    held,
    note,
    opened,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def test_pruning_takes_only_what_is_older_than_14_days_and_never_the_newest(path: Path) -> None:
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


def test_pruning_leaves_what_the_server_does_not_hold(path: Path) -> None:
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
def test_pruning_waits_for_a_clock_that_is_believed(path: Path, state: ClockState) -> None:
    clock = LogClock()
    with opened(path, clock) as log:
        log.append(note(1), visit="v")
        acknowledge_all(log)
        clock.advance(30 * DAY_S)
        clock.believed = state
        assert log.prune() == 0
        clock.believed = ClockState.SYNCHRONISED
        assert log.prune() == 1


def test_pruning_does_not_take_an_event_for_old_because_its_clock_was_not_set(path: Path) -> None:
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


def test_pruning_leaves_no_hole_behind_an_event_that_stays(path: Path) -> None:
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


def test_pruning_leaves_an_open_admission_and_what_came_after_it(path: Path) -> None:
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


def test_pruning_forgets_the_decisions_with_their_events(path: Path) -> None:
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


def test_pruning_goes_through_every_log_a_little_at_a_time(path: Path) -> None:
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


def test_pruning_means_that_a_server_restored_from_older_than_that_is_disputed_not_obeyed(path: Path) -> None:
    clock = LogClock()
    with opened(path, clock) as log:
        log.append(note(1), visit="v")
        acknowledge_all(log)
        clock.advance(30 * DAY_S)
        log.prune()
        with pytest.raises(HeadDisputed):
            log.acknowledge(current(log), 1, GENESIS)
        assert log.unacknowledged() == 0
