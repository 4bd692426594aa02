"""The report of `gatepost bench clear`: its shape is a contract."""

import pytest

from kiosk.bench.clear import clear_report
from kiosk.demo.cases import FEVER, NORMAL
from kiosk.demo.run import Played
from tests.kiosk.bench.rows import UPSET, played, row


def test_the_report_has_the_shape_that_other_programs_read() -> None:
    found = clear_report([played([row(0.2), row(0.4)])], 4.5, wanted=2)
    assert found["cpu_scale"] == 4.5
    assert found["achieved_scale"] == 4.6
    assert set(found["achieved_scale_by_burst"]) == {"1", "5", "20"}
    assert found["n"] == 2
    assert found["valid"] is True
    assert found["summary"]["clear_s"] == {"p50": 0.2, "p95": 0.4, "p99": 0.4, "max": 0.4}
    assert found["stages_s"]["code"]["p95"] == 0.12
    assert set(found["scenarios"]) == {"normal"}
    assert {"figure", "quantile", "at_most_s", "measured_s", "met"} == set(found["budget"][0])
    assert len(found["visits"]) == 2


def test_several_scenarios_are_told_apart_and_taken_together() -> None:
    runs = [played([row(0.2)], achieved=4.4), played([row(0.6)], scenario=FEVER, achieved=4.8)]
    found = clear_report(runs, 4.5, wanted=2)
    assert found["achieved_scale"] == pytest.approx(4.6)
    assert found["summary"]["clear_s"]["max"] == 0.6
    assert {name: one["clear_s"]["max"] for name, one in found["scenarios"].items()} == {NORMAL.name: 0.2, FEVER.name: 0.6}


def test_visitors_whose_part_was_lost_count_but_are_not_judged() -> None:
    found = clear_report([played([row(0.2)]), played([row(3.0)], case=UPSET)], 4.5, wanted=2)
    assert found["summary"]["judged"] == 1
    assert found["summary"]["clear_s"]["max"] == 3.0
    assert all(verdict["met"] for verdict in found["budget"])


@pytest.mark.parametrize(
    "run",
    [
        played([row()], lost=1),
        played([row()], unexpected=1),
        played([row()], scale_was_lost=True),
        played([]),
    ],
    ids=["an-event-was-lost", "an-answer-was-wrong", "the-scale-was-lost", "nobody-came"],
)
def test_a_run_that_did_not_go_as_it_must_is_not_valid(run: Played) -> None:
    assert clear_report([run], 4.5, wanted=1)["valid"] is False


def test_a_run_that_was_interrupted_is_not_valid() -> None:
    assert clear_report([played([row()])], 4.5, wanted=2)["valid"] is False


def test_a_scale_that_could_not_be_measured_is_unknown() -> None:
    assert clear_report([played([row()], achieved=None)], 4.5, wanted=1)["achieved_scale"] is None
