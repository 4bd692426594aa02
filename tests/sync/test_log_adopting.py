"""A log that went on in memory is taken over whole; and a commit that was said to have failed never happened."""

import sqlite3
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable
from kiosk.events import Head
from kiosk.model import GateOutcome
from kiosk.spent import Spend
from sync.chain import DISK_FAILED, Decides, Ends, MemoryChain, opening
from sync.log import SqliteLog
from tests.captured_lines import capture_logs
from tests.sync.logs import (
    ADMIT,
    COMPOUND,
    DEVICE,
    LogClock,
    acknowledge_all,
    current,
    held,
    note,
    opened,
    verified,
)
from tests.sync.test_log_durability import no_file_larger_than

SPEND = Spend("mark", LogClock().wall())
OTHER = Spend("other", SPEND.until)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def chain_in_memory(log_id: str = "ab" * 8) -> MemoryChain:
    clock = LogClock()
    chain = MemoryChain(Head(COMPOUND, DEVICE, log_id), DISK_FAILED, clock)
    chain.extend(opening(clock, DISK_FAILED, None))
    return chain


class TestAdopting:
    def test_makes_the_log_the_current_one_which_later_events_follow(self, path: Path) -> None:
        chain = chain_in_memory()
        events = [chain.extend(note(number)).event for number in range(3)]
        with opened(path) as log:
            first = log.append(note(9), visit="v").split("/")[1]
            log.adopt(chain.carried())
            assert (current(log), log.log_id, log.head()) == (chain.head.log_id, chain.head.log_id, chain.head)
            assert log.append(note(10), visit="v") == f"{DEVICE}/{chain.head.log_id}/5"
        found = held(path)
        assert list(found) == [first, chain.head.log_id]
        assert found[chain.head.log_id][1:4] == events
        assert verified(found[chain.head.log_id]).next_seq == 6

    def test_takes_decisions_uses_and_outcomes_with_it(self, path: Path) -> None:
        chain = chain_in_memory()
        with opened(path) as log:
            before = log.append(note(1), visit="v0", decision=ADMIT, spends=OTHER)
            passed = chain.extend(note(2), decides=Decides("v1", ADMIT.answer), spends=SPEND)
            left_open = chain.extend(note(3), decides=Decides("v2", ADMIT.answer))
            chain.extend(note(4), ends=Ends(passed.id, GateOutcome.PASSED, False))
            # Of an admission that the disk took before it failed.
            chain.extend(note(5), ends=Ends(before, GateOutcome.NOT_PASSED, True))
            log.adopt(chain.carried())
            assert [(one.event, one.visit) for one in log.unresolved()] == [(left_open.id, "v2")]
            assert list(log.spent()) == ["mark"]

    def test_goes_on_where_the_server_has_it(self, path: Path) -> None:
        chain = chain_in_memory()
        chain.extend(note(1))
        third = chain.extend(note(2))
        chain.acknowledge(3, third.after.hash)
        with opened(path) as log:
            acknowledge_all(log)
            log.adopt(chain.carried())
            pending = log.pending(10)
            assert pending is not None
            assert (pending.after, list(pending.events)) == (third.after, [third.event])

    def test_again_or_when_it_has_grown_takes_only_what_is_new(self, path: Path) -> None:
        chain = chain_in_memory()
        admission = chain.extend(note(1), decides=Decides("v", ADMIT.answer), spends=SPEND)
        with opened(path) as log:
            log.adopt(chain.carried())
            log.adopt(chain.carried())
            chain.extend(note(2), ends=Ends(admission.id, GateOutcome.NOT_PASSED, True))
            log.adopt(chain.carried())
            assert log.head() == chain.head
            assert (list(log.unresolved()), list(log.spent())) == ([], [])
        assert len(held(path)[chain.head.log_id]) == 3

    def test_what_the_memory_let_go_of_leaves_a_log_without_its_front_and_all_its_notes(self, path: Path) -> None:
        chain = chain_in_memory()
        admission = chain.extend(note(1), decides=Decides("v", ADMIT.answer), spends=SPEND)
        for number in range(4):
            chain.extend(note(number))
        chain.acknowledge(chain.head.next_seq, chain.head.hash)
        chain.forget(0)
        with opened(path) as log:
            log.adopt(chain.carried())
            assert [event.fields["seq"] for event in held(path)[chain.head.log_id]] == [6]
            assert [one.event for one in log.unresolved()] == [admission.id]
            assert list(log.spent()) == ["mark"]
            acknowledge_all(log)
        with opened(path) as log:
            assert (log.set_aside, log.head()) == (None, chain.head)

    def test_on_a_full_disk_takes_nothing(self, path: Path) -> None:
        chain = chain_in_memory()
        chain.extend(note(1))
        with opened(path) as log:
            first = current(log)
            with capture_logs(), no_file_larger_than(0), pytest.raises(LogUnusable):
                log.adopt(chain.carried())
            assert log.log_id == first
            assert list(held(path)) == [first]
            log.adopt(chain.carried())
            assert current(log) == chain.head.log_id


class Lying(SqliteLog):
    """A log whose disk says once that a commit has failed, which it has written all the same."""

    lies = False

    def _commit(self, connection: sqlite3.Connection) -> None:
        super()._commit(connection)
        if self.lies:
            self.lies = False
            raise sqlite3.OperationalError("disk I/O error")


class TestACommitThatWasSaidToHaveFailed:
    @pytest.fixture
    def log(self, path: Path) -> "Lying":
        return Lying(path, compound=COMPOUND, device=DEVICE, clock=LogClock())

    def test_leaves_neither_event_nor_admission_nor_use(self, path: Path, log: Lying) -> None:
        log.append(note(1), visit="v")
        before = log.head()
        log.lies = True
        with pytest.raises(LogUnusable):
            log.append(note(2), visit="v", decision=ADMIT, spends=SPEND)
        assert (log.head(), list(log.unresolved()), list(log.spent())) == (before, [], [])
        admission = log.append(note(3), visit="v", decision=ADMIT, spends=SPEND)
        assert [one.event for one in log.unresolved()] == [admission]
        log.close()
        (chain,) = held(path).values()
        assert [event.fields.get("number") for event in chain] == [None, 1, 3]
        assert verified(chain).next_seq == 4

    def test_leaves_an_admission_open_whose_end_it_would_have_been(self, log: Lying) -> None:
        admission = log.append(note(1), visit="v", decision=ADMIT)
        log.lies = True
        with pytest.raises(LogUnusable):
            log.record_outcome(admission, GateOutcome.PASSED, note(2))
        assert [one.event for one in log.unresolved()] == [admission]
        log.record_outcome(admission, GateOutcome.PASSED, note(2))
        assert list(log.unresolved()) == []
        log.close()

    def test_of_an_adoption_is_made_good_by_adopting_again(self, path: Path, log: Lying) -> None:
        chain = chain_in_memory()
        chain.extend(note(1))
        log.lies = True
        with pytest.raises(LogUnusable):
            log.adopt(chain.carried())
        chain.extend(note(2))
        log.adopt(chain.carried())
        assert log.head() == chain.head
        log.close()
        assert [event.fields["seq"] for event in held(path)[chain.head.log_id]] == [1, 2, 3]

    def test_is_left_alone_once_another_process_has_built_on_it(self, path: Path, log: Lying) -> None:
        log.lies = True
        with pytest.raises(LogUnusable):
            log.append(note(1), visit="v")
        with opened(path) as other:
            other.append(note(2), visit="v")
        log.append(note(3), visit="v")
        log.close()
        (chain,) = held(path).values()
        assert [event.fields.get("number") for event in chain] == [None, 1, 2, 3]


def test_a_chain_in_memory_is_not_asked_for_what_it_let_go(path: Path) -> None:
    chain = chain_in_memory()
    for number in range(5):
        chain.extend(note(number))
    chain.acknowledge(4, chain.carried().entries[3].after.hash)
    chain.forget(0)
    carried = chain.carried()
    assert [entry.event is None for entry in carried.entries] == [True, True, True, False, False, False]
    pending = chain.pending(10)
    assert pending is not None
    assert [event.fields["seq"] for event in pending.events] == [4, 5, 6]
    for seq in (3, 1, 0, -1, 8):
        with pytest.raises(ValueError):
            chain.acknowledge(seq, carried.entries[0].after.hash)
    assert chain.acknowledged == 4
