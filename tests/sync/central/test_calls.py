"""Calls for the guard: how long they stand, whatever devices send."""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import events
from kiosk.events import Draft
from kiosk.model import Answer, ClockState, Decision, EventId, Facts, Part, ReasonCode, Role, VisitId
from kiosk.records import decision_draft, ended_draft, health_draft, note_draft, started_draft
from kiosk.visit import Ending
from sync.central import access
from sync.central.board import snapshot_of
from sync.central.calls import SHOWN, STANDS_US, Call, Recorded, standing
from sync.central.pages import change, page
from sync.central.passages import LENGTH
from sync.central.store import Store
from tests.sync.central.kiosks import NOON_US, KioskLog

MINUTE_US = 60_000_000


class Gate(KioskLog):
    """A gate at which guards are called."""

    def at(self, minutes: float) -> Any:
        return self.stamp(NOON_US - round(minutes * MINUTE_US))

    def note(self, kind: str, visit: str = "v", ago: float = 1.0) -> EventId:
        return self.append(note_draft(self.at(ago), kind, {"visit": visit}))

    def decides(self, answer: Answer, visit: str = "v", role: Role = Role.POLICY) -> EventId:
        decision = Decision(answer, (ReasonCode("because"),), "rule", "policy@1", role)
        return self.append(decision_draft(self.at(0), VisitId(visit), decision, Facts(), {}))

    def ends(self, visit: str = "v") -> EventId:
        return self.append(ended_draft(self.at(0), VisitId(visit), Ending.HELD))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}", wall_us=lambda: NOON_US)
    yield store
    store.close()


def sent(store: Store, *gates: Gate) -> tuple[Call, ...]:
    """What stands once these gates have sent all that they have not sent yet."""
    for gate in gates:
        first = store.standing(gate.compound, gate.device, gate.log_id).next_seq
        if first <= len(gate.events):
            fitted, _ = store.append(gate.compound, gate.device, gate.log_id, gate.upload(first))
            assert fitted
    return store.calls()


def test_a_call_stands_with_its_gate_and_its_time(store: Store) -> None:
    gate = Gate()
    event = gate.note("guard_called", ago=2)
    assert sent(store, gate) == (Call("riverside", event, "gate-1", NOON_US - 2 * MINUTE_US, True, False, False),)


def test_a_call_that_nobody_answers_says_so(store: Store) -> None:
    gate = Gate()
    gate.note("guard_called")
    gate.note("guard_unanswered", ago=0)
    assert [call.unanswered for call in sent(store, gate)] == [True]
    gate.note("guard_called", ago=0)
    assert [call.unanswered for call in sent(store, gate)] == [False]


@pytest.mark.parametrize(
    "event",
    [
        lambda gate: gate.decides(Answer.ADMIT),
        lambda gate: gate.decides(Answer.REFUSE, role=Role.GUARD),
        lambda gate: gate.ends(),
        lambda gate: gate.note("visit_parked"),
        lambda gate: gate.append(started_draft(gate.at(0), "policy@1")),
    ],
    ids=["admitted", "a guard's answer", "visit ended", "visit parked", "gate began anew"],
)
def test_a_call_ends_with(store: Store, event: Any) -> None:
    gate = Gate()
    gate.note("guard_called")
    assert len(sent(store, gate)) == 1
    event(gate)
    assert sent(store, gate) == ()


@pytest.mark.parametrize(
    "event",
    [
        lambda gate: gate.decides(Answer.HOLD),
        lambda gate: gate.decides(Answer.REFUSE),
        lambda gate: gate.decides(Answer.ADMIT, visit="another"),
        lambda gate: gate.ends(visit="another"),
        lambda gate: gate.note("form_requested"),
        lambda gate: gate.append(health_draft(gate.at(0), Part.CAMERA, well=False, detail="")),
    ],
    ids=["held", "refused by the rules", "another admitted", "another's end", "form", "a lost part"],
)
def test_a_call_does_not_end_with(store: Store, event: Any) -> None:
    gate = Gate()
    gate.note("guard_called")
    event(gate)
    assert len(sent(store, gate)) == 1


def test_a_gate_that_begins_anew_ends_its_own_calls_alone(store: Store) -> None:
    one, other, abroad = Gate(), Gate("gate-2"), Gate("gate-1", "lakeside")
    for gate in (one, other, abroad):
        gate.note("guard_called")
    one.append(started_draft(one.at(0), "policy@1"))
    assert [(call.compound, call.gate) for call in sent(store, one, other, abroad)] == [
        ("lakeside", "gate-1"),
        ("riverside", "gate-2"),
    ]


def test_the_longest_waiting_comes_first_and_a_gate_not_heard_since_is_not_shown_for_ever(store: Store) -> None:
    gate = Gate()
    for visit, ago in (("a", 1.0), ("b", 9.0), ("c", STANDS_US / MINUTE_US + 0.1), ("d", 4.0)):
        gate.note("guard_called", visit, ago)
    assert [round((NOON_US - call.at_us) / MINUTE_US) for call in sent(store, gate)] == [9, 4, 1]


def test_a_call_from_a_gate_whose_clock_was_never_set_stands_from_when_it_came(store: Store) -> None:
    gate = Gate()
    gate.append(note_draft(gate.stamp(5, ClockState.NEVER_SET), "guard_called", {"visit": "v"}))
    (call,) = sent(store, gate)
    assert (call.at_us, call.certain) == (NOON_US, False)


def test_a_call_in_a_log_that_forked_is_none(store: Store) -> None:
    gate = Gate()
    gate.add("opened")
    branch = Gate()
    branch.note("guard_called")
    sent(store, gate)
    fitted, _ = store.append(branch.compound, branch.device, branch.log_id, branch.upload())
    assert not fitted
    assert store.calls() == ()


KEYS = st.sampled_from(["gate", "visit", "wall_us", "clock", "simulated", "answer", "role"])
TEXT = st.text(string.printable, max_size=90)
VALUES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | TEXT | st.just([])
KINDS = ["guard_called", "guard_unanswered", "decision", "visit_ended", "visit_parked", "started"]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(KEYS, VALUES)), max_size=30))
def test_whatever_devices_send_makes_a_page(bodies: list[tuple[str, dict[str, Any]]]) -> None:
    head = events.Head("riverside", "gate-1", "00c0ffee")
    recorded = []
    for kind, body in bodies:
        event, head = events.append(head, Draft(kind, body))
        recorded.append(Recorded("riverside", kind, event.header, NOON_US, NOON_US))
    calls = standing(recorded)
    assert len(calls) <= min(SHOWN, sum(kind == "guard_called" for kind, _ in bodies))
    assert all(len(call.gate) <= LENGTH for call in calls)
    snapshot = snapshot_of((), None, calls)
    page(snapshot, "ja", access.Role.GUARD, packed=True)
    assert change(snapshot, "ja", "").count(b"\n") == 4


def test_no_more_calls_are_shown_than_anybody_can_read() -> None:
    gate = Gate()
    for number in range(2 * SHOWN):
        gate.note("guard_called", f"v{number}")
    recorded = [Recorded("riverside", "guard_called", event.header, NOON_US, NOON_US) for event in gate.events]
    assert len(standing(recorded)) == SHOWN
