"""The busy gate: how fast people are to come, and which answer is whose when the next one is there already."""

from typing import Any

import pytest

from drivers.simulated.protocol import PinEdge, VisitorReport
from drivers.simulated.script import VisitorScript
from drivers.simulated.visitor import RAISE_S, REACTION_S, WALK_S
from kiosk.demo.cases import BUSY
from kiosk.demo.report import Stored, came_per_minute, visit_row
from kiosk.demo.scenarios import Case
from kiosk.demo.site import Guest
from kiosk.model import Answer


def asked_s(case: Case) -> float:
    """How long somebody is at the gate, from when the one before sets off, if the gate opens as soon as it can."""
    stays_s = RAISE_S + REACTION_S if case.expected is Answer.ADMIT else case.patience_s
    return case.gap_s + WALK_S + stays_s


def test_thirty_people_a_minute_are_to_come_and_each_while_the_one_before_walks_through() -> None:
    assert all(case.queues for case in BUSY.cases)
    assert 60 * len(BUSY.cases) / sum(asked_s(case) for case in BUSY.cases) >= 30
    assert any(case.form for case in BUSY.cases)
    assert any(case.resumes for case in BUSY.cases)
    # One is still on the way through when the next one stands at the gate.
    assert any(case.passage_s > asked_s(after) - REACTION_S for case, after in zip(BUSY.cases, BUSY.cases[1:], strict=False))


@pytest.mark.parametrize(
    ("arrivals", "rate"),
    [([], None), ([5.0], None), ([5.0, 5.0], None), ([0.0, 2.0, 4.0, 6.0], 30.0), ([6.0, 0.0, 3.0], 20.0)],
    ids=["nobody", "one", "at once", "every two seconds", "in no order"],
)
def test_the_rate_is_that_at_which_people_came(arrivals: list[float], rate: float | None) -> None:
    assert came_per_minute(arrivals) == rate


def seen(arrived_at: float, set_off_at: float, left_at: float) -> VisitorReport:
    relay_at = set_off_at - REACTION_S
    edge = PinEdge(17, True, relay_at, "driven")
    in_position_at = arrived_at + 1.4
    return VisitorReport(
        "x", arrived_at, in_position_at, arrived_at + 1.0, in_position_at, relay_at, left_at, set_off_at, left_at, (edge,)
    )


def decision(number: int, at: float) -> Stored:
    fields: dict[str, Any] = {"kind": "decision", "answer": "admit", "reasons": ["resident"], "mono_us": round(at * 1e6)}
    return Stored(f"gate/log/{number}", fields)


def test_each_has_the_answer_that_was_given_while_they_stood_at_the_gate() -> None:
    guest = Guest("x", BUSY.cases[0], VisitorScript(name="x"))
    stored = [decision(1, 101.5), decision(2, 103.4)]
    # The first is still on the way through, with a cart, when the second one is let in.
    rows = [visit_row(guest, one, stored) for one in (seen(100.0, 101.9, 104.2), seen(101.9, 103.8, 104.7))]
    assert [row["event_id"] for row in rows] == ["gate/log/1", "gate/log/2"]
