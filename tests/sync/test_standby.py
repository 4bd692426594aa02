"""The log in memory: the server vouches for a decision in time, or the decision opens nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from kiosk.errors import Unacknowledged
from kiosk.events import GENESIS, Draft, Event, NotCanonical
from kiosk.model import EventId, GateOutcome
from kiosk.spent import Spend
from sync.chain import ENTRY_BYTES
from sync.standby import Standby
from sync.wire import BEGIN_NEW
from tests.captured_lines import capture_logs
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, LogClock, note, verified
from tests.sync.servers import BROKEN, ModelServer, Reply, Request, Transport, exchange_over, standing

WAIT_S = 10.0
NEVER_S = 3600.0


class Bench:
    """A standby log and a model server; `interfere` may answer in the server's place."""

    def __init__(self, **settings: Any) -> None:
        self.server = ModelServer()
        self.interfere: Callable[[Request], Reply | Exception | None] = lambda _: None
        self.transport = Transport(self._answer)
        settings = {"retry_s": NEVER_S, "patience_s": WAIT_S, **settings}
        self.log = Standby(exchange_over(self.transport), compound=COMPOUND, device=DEVICE, clock=LogClock(), **settings)

    def _answer(self, request: Request) -> Reply | Exception:
        reply = self.interfere(request)
        return self.server.answer(request) if reply is None else reply

    def decide(self, number: int) -> EventId:
        return self.log.append(note(number), visit="v", decision=ADMIT)

    def chain(self) -> list[Event]:
        carried = self.log.carried()
        assert carried is not None
        return [entry.event for entry in carried.entries if entry.event is not None]

    def arrived(self) -> list[Event]:
        (copy,) = self.server.logs.values()
        return copy


@contextmanager
def bench(**settings: Any) -> Iterator[Bench]:
    built = Bench(**settings)
    with closing(built.log):
        built.log.begin("before")
        assert built.log.flush(WAIT_S) == 0
        yield built


def test_a_log_begins_with_why_and_which_one_was_there_before() -> None:
    with bench() as on:
        (opening,) = on.chain()
    assert (opening.fields["kind"], opening.fields["reason"]) == ("log_opened", "disk_failed")
    assert opening.fields["predecessor"] == "before"


def test_a_decisions_id_means_that_the_server_has_it_and_all_before_it() -> None:
    with bench() as on:
        for number in range(3):
            on.log.append(note(number), visit="v")
            assert on.decide(number) == on.arrived()[-1].id
            assert on.arrived() == on.chain()
    assert verified(on.arrived()).next_seq == 8


def test_what_is_no_decision_waits_for_nobody_and_follows_at_once() -> None:
    hold, asked = threading.Event(), threading.Event()

    def wait(_: Request) -> None:
        asked.set()
        hold.wait(WAIT_S)

    with bench() as on:
        on.interfere = wait
        admission = on.log.append(note(1), visit="v")
        on.log.record_outcome(admission, GateOutcome.PASSED, note(2))
        assert asked.wait(WAIT_S)
        assert on.log.unacknowledged() == 2
        hold.set()
        on.interfere = lambda _: None
        assert on.log.flush(WAIT_S) == 0
        assert on.arrived() == on.chain()


FAILURES: dict[str, Reply | Exception] = {
    "no connection": BROKEN,
    "an error": Reply(503),
    "refused": Reply(422),
    "forbidden": Reply(403),
    "a page": Reply(200, b"<html>"),
    "nothing taken": standing(1, GENESIS),
    "another head": standing(2, b"\1" * 32),
    "more than there is": standing(2**53 - 1, GENESIS),
    "a fork": standing(2, b"\1" * 32, 409, fork=True, log=BEGIN_NEW, kept_to=3),
    "a fault of our own": ZeroDivisionError(),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_server_that_does_not_vouch_is_not_waited_for_and_gets_the_event_later(case: str) -> None:
    with capture_logs(), bench() as on:
        on.interfere = lambda _: FAILURES[case]
        with pytest.raises(Unacknowledged) as refused:
            on.decide(1)
        assert refused.value.event == on.chain()[-1].id
        on.interfere = lambda _: None
        later = on.decide(2)
        assert [event.id for event in on.arrived()[1:]] == [refused.value.event, later]
        assert verified(on.arrived()).next_seq == 4


def test_an_answer_that_comes_too_late_vouches_for_nothing_although_the_server_has_the_event() -> None:
    hold, answered = threading.Event(), threading.Event()

    def answer_late(_: Request) -> None:
        hold.wait(WAIT_S)
        answered.set()

    with bench(patience_s=0.05) as on:
        on.interfere = answer_late
        with pytest.raises(Unacknowledged) as refused:
            on.decide(1)
        hold.set()
        assert answered.wait(WAIT_S)
        assert on.log.flush(WAIT_S) == 0
        assert on.arrived()[-1].id == refused.value.event


def test_an_answer_that_is_lost_vouches_for_nothing_and_nothing_doubles() -> None:
    with bench() as on:

        def lose_answer(request: Request) -> Exception:
            on.server.answer(request)
            return BROKEN

        on.interfere = lose_answer
        with pytest.raises(Unacknowledged):
            on.decide(1)
        on.interfere = lambda _: None
        on.decide(2)
        assert on.arrived() == on.chain()
        assert on.server.aside == {}


def test_a_failure_of_an_attempt_that_began_before_a_decision_is_not_the_decisions() -> None:
    hold, asked = threading.Event(), threading.Event()

    def fail_for_one_attempt(request: Request) -> Exception | None:
        asked.set()
        hold.wait(WAIT_S)
        return BROKEN if len(request.seqs) == 1 else None

    with bench() as on:
        on.interfere = fail_for_one_attempt
        on.log.append(note(1), visit="v")
        assert asked.wait(WAIT_S)
        decided: list[EventId] = []
        thread = threading.Thread(target=lambda: decided.append(on.decide(2)))
        thread.start()
        while on.log.unacknowledged() < 2:
            asked.wait(0.001)
        hold.set()
        thread.join(WAIT_S)
        assert decided == [on.arrived()[-1].id]


def test_a_connection_that_the_server_has_let_go_of_is_no_failure() -> None:
    with bench() as on:
        answers: Iterator[Reply | Exception] = iter([BROKEN])
        on.interfere = lambda _: next(answers, None)
        assert on.decide(1) == on.arrived()[-1].id


def test_what_is_unacknowledged_is_tried_again_in_time_without_being_asked() -> None:
    arrived = threading.Event()
    with bench(retry_s=0.01) as on:
        answers: Iterator[Reply | Exception] = iter([BROKEN, Reply(500), BROKEN])

        def fail_for_a_while(_: Request) -> Reply | Exception | None:
            failure = next(answers, None)
            if failure is None:
                arrived.set()
            return failure

        on.interfere = fail_for_a_while
        on.log.append(note(1), visit="v")
        assert arrived.wait(WAIT_S)
        assert on.log.flush(WAIT_S) == 0


@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_server_that_was_restored_gets_again_what_it_forgot_before_it_vouches(left: int) -> None:
    with bench() as on:
        for number in range(4):
            on.decide(number)
        del on.arrived()[left:]
        on.decide(9)
        assert on.arrived() == on.chain()


def test_a_server_that_forgets_all_the_time_is_not_asked_for_ever() -> None:
    with bench() as on:
        on.decide(1)
        before = len(on.transport.requests)
        on.interfere = lambda request: standing(1, GENESIS, 409) if request.seqs[0] > 1 else standing(1, GENESIS)
        with pytest.raises(Unacknowledged):
            on.decide(2)
        assert len(on.transport.requests) - before < 5


class TestRoom:
    EVENT = Draft("note", {"text": "x" * 2000})

    def test_is_made_by_letting_go_of_what_the_server_has(self) -> None:
        with bench(room=20_000) as on:
            for _ in range(30):
                on.log.append(self.EVENT, visit="v", decision=ADMIT, spends=Spend("mark", LogClock().wall()))
            carried = on.log.carried()
            assert carried is not None
            assert (carried.head.next_seq, carried.acknowledged) == (32, 32)
            held = [entry.seq for entry in carried.entries if entry.event is not None]
            assert held == list(range(held[0], 32))
            assert 1 < len(held) < 10
            assert all(entry.decides is not None and entry.spends is not None for entry in carried.entries[1:])
            assert len(on.arrived()) == 31

    def test_is_not_made_of_what_the_server_lacks(self) -> None:
        with bench(room=20_000) as on:
            on.interfere = lambda _: BROKEN
            for _ in range(8):
                on.log.append(self.EVENT, visit="v")
            with pytest.raises(Unacknowledged, match="full") as full:
                on.log.append(self.EVENT, visit="v", decision=ADMIT)
            assert (full.value.event, on.log.unacknowledged()) == (None, 8)
            on.interfere = lambda _: None
            assert on.log.flush(WAIT_S) == 0
            assert on.decide(1)

    def test_for_notes_ends_too(self) -> None:
        with bench(room=10 * ENTRY_BYTES) as on:
            for number in range(9):
                on.decide(number)
            with pytest.raises(Unacknowledged, match="full"):
                on.decide(10)


def test_what_has_no_canonical_form_leaves_no_trace() -> None:
    with bench() as on:
        with pytest.raises(NotCanonical):
            on.log.append(note(2**53), visit="v", decision=ADMIT)
        on.decide(1)
        assert len(on.arrived()) == 2


def test_each_failure_of_the_disk_has_a_log_of_its_own() -> None:
    with bench() as on:
        first = on.decide(1).split("/")[1]
        on.log.end()
        on.log.end()
        with pytest.raises(Unacknowledged):
            on.decide(2)
        on.log.begin(first)
        second = on.decide(3).split("/")[1]
        assert on.server.logs[second][0].fields["predecessor"] == first
        assert [len(copy) for copy in on.server.logs.values()] == [2, 2]


def test_an_answer_about_a_log_that_was_taken_over_meanwhile_changes_nothing() -> None:
    hold, asked = threading.Event(), threading.Event()

    def wait(_: Request) -> None:
        asked.set()
        hold.wait(WAIT_S)

    with bench() as on:
        on.interfere = wait
        on.log.append(note(1), visit="v")
        assert asked.wait(WAIT_S)
        on.log.end()
        on.log.begin("next")
        hold.set()
        on.interfere = lambda _: None
        on.decide(2)
        assert on.server.logs[on.chain()[0].fields["log_id"]] == on.chain()


def test_after_closing_nothing_is_taken_and_nothing_waits() -> None:
    with bench() as on:
        on.log.close()
        on.log.close()
        with pytest.raises(Unacknowledged):
            on.decide(1)


def test_one_that_was_never_needed_has_neither_thread_nor_connection() -> None:
    before = threading.active_count()
    with closing(Bench().log) as log:
        assert (log.unacknowledged(), log.carried(), threading.active_count()) == (0, None, before)
