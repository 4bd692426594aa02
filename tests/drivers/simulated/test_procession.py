import math

import pytest

from drivers.simulated.procession import Covered, Procession
from drivers.simulated.protocol import AllDone, PinEdge, VisitorReport
from drivers.simulated.script import CardScript, Script, VisitorScript
from drivers.simulated.visitor import AT_SENSOR_S, REACTION_S, WALK_S

A, B = CardScript(text="a"), CardScript(text="b")
FRAME_S = 1 / 30


def run(
    script: Script, *, opens_at: float | None = None, whole: bool = True, until: float = 60.0
) -> list[Covered | VisitorReport | AllDone]:
    """Let a procession begin at 100 and turn frame by frame; the line opens once, so long after the beginning."""
    visitors, told = Procession(script), list[Covered | VisitorReport | AllDone]()
    visitors.begin(100.0)
    for number in range(int(until / FRAME_S)):
        at = 100.0 + number * FRAME_S
        if opens_at is not None and at >= 100.0 + opens_at:
            visitors.line_changed(PinEdge(17, True, at, "driven"), True)
            opens_at = None
        told += visitors.advance(at)
        visitors.frame_seen(at, visitors.posture(at), whole)
    return told


def report_of(told: list[Covered | VisitorReport | AllDone]) -> VisitorReport:
    (report,) = [event for event in told if isinstance(event, VisitorReport)]
    return report


def test_an_admitted_visitor_passes_and_is_reported() -> None:
    told = run(Script(visitors=(VisitorScript(name="one", cards=(A,), gap_s=0.5),)), opens_at=2.5)
    report = report_of(told)
    assert [type(event) for event in told] == [Covered, Covered, VisitorReport, AllDone]
    assert told[:2] == [Covered(True), Covered(False)]
    assert report.arrived_at == 100.5
    assert report.forehead_at == 101.5
    assert report.code_in_frame_at == pytest.approx(101.9, abs=2 * FRAME_S)
    assert report.in_position_at == report.code_in_frame_at
    assert report.relay_at == pytest.approx(102.5, abs=FRAME_S)
    assert report.passed_at == pytest.approx(102.5 + REACTION_S + 1.0, abs=2 * FRAME_S)
    assert report.left_at == pytest.approx(103.8 + AT_SENSOR_S, abs=3 * FRAME_S)
    assert [edge.level for edge in report.line_trace] == [True]


def test_an_unadmitted_visitor_leaves_when_patience_is_over() -> None:
    report = report_of(run(Script(visitors=(VisitorScript(name="one", cards=(A,), gap_s=0.0, patience_s=2.0),))))
    assert (report.relay_at, report.passed_at, report.line_trace) == (None, None, ())
    assert report.left_at == pytest.approx(100.0 + WALK_S + 2.0 + WALK_S, abs=FRAME_S)


def test_several_cards_are_in_position_with_the_last_of_them() -> None:
    report = report_of(run(Script(visitors=(VisitorScript(name="one", cards=(A, B), gap_s=0.0),))))
    assert report.code_in_frame_at == pytest.approx(100 + 1.4 + 1.0 + 0.25, abs=2 * FRAME_S)


def test_a_card_never_wholly_in_the_frame_is_never_in_position() -> None:
    report = report_of(run(Script(visitors=(VisitorScript(name="one", cards=(A,), gap_s=0.0),)), whole=False))
    assert (report.code_in_frame_at, report.in_position_at) == (None, None)


def test_without_cards_the_forehead_alone_is_in_position() -> None:
    report = report_of(run(Script(visitors=(VisitorScript(name="one", gap_s=0.0),))))
    assert report.code_in_frame_at is None
    assert report.in_position_at == report.forehead_at == 101.0


def test_a_line_that_opens_behind_his_back_is_recorded_but_not_walked_through() -> None:
    script = Script(visitors=(VisitorScript(name="one", cards=(A,), gap_s=0.0, patience_s=2.0),))
    report = report_of(run(script, opens_at=3.5))
    assert report.relay_at is not None
    assert report.passed_at is None


def test_nobody_comes_before_the_beginning() -> None:
    visitors = Procession(Script(visitors=(VisitorScript(name="one", gap_s=0.0),)))
    assert visitors.advance(1000.0) == []
    assert visitors.next_deadline() == math.inf
    assert visitors.posture(1000.0).presence == 0


def test_visitors_come_one_after_the_other_each_after_his_gap() -> None:
    script = Script(
        visitors=tuple(VisitorScript(name=name, gap_s=gap, patience_s=1.0) for name, gap in [("x", 1.0), ("y", 2.0)])
    )
    told = run(script)
    first, second = (event for event in told if isinstance(event, VisitorReport))
    assert (first.name, second.name) == ("x", "y")
    assert second.arrived_at == pytest.approx(first.left_at + 2.0)
    assert told[-1] == AllDone(2)


def test_an_open_ended_world_goes_on_until_told_to_finish() -> None:
    visitors = Procession(Script(open_ended=True))
    visitors.begin(0.0)
    assert visitors.advance(10.0) == []
    visitors.add(VisitorScript(name="late", gap_s=1.0, patience_s=0.5), 10.0)
    assert visitors.next_deadline() == 11.0
    visitors.advance(11.0)
    visitors.finish()
    done = visitors.advance(20.0)
    assert [type(event) for event in done] == [VisitorReport, AllDone]


def test_deadlines_are_enough_to_follow_a_whole_visit() -> None:
    visitors, told, now = Procession(Script(visitors=(VisitorScript(name="one", cards=(A,)),))), [], 50.0
    visitors.begin(now)
    while (now := visitors.next_deadline()) != math.inf:
        told += visitors.advance(now)
        if now == 51.0:
            visitors.line_changed(PinEdge(17, True, 53.0, "driven"), True)
    assert [type(event) for event in told] == [Covered, Covered, VisitorReport, AllDone]


def test_the_field_shows_the_forehead_while_he_stands_there() -> None:
    visitors = Procession(Script(visitors=(VisitorScript(name="one", gap_s=0.0),)))
    assert abs(visitors.scene_c(90.0) - visitors.ambient_c(90.0)) <= 0.3
    visitors.begin(100.0)
    visitors.advance(100.0)
    assert abs(visitors.scene_c(100.5) - visitors.ambient_c(100.5)) <= 0.3
    assert visitors.scene_c(102.0) == pytest.approx(34.3, abs=0.5)
