import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import LogUnusable
from kiosk.events import Draft, NotCanonical
from kiosk.model import EventId, GateOutcome
from kiosk.ports import Admission
from kiosk.spent import Spend
from sync.log import SqliteLog
from sync.wire import MAX_EVENT
from tests.examples import examples
from tests.sync.logs import ADMIT, COMPOUND, DAY_S, DEVICE, REFUSE, LogClock, current, drafts, held, note, opened, verified


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "log.sqlite"


def test_a_new_log_opens_with_an_event_that_says_why(path: Path) -> None:
    clock = LogClock()
    with opened(path, clock) as log:
        log_id = current(log)
    (opening,) = held(path)[log_id]
    fields = opening.fields
    assert (fields["kind"], fields["reason"], fields["predecessor"], fields["seq"]) == ("log_opened", "new", None, 1)
    assert (fields["compound"], fields["device"], fields["log_id"]) == (COMPOUND, DEVICE, log_id)
    assert (fields["boot"], fields["mono_us"], fields["wall_us"]) == ("boot", 1_000_000_000, clock.wall())


def test_ids_count_up_and_name_the_events_in_the_file(path: Path) -> None:
    with opened(path) as log:
        log_id = current(log)
        ids = [log.append(note(number), visit="v") for number in range(5)]
    assert ids == [f"{DEVICE}/{log_id}/{seq}" for seq in range(2, 7)]
    assert [event.id for event in held(path)[log_id][1:]] == ids
    assert [event.fields["number"] for event in held(path)[log_id][1:]] == list(range(5))


@settings(max_examples=examples(0.25))
@given(st.lists(st.tuples(drafts, st.booleans()), max_size=6))
def test_whatever_is_appended_reads_back_as_a_chain(
    tmp_path_factory: pytest.TempPathFactory, appended: list[tuple[Draft, bool]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.sqlite"
    with opened(path) as log:
        log_id = current(log)
        for draft, reopen in appended:
            log.append(draft, visit="v")
            if reopen:
                log.close()
                log = SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock())
        head = log.head()
        log.close()
    chain = held(path)[log_id]
    assert verified(chain) == head
    assert [(event.fields["kind"], event.sealed) for event in chain[1:]] == [
        (draft.kind, draft.sealed) for draft, _ in appended
    ]
    assert all(draft.body.items() <= event.fields.items() for (draft, _), event in zip(appended, chain[1:], strict=True))


def test_reopening_goes_on_with_the_same_log(path: Path) -> None:
    with opened(path) as log:
        log.append(note(1), visit="v")
        before = log.head()
    with opened(path) as log:
        assert log.head() == before
        assert (log.set_aside, log.fault) == (None, None)
        log.append(note(2), visit="v")
    (chain,) = held(path).values()
    assert verified(chain).next_seq == 4


@pytest.mark.parametrize(("compound", "device"), [("oak-court", DEVICE), (COMPOUND, "gate-2")], ids=["compound", "device"])
def test_a_renamed_gate_begins_a_log_that_names_the_old_one(path: Path, compound: str, device: str) -> None:
    with opened(path) as log:
        old = log.append(note(1), visit="v")
    with opened(path, compound=compound, device=device) as log:
        new = log.append(note(2), visit="v")
        opening = held(path)[current(log)][0].fields
        assert (opening["reason"], opening["predecessor"]) == ("renamed", old.split("/")[1])
        assert (opening["compound"], opening["device"]) == (compound, device)
        assert new == f"{device}/{current(log)}/2"
    first, second = held(path).values()
    assert (verified(first).next_seq, verified(second).next_seq) == (3, 3)


class TestAdmissions:
    def test_are_unresolved_until_their_outcome_is_recorded(self, path: Path) -> None:
        with opened(path) as log:
            first = log.append(note(1), visit="v1", decision=ADMIT)
            log.append(note(2), visit="v2", decision=REFUSE)
            log.append(note(3), visit="v3")
            last = log.append(note(4), visit="v4", decision=ADMIT)
            assert list(log.unresolved()) == [Admission(first, "v1"), Admission(last, "v4")]
            log.record_outcome(first, GateOutcome.PASSED, note(5))
            assert list(log.unresolved()) == [Admission(last, "v4")]

    def test_that_a_crash_left_open_are_found_after_reopening_oldest_first(self, path: Path) -> None:
        with opened(path) as log:
            # More than nine, so that the order is not that of the ids as text.
            left = [log.append(note(number), visit=f"v{number}", decision=ADMIT) for number in range(12)]
        with opened(path) as log:
            assert [admission.event for admission in log.unresolved()] == left

    def test_of_an_earlier_log_are_found_as_well(self, path: Path) -> None:
        with opened(path) as log:
            old = log.append(note(1), visit="v1", decision=ADMIT)
        with opened(path, device="gate-2") as log:
            new = log.append(note(2), visit="v2", decision=ADMIT)
            assert list(log.unresolved()) == [Admission(old, "v1"), Admission(new, "v2")]
            log.record_outcome(old, GateOutcome.UNKNOWN, note(3))
            assert list(log.unresolved()) == [Admission(new, "v2")]

    def test_keep_their_first_outcome_and_record_every_later_one_as_an_event(self, path: Path) -> None:
        with opened(path) as log:
            admission = log.append(note(1), visit="v", decision=ADMIT)
            log.record_outcome(admission, GateOutcome.PASSED, Draft("gate_outcome", {"outcome": "passed"}))
            late = log.record_outcome(admission, GateOutcome.UNKNOWN, Draft("gate_outcome", {"outcome": "unknown"}))
            assert list(log.unresolved()) == []
        with opened(path) as log:
            assert list(log.unresolved()) == []
        (chain,) = held(path).values()
        assert [event.fields["outcome"] for event in chain[2:]] == ["passed", "unknown"]
        assert chain[-1].id == late
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT gate_outcome FROM decision").fetchall() == [("passed",)]

    def test_that_nobody_made_have_an_outcome_on_record_all_the_same(self, path: Path) -> None:
        with opened(path) as log:
            log.record_outcome(EventId("gate-1/never/7"), GateOutcome.PASSED, note(1))
            assert log.head().next_seq == 3

    def test_and_their_event_are_recorded_together_or_not_at_all(self, path: Path) -> None:
        with opened(path) as log:
            before = log.head()
            with pytest.raises(NotCanonical):
                log.append(note(1.5), visit="v", decision=ADMIT)  # type: ignore[arg-type]
            assert (log.head(), list(log.unresolved())) == (before, [])
            admission = log.append(note(2), visit="v", decision=ADMIT)
            with pytest.raises(NotCanonical):
                log.record_outcome(admission, GateOutcome.PASSED, Draft("gate_outcome", {"Outcome": 1}))
            assert [open_.event for open_ in log.unresolved()] == [admission]


class TestSingleUses:
    def test_are_remembered_with_the_admission_that_made_them(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            log.append(note(1), visit="v1", decision=ADMIT, spends=Spend("a", clock.wall()))
            given_back = log.append(note(2), visit="v2", decision=ADMIT, spends=Spend("b", clock.wall()))
            assert sorted(log.spent()) == ["a", "b"]
            log.record_outcome(given_back, GateOutcome.NOT_PASSED, note(3), gives_back=True)
        with opened(path, clock) as log:
            assert list(log.spent()) == ["a"]

    def test_are_not_made_by_what_was_not_recorded(self, path: Path) -> None:
        with opened(path) as log:
            with pytest.raises(NotCanonical):
                log.append(note(2**53), visit="v", decision=ADMIT, spends=Spend("a", LogClock().wall()))
            assert list(log.spent()) == []

    def test_are_forgotten_long_after_the_pass_has_ended(self, path: Path) -> None:
        clock = LogClock()
        with opened(path, clock) as log:
            log.append(note(1), visit="v", decision=ADMIT, spends=Spend("a", clock.wall()))
            clock.advance(14 * DAY_S)
            log.prune()
            assert list(log.spent()) == ["a"]
            clock.advance(1)
            log.prune()
            assert list(log.spent()) == []


UNRECORDABLE = {
    "a fraction": note(1.5),  # type: ignore[arg-type]
    "a key that is no name": Draft("note", {"No Name": 1}),
    "the log's own place": Draft("note", {"seq": 9}),
    "half a surrogate pair": note(text="\ud800"),
    "an integer beyond 2**53 - 1": note(2**53),
    "bytes": note(1, raw=b"x"),
    "a long text": note(1, text="x" * MAX_EVENT),
    "a long text of few characters": note(1, text="門" * (MAX_EVENT // 3)),
    "a large sealed part": Draft("note", {}, b"x" * MAX_EVENT),
}


@pytest.mark.parametrize("draft", UNRECORDABLE.values(), ids=UNRECORDABLE.keys())
def test_what_cannot_be_recorded_leaves_no_trace_and_no_fault(path: Path, draft: Draft) -> None:
    with opened(path) as log:
        before = log.head()
        with pytest.raises(NotCanonical):
            log.append(draft, visit="v", decision=ADMIT)
        assert (log.head(), log.fault, list(log.unresolved())) == (before, None, [])
        log.append(note(1), visit="v")
    (chain,) = held(path).values()
    assert verified(chain).next_seq == 3


def test_several_threads_append_into_one_chain(path: Path) -> None:
    writers, each = 4, 25
    ids: list[list[EventId]] = [[] for _ in range(writers)]
    start = threading.Barrier(writers + 1)

    def write(log: SqliteLog, writer: int) -> None:
        start.wait(10)
        for number in range(each):
            ids[writer].append(log.append(note(number, writer=writer), visit=f"v{writer}", decision=ADMIT))

    with opened(path) as log:
        threads = [threading.Thread(target=write, args=(log, writer)) for writer in range(writers)]
        for thread in threads:
            thread.start()
        start.wait(10)
        # The sender's side is at work meanwhile.
        while any(thread.is_alive() for thread in threads):
            if (pending := log.pending(10)) is not None:
                log.acknowledge(pending.after.log_id, pending.after.next_seq + len(pending.events), pending.events[-1].hash)
            log.prune()
        for thread in threads:
            thread.join(10)
        head = log.head()
        assert len(log.unresolved()) == writers * each
    (chain,) = held(path).values()
    assert verified(chain) == head
    assert head.next_seq == writers * each + 2
    found = {event.id: (event.fields["writer"], event.fields["number"]) for event in chain[1:]}
    for writer, own in enumerate(ids):
        assert [found[one] for one in own] == [(writer, number) for number in range(each)]


def test_whoever_waits_to_send_is_told_of_every_event(path: Path) -> None:
    with opened(path) as log:
        log.appended.clear()
        admission = log.append(note(1), visit="v", decision=ADMIT)
        assert log.appended.is_set()
        log.appended.clear()
        log.record_outcome(admission, GateOutcome.PASSED, note(2))
        assert log.appended.is_set()
        log.appended.clear()
        with pytest.raises(NotCanonical):
            log.append(note(2**53), visit="v")
        assert not log.appended.is_set()


CALLS = {
    "append": lambda log: log.append(note(1), visit="v"),
    "record_outcome": lambda log: log.record_outcome(EventId("a/b/1"), GateOutcome.PASSED, note(1)),
    "unresolved": lambda log: log.unresolved(),
    "spent": lambda log: log.spent(),
    "head": lambda log: log.head(),
    "begin_new": lambda log: log.begin_new("fork", after=""),
    "pending": lambda log: log.pending(1),
    "earlier": lambda log: log.earlier(),
    "unacknowledged": lambda log: log.unacknowledged(),
    "acknowledge": lambda log: log.acknowledge("", 1, b""),
    "kept_aside": lambda log: log.kept_aside("", 1),
    "prune": lambda log: log.prune(),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_closed_log_takes_no_calls(path: Path, call: str) -> None:
    with opened(path) as log:
        log.close()
        log.close()
        with pytest.raises(LogUnusable, match="closed"):
            CALLS[call](log)


@pytest.mark.parametrize("call", CALLS)
def test_a_log_that_could_not_be_opened_says_so_at_every_call(tmp_path: Path, call: str) -> None:
    (tmp_path / "occupied").write_text("a file where the log's directory should be")
    with opened(tmp_path / "occupied" / "log.sqlite") as log:
        assert log.fault is not None
        for _ in range(2):
            with pytest.raises(LogUnusable):
                CALLS[call](log)
