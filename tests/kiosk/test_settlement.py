"""What a start owes to the log, also when its disk is back only later."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import TrustList
from kiosk.errors import LogUnusable
from kiosk.inbox import Inbox, Recorded
from kiosk.journal import stamp
from kiosk.model import Answer, Decision, EventId, GateOutcome, ReasonCode, VisitId
from kiosk.ports import Admission
from kiosk.recorder import LogRecorder
from kiosk.records import note_draft
from kiosk.settlement import Settlement
from kiosk.site import Site
from kiosk.spent import Spend, SpentPasses
from kiosk.units import Seconds, WallTime
from sync.log import SqliteLog
from tests.kiosk.fakes import FakeClock, FakeLog

ADMIT = Decision(Answer.ADMIT, (ReasonCode("guest"),), "guest", "test@1")
SPEND = Spend("0" * 32, WallTime(1))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    document = load_policy("shipped:normal-times", tmp_path)
    return Site("gate-1", "1.0", True, Seconds(0.8), document, TrustList())


def test_an_admission_that_a_crash_left_open_is_unknown_and_the_start_is_noted(site: Site) -> None:
    log = FakeLog([Admission(EventId("gate-1/log/7"), "visit")])
    settlement = Settlement(log, site, FakeClock(), SpentPasses())
    settlement.settle()
    settlement.settle()
    assert log.outcomes == [(EventId("gate-1/log/7"), GateOutcome.UNKNOWN)]
    assert [draft.kind for draft, _, _ in log.entries] == ["gate_outcome", "started"]


def test_a_log_that_cannot_be_used_at_the_start_is_settled_before_its_first_entry(site: Site) -> None:
    log, clock, inbox = FakeLog(), FakeClock(), Inbox()
    recorder = LogRecorder(log, inbox, clock, lambda: None, Settlement(log, site, clock, SpentPasses()))
    log.failing = True
    recorder.set_up()
    recorder.decision(VisitId("v"), ADMIT, note_draft(stamp(site, clock), "decision", {}), None)
    with pytest.raises(LogUnusable):
        recorder.turn(threading.Event())
    answer = inbox.take(0)
    assert isinstance(answer, Recorded)
    assert answer.event is None
    log.failing = False
    recorder.note(VisitId("v"), note_draft(stamp(site, clock), "passage", {}))
    recorder.turn(threading.Event())
    assert [draft.kind for draft, _, _ in log.entries] == ["started", "passage"]


class Unreadable(FakeLog):
    """A log that takes events but cannot tell of the past until it is `back`: its disk has failed, its server is there."""

    back = False

    def unresolved(self) -> Sequence[Admission]:
        if not self.back:
            raise LogUnusable("the disk has failed")
        own = [Admission(EventId(f"gate-1/log/{place}"), "v") for place, (_, _, one) in enumerate(self.entries, 1) if one]
        return [*super().unresolved(), *own]

    def spent(self) -> Sequence[str]:
        if not self.back:
            raise LogUnusable("the disk has failed")
        return ["used"]


def test_while_the_past_cannot_be_read_decisions_are_made_and_later_only_the_past_is_settled(site: Site) -> None:
    left_open = Admission(EventId("gate-1/before/7"), "visit")
    log, clock, inbox = Unreadable([left_open]), FakeClock(), Inbox()
    settlement = Settlement(log, site, clock, SpentPasses())
    recorder = LogRecorder(log, inbox, clock, lambda: None, settlement)
    recorder.set_up()
    draft = note_draft(stamp(site, clock), "decision", {})
    recorder.decision(VisitId("v"), ADMIT, draft, None)
    assert recorder.turn(threading.Event())
    answer = inbox.take(0)
    assert isinstance(answer, Recorded)
    assert answer.event == "gate-1/log/2"
    assert log.outcomes == []
    log.back = True
    recorder.note(VisitId("v"), draft)
    recorder.note(VisitId("v"), draft)
    recorder.turn(threading.Event())
    recorder.turn(threading.Event())
    assert log.outcomes == [(left_open.event, GateOutcome.UNKNOWN)]
    assert [one.kind for one, _, _ in log.entries].count("started") == 1


def test_an_admission_that_nobody_vouched_for_is_none_that_a_crash_left_open(site: Site) -> None:
    place = EventId("gate-1/standby/2")
    log = Unreadable([Admission(place, "v")])
    settlement = Settlement(log, site, FakeClock(), SpentPasses())
    settlement.settle()
    settlement.ours(place)
    log.back = True
    settlement.settle()
    assert log.outcomes == []


def test_a_pass_used_before_the_start_is_not_admitted_though_the_loop_did_not_know(site: Site, tmp_path: Path) -> None:
    clock, inbox = FakeClock(), Inbox()
    log = SqliteLog(tmp_path / "log.sqlite", compound="riverside", device="gate-1", clock=clock)
    draft = note_draft(stamp(site, clock), "decision", {})
    log.append(draft, visit="before", decision=ADMIT, spends=SPEND)
    spent = SpentPasses()
    recorder = LogRecorder(log, inbox, clock, lambda: None, Settlement(log, site, clock, spent))
    recorder.decision(VisitId("v"), ADMIT, draft, SPEND)
    recorder.turn(threading.Event())
    answer = inbox.take(0)
    assert isinstance(answer, Recorded)
    assert answer.event is None
    assert log.unacknowledged() == 4  # log_opened, the admission before, its unknown outcome, the start
    log.close()
