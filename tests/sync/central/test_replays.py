"""One pass for one use at two gates: both let its holder in while they were not in touch, and the server notices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.events import canonical
from kiosk.model import Answer, Decision, EventId, Facts, GateOutcome, ReasonCode, VisitId
from kiosk.records import decision_draft, outcome_draft
from kiosk.spent import Spend
from kiosk.units import WallTime
from sync.central.spending import given_back, spent
from sync.central.store import Store
from tests.captured_lines import capture_logs
from tests.sync.central.kiosks import NOON_US, KioskLog

MARK, OTHER = "00112233445566778899aabbccddeeff", "ff" * 16
HOUR_US = 3_600_000_000
ADMIT = Decision(Answer.ADMIT, (ReasonCode("guest_green"),), "guest", "policy@1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'central.sqlite'}", wall_us=lambda: NOON_US + 24 * HOUR_US)
    yield opened
    opened.close()


class Gate(KioskLog):
    """A kiosk that admits on passes for one use, and sends what the server has not."""

    sent = 0

    def admits(self, mark: str = MARK, at_us: int = NOON_US) -> EventId:
        spends = Spend(mark, WallTime(at_us + HOUR_US))
        return self.append(decision_draft(self.stamp(at_us), VisitId("v"), ADMIT, Facts(), {}, None, spends))

    def ends(self, admission: EventId, outcome: GateOutcome, *, gives_back: bool) -> None:
        stamp = self.stamp(NOON_US + 1)
        self.append(outcome_draft(stamp, VisitId("v"), admission, outcome, {}, None, gives_back=gives_back))

    def send(self, store: Store) -> None:
        first = self.sent + 1
        store.append(self.compound, self.device, self.log_id, self.upload(first))
        self.sent = len(self.events)


def replays(store: Store, since_us: int = 0) -> list[list[str]]:
    return [[use.event for use in one.uses] for one in store.replays("riverside", since_us)]


def test_a_pass_that_was_used_at_two_gates_is_noticed_as_the_second_use_arrives(store: Store) -> None:
    north, south = Gate("north"), Gate("south")
    first, second = north.admits(), south.admits(at_us=NOON_US + HOUR_US)
    with capture_logs() as lines:
        south.send(store)
        assert lines == []
        north.send(store)
    assert [(line["event"], line["compound"], line["uses"]) for line in lines] == [
        ("pass for one use used again", "riverside", [first, second])
    ]
    assert replays(store) == [[first, second]]
    assert replays(store, NOON_US + 2 * HOUR_US) == []


def test_the_same_events_sent_again_are_no_second_use(store: Store) -> None:
    north = Gate("north")
    north.admits()
    north.admits(OTHER)
    with capture_logs() as lines:
        north.send(store)
        store.append(north.compound, north.device, north.log_id, north.upload(1))
    assert (lines, replays(store)) == ([], [])


def test_a_use_with_which_nobody_came_in_is_given_back(store: Store) -> None:
    north, south = Gate("north"), Gate("south")
    north.ends(north.admits(), GateOutcome.NOT_PASSED, gives_back=True)
    south.admits()
    north.send(store)
    with capture_logs() as lines:
        south.send(store)
    assert (lines, replays(store)) == ([], [])


def test_a_use_that_is_given_back_after_it_was_noticed_is_listed_no_more(store: Store) -> None:
    north, south = Gate("north"), Gate("south")
    admission = north.admits()
    north.send(store)
    south.admits()
    south.send(store)
    assert len(replays(store)) == 1
    north.ends(admission, GateOutcome.NOT_OPENED, gives_back=True)
    north.send(store)
    assert replays(store) == []


def test_whoever_got_through_has_used_the_pass(store: Store) -> None:
    north, south = Gate("north"), Gate("south")
    north.ends(north.admits(), GateOutcome.PASSED, gives_back=False)
    south.admits()
    north.send(store)
    south.send(store)
    assert len(replays(store)) == 1


def test_another_compounds_pass_is_another_pass(store: Store) -> None:
    for gate in (Gate("north"), Gate("south", "hillside")):
        gate.admits()
        gate.send(store)
    assert replays(store) == []


def test_nobody_gives_back_what_another_gate_has_used(store: Store) -> None:
    north, south = Gate("north"), Gate("south")
    admission = north.admits()
    north.send(store)
    south.admits()
    south.ends(admission, GateOutcome.NOT_PASSED, gives_back=True)
    south.send(store)
    assert len(replays(store)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "decision", "answer": "hold", "spends": MARK},
        {"kind": "note", "answer": "admit", "spends": MARK},
        {"kind": "decision", "answer": "admit", "spends": MARK.upper()},
        {"kind": "decision", "answer": "admit", "spends": 7},
        {"kind": "decision", "answer": "admit", "spends": "00 " * 16},
        {"kind": "decision", "answer": "admit"},
    ],
    ids=canonical,
)
def test_what_is_no_admission_on_a_pass_uses_none(fields: dict[str, object]) -> None:
    assert spent(fields) is None


@pytest.mark.parametrize("admission", ["north/log", "south/log/1", "north/log/x", "north//1", 7, "north/log/" + "9" * 20])
def test_what_names_no_admission_of_this_gate_gives_nothing_back(admission: object) -> None:
    fields = {"kind": "gate_outcome", "gives_back": True, "device": "north", "admission": admission}
    assert given_back(fields) is None
    assert given_back({**fields, "admission": "north/log/12"}) == ("log", 12)
