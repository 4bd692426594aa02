"""The loop when the rules change by the date: at midnight, with somebody at the gate, without a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import Uses
from kiosk.declared import FormFilled
from kiosk.in_force import InForce, PolicyTurned, Renewed
from kiosk.link import FormAsked
from kiosk.model import ClockState
from kiosk.people import Declaration, VisitorKind
from kiosk.policy import PolicyDocument
from kiosk.units import WallTime
from tests.kiosk.fakes import NOON
from tests.kiosk.runtimes import Bench, signed_pass, trust_list

MIDNIGHT = WallTime(NOON + 12 * 3600 * 1_000_000)
NORMAL = load_policy("shipped:normal-times", Path())
STRICT = load_policy("shipped:response-level-2", Path())
UNTIL = replace(NORMAL, ends_at=MIDNIGHT)
FROM = replace(STRICT, begins_at=MIDNIGHT)
STRICT_UNTIL = replace(STRICT, ends_at=MIDNIGHT)
RESIDENT = signed_pass(VisitorKind.RESIDENT, uses=Uses.MULTIPLE, days=2)


def bench_of(*documents: PolicyDocument) -> Bench:
    bench = Bench("normal-times")
    bench.give(Renewed(InForce(documents[0], trust_list(), timetable=documents if len(documents) > 1 else ())))
    return bench


def answers(bench: Bench) -> list[tuple[str, str, str]]:
    return [(one.answer, one.reasons[0], one.policy) for _, one, _ in bench.recorder.decisions]


def at_midnight(bench: Bench, seconds: float) -> None:
    bench.clock.advance(12 * 3600 + seconds)
    bench.runtime.tick()
    while (item := bench.inbox.take(0)) is not None:
        bench.give(item)


def test_at_midnight_the_next_visitor_is_decided_by_the_next_document() -> None:
    bench = bench_of(UNTIL, FROM)
    at_midnight(bench, -0.001)
    assert bench.views[-1].notices == "normal"
    assert bench.inbox.take(0) is None
    bench.clock.advance(0.001)
    bench.runtime.tick()
    item = bench.inbox.take(0)
    assert item == PolicyTurned(FROM)
    assert item is not None
    bench.give(item)
    assert bench.views[-1].notices == "epidemic"
    assert ("policy_turned", "response-level-2@1") in [(kind, body.get("policy")) for kind, body in notes(bench)]
    bench.scan(RESIDENT)
    assert answers(bench) == []  # a temperature is wanted now
    bench.stand(36.6)
    assert answers(bench) == [("admit", "resident", STRICT.name)]


def notes(bench: Bench) -> list[tuple[str, dict[str, object]]]:
    return [(draft.kind, dict(draft.body)) for draft in bench.recorder.notes]


def test_a_visit_that_began_before_midnight_ends_under_the_rules_of_before() -> None:
    bench = bench_of(STRICT_UNTIL, replace(NORMAL, begins_at=MIDNIGHT))
    bench.clock.advance(12 * 3600 - 0.1)
    bench.scan(RESIDENT)
    bench.clock.advance(0.2)
    bench.runtime.tick()
    assert answers(bench) == []
    bench.stand(36.6)
    assert answers(bench) == [("admit", "resident", STRICT.name)]


def test_when_a_document_has_ended_and_none_follows_the_guard_decides() -> None:
    bench = bench_of(UNTIL)
    bench.clock.advance(12 * 3600 + 2)
    bench.scan(RESIDENT)
    assert answers(bench) == [("hold", "policy_not_in_force", NORMAL.name)]


def test_a_document_that_has_ended_still_says_what_is_wrong_with_somebody() -> None:
    bench = bench_of(STRICT_UNTIL)
    bench.clock.advance(12 * 3600 + 2)
    bench.stand(38.0, samples=12)
    assert answers(bench) == [("hold", "temperature_high", STRICT.name)]


@pytest.mark.parametrize(
    ("document", "answer"),
    [(UNTIL, ("hold", "clock_unset")), (NORMAL, ("admit", "courier"))],
    ids=["that ends", "without an end"],
)
def test_a_gate_that_does_not_know_the_time_admits_nobody_by_a_document_that_ends(
    document: PolicyDocument, answer: tuple[str, str]
) -> None:
    bench = bench_of(document)
    bench.clock.trusted = ClockState.NEVER_SET
    bench.give(FormAsked(bench.clock.now))
    bench.give(FormFilled(bench.runtime.visit.id, Declaration(VisitorKind.COURIER)))
    assert answers(bench) == [(*answer, NORMAL.name)]
