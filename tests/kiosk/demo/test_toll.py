"""The judge of the kill test notices every breach that it is there for."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers.simulated.protocol import PinEdge
from kiosk.demo.report import Stored
from kiosk.demo.toll import LONGEST_PULSE_S, RELAY_PIN, UNREAD, Toll, judge
from kiosk.model import GateOutcome


@dataclass
class Course:
    """What the server has and the world saw."""

    stored: list[Stored] = field(default_factory=list)
    edges: list[PinEdge] = field(default_factory=list)

    def event(self, kind: str, at: float, **fields: Any) -> str:
        seq = len(self.stored) + 1
        name = f"gate-1/log/{seq}"
        header = {"kind": kind, "log_id": "log", "seq": seq, "mono_us": round(at * 1e6), **fields}
        self.stored.append(Stored(name, header))
        return name

    def admit(self, at: float, outcome: GateOutcome = GateOutcome.PASSED, durable: float | None = None) -> None:
        name = self.event("decision", at, answer="admit")
        times = {} if durable is None else {"durable": round(durable * 1e6)}
        self.event("gate_outcome", at + 2, admission=name, outcome=outcome.value, times_us=times)

    def pulse(self, at: float, length: float = 0.8) -> None:
        self.edges += [PinEdge(RELAY_PIN, True, at, "driven"), PinEdge(RELAY_PIN, False, at + length, "driven")]

    def wrong(self) -> list[str]:
        toll = Toll()
        judge(self.stored, self.edges, toll)
        return toll.wrong


@pytest.fixture
def course() -> Course:
    made = Course()
    made.admit(10.0)
    made.pulse(10.01)
    return made


def test_an_opening_for_an_admission_is_right(course: Course) -> None:
    assert course.wrong() == []


@pytest.mark.parametrize("outcome", [GateOutcome.NOT_OPENED, GateOutcome.FAILED, GateOutcome.UNKNOWN])
def test_an_admission_that_never_opened_and_does_not_claim_so_is_no_breach(course: Course, outcome: GateOutcome) -> None:
    course.admit(20.0, outcome)
    assert course.wrong() == []


@pytest.mark.parametrize("outcome", [GateOutcome.PASSED, GateOutcome.NOT_PASSED])
def test_an_outcome_that_tells_of_an_opening_that_never_was_is_a_breach(course: Course, outcome: GateOutcome) -> None:
    course.admit(20.0, outcome)
    assert course.wrong()[0].endswith(f"is {outcome}, and the line was never active for it")


@pytest.mark.parametrize("outcome", [GateOutcome.NOT_OPENED, GateOutcome.FAILED])
def test_an_outcome_that_denies_an_opening_is_a_breach(course: Course, outcome: GateOutcome) -> None:
    course.admit(20.0, outcome)
    course.pulse(20.01)
    assert course.wrong()[0].endswith(f"is {outcome}, and the line was active for it")


def test_of_an_unknown_outcome_the_line_may_have_been_active(course: Course) -> None:
    course.admit(20.0, GateOutcome.UNKNOWN)
    course.pulse(20.01)
    assert course.wrong() == []


def test_an_opening_before_its_admission_was_on_the_disk_is_a_breach(course: Course) -> None:
    course.admit(20.0, durable=20.02)
    course.pulse(20.01)
    assert "without an admission" in course.wrong()[0]


def test_an_opening_before_its_admission_is_a_breach(course: Course) -> None:
    course.admit(20.0)
    course.pulse(19.99)
    assert "without an admission" in course.wrong()[0]


def test_a_second_opening_for_one_admission_is_a_breach(course: Course) -> None:
    course.pulse(11.0)
    assert "without an admission" in course.wrong()[0]


def test_a_pulse_beyond_its_bound_is_a_breach(course: Course) -> None:
    course.admit(20.0)
    course.pulse(20.01, LONGEST_PULSE_S + 0.01)
    assert "a pulse lasted" in course.wrong()[0]


def test_a_line_left_active_is_a_breach(course: Course) -> None:
    course.admit(20.0)
    course.edges.append(PinEdge(RELAY_PIN, True, 20.01, "driven"))
    assert course.wrong() == ["the line was left active"]


def test_an_admission_without_an_outcome_is_a_breach(course: Course) -> None:
    course.event("decision", 20.0, answer="admit")
    assert "has no outcome" in course.wrong()[0]


def test_an_event_that_is_missing_or_doubled_is_a_breach(course: Course) -> None:
    course.stored.append(course.stored[-1])
    assert "follows" in course.wrong()[0]


def test_other_pins_are_none_of_its_business(course: Course) -> None:
    course.edges.append(PinEdge(27, True, 30.0, "world"))
    assert course.wrong() == []


def test_without_records_no_opening_is_called_wrong(course: Course) -> None:
    toll = Toll()
    judge(None, course.edges, toll)
    assert toll.wrong == [UNREAD]
