"""The thread that writes the log: what it tells of a decision, also of one that nobody vouched for."""

import threading
from collections.abc import Callable

import pytest

from kiosk.errors import LogUnusable, Unacknowledged
from kiosk.events import Draft, NotCanonical
from kiosk.inbox import Inbox, Recorded
from kiosk.model import Answer, Decision, EventId, GateOutcome, ReasonCode, VisitId
from kiosk.recorder import LogRecorder
from kiosk.spent import AlreadySpent, Spend
from kiosk.units import WallTime
from kiosk.visit import RecordGate
from tests.kiosk.fakes import FakeClock, FakeLog

ADMIT = Decision(Answer.ADMIT, (ReasonCode("guest"),), "guest", "test@1")
DRAFT = Draft("decision", {})
VISIT = VisitId("v")
SPEND = Spend("0" * 32, WallTime(1))
PLACE = EventId("gate-1/standby/7")


class Bench:
    """A recorder over a log; `errors` are raised by the next appends, one each."""

    def __init__(self, *errors: Exception | None) -> None:
        remaining = list(errors)

        class Log(FakeLog):
            def append(self, *arguments: object, **settings: object) -> EventId:
                if remaining and (error := remaining.pop(0)) is not None:
                    raise error
                return super().append(*arguments, **settings)  # type: ignore[arg-type]

        self.log = Log()
        self.inbox = Inbox()
        self.wakes = 0
        self.recorder = LogRecorder(self.log, self.inbox, FakeClock(), self._woken)

    def _woken(self) -> None:
        self.wakes += 1

    def turn(self) -> bool:
        return self.recorder.turn(threading.Event())

    def told(self) -> Recorded:
        item = self.inbox.take(0)
        assert isinstance(item, Recorded)
        assert self.inbox.take(0) is None
        return item


def test_a_decision_that_is_durable_is_told_with_its_event() -> None:
    bench = Bench()
    bench.recorder.decision(VISIT, ADMIT, DRAFT, SPEND)
    assert bench.turn()
    told = bench.told()
    assert (told.event, told.spends, told.unacknowledged) == (EventId("gate-1/log/1"), SPEND, None)


def test_a_decision_that_nobody_vouched_for_is_told_without_one_and_named_apart() -> None:
    bench = Bench(Unacknowledged("too late", PLACE))
    bench.recorder.decision(VISIT, ADMIT, DRAFT, SPEND)
    # The worker is not to back off: the next visitor may have more luck.
    assert bench.turn()
    told = bench.told()
    assert (told.event, told.unacknowledged, told.spends) == (None, PLACE, SPEND)
    assert bench.wakes == 1


REFUSALS: dict[str, Callable[[], Exception]] = {
    "no room": lambda: Unacknowledged("full"),
    "already spent": lambda: AlreadySpent("used"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_decision_that_the_log_does_not_take_is_told_without_any_event(case: str) -> None:
    bench = Bench(REFUSALS[case]())
    bench.recorder.decision(VISIT, ADMIT, DRAFT, None)
    bench.turn()
    told = bench.told()
    assert (told.event, told.unacknowledged) == (None, None)


@pytest.mark.parametrize("error", [LogUnusable("the disk is full"), NotCanonical("a fraction")], ids=["disk", "draft"])
def test_a_log_that_takes_nothing_is_the_workers_to_report_after_the_fate_is_told(error: Exception) -> None:
    bench = Bench(error)
    bench.recorder.decision(VISIT, ADMIT, DRAFT, None)
    with pytest.raises(type(error)):
        bench.turn()
    told = bench.told()
    assert (told.event, told.unacknowledged) == (None, None)


def test_a_note_that_nobody_vouched_for_is_nobodys_to_hear() -> None:
    bench = Bench(Unacknowledged("full"))
    bench.recorder.note(VISIT, DRAFT)
    assert bench.turn()
    assert bench.inbox.take(0) is None


def test_what_is_left_at_the_end_is_written_although_one_finds_nobody_to_vouch_for_it() -> None:
    bench = Bench(Unacknowledged("too late", PLACE), None)
    bench.recorder.decision(VISIT, ADMIT, DRAFT, None)
    bench.recorder.outcome(RecordGate(VISIT, PLACE, GateOutcome.NOT_OPENED), DRAFT, gives_back=True)
    bench.recorder.drain()
    assert bench.log.outcomes == [(PLACE, GateOutcome.NOT_OPENED)]
