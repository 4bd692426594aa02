"""The budget: what is judged, by which figure, and whether it is met."""

import pytest

from kiosk.bench.budget import TARGETS, Verdict, judge, judged
from kiosk.demo.cases import RESIDENT
from kiosk.demo.scenarios import Case
from tests.kiosk.bench.rows import LATE, UPSET, row


def verdict(verdicts: list[Verdict], figure: str, quantile: str = "p95") -> Verdict:
    (found,) = [one for one in verdicts if (one.figure, one.quantile) == (figure, quantile)]
    return found


def test_a_good_run_meets_every_target() -> None:
    verdicts = judge([row()] * 20)
    assert len(verdicts) == len(TARGETS)
    assert all(one.met for one in verdicts), verdicts


@pytest.mark.parametrize(
    ("stages", "figure", "measured"),
    [
        ({"code": 0.15}, "newest frame to text", 0.05),
        ({"temperature": 0.31}, "presence to reading", 0.31),
        ({"credential": 0.011}, "credential verified", 0.011),
        ({"record": 0.08, "card": 0.05}, "decision, record, relay", 0.033),
        ({"relay": 0.03}, "decision, record, relay", 0.041),
    ],
)
def test_a_slow_stage_misses_its_target_alone(stages: dict[str, float], figure: str, measured: float) -> None:
    verdicts = judge([row(**stages)] * 20)
    assert [one.figure for one in verdicts if not one.met] == [figure]
    assert verdict(verdicts, figure).measured_s == pytest.approx(measured)


def test_a_slow_card_is_not_the_softwares_fault() -> None:
    assert verdict(judge([row(record=0.31, card=0.30)] * 20), "decision, record, relay").met


def test_one_visitor_beyond_two_seconds_misses_the_budget() -> None:
    verdicts = judge([row()] * 500 + [row(2.1)])
    assert [(one.figure, one.quantile) for one in verdicts if not one.met] == [("clear time", "max")]


def test_what_was_not_measured_is_not_met() -> None:
    verdicts = judge([])
    assert not any(one.met for one in verdicts)
    assert {one.measured_s for one in verdicts} == {None}


@pytest.mark.parametrize(
    ("clear_s", "case", "is_judged"),
    [(0.3, RESIDENT, True), (None, RESIDENT, False), (0.3, UPSET, False), (0.3, LATE, False)],
    ids=["admitted", "not-admitted", "a-part-was-lost", "the-issuer-was-slow"],
)
def test_only_those_are_judged_whom_nothing_held_up_on_purpose(clear_s: float | None, case: Case, is_judged: bool) -> None:
    assert judged(row(clear_s), case) is is_judged
