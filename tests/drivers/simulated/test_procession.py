import math

import pytest

from drivers.simulated.procession import Covered, Procession, Told
from drivers.simulated.protocol import AllDone, PinEdge, ScreenTouched, VisitorReport
from drivers.simulated.script import CardScript, Script, UpsetScript, VisitorScript
from drivers.simulated.visitor import AT_SENSOR_S, FOLLOW_S, RAISE_S, REACTION_S, WALK_S

A, B = CardScript(text="a"), CardScript(text="b")
FRAME_S = 1 / 30
CLEARED_S = WALK_S + RAISE_S + 0.1
"""When the line opens for somebody who is served at once."""


def run(script: Script, *opens_at: float, whole: bool = True, until: float = 60.0) -> list[Told]:
    """Let a procession begin at 100 and turn frame by frame; the line opens so long after the beginning."""
    visitors, told, openings = Procession(script), list[Told](), list(opens_at)
    visitors.begin(100.0)
    for number in range(int(until / FRAME_S)):
        at = 100.0 + number * FRAME_S
        if openings and at >= 100.0 + openings[0]:
            visitors.line_changed(PinEdge(17, True, at, "driven"), True)
            openings.pop(0)
        told += visitors.advance(at)
        visitors.frame_seen(at, postures := visitors.postures(at), (whole,) * len(postures))
    return told


def reports_of(told: list[Told]) -> list[VisitorReport]:
    return [event for event in told if isinstance(event, VisitorReport)]


def report_of(told: list[Told]) -> VisitorReport:
    (report,) = reports_of(told)
    return report


def test_an_admitted_visitor_passes_and_is_reported() -> None:
    told = run(Script(visitors=(VisitorScript(name="one", cards=(A,), gap_s=0.5),)), 2.5)
    report = report_of(told)
    assert [type(event) for event in told] == [Covered, Covered, VisitorReport, AllDone]
    assert told[:2] == [Covered(True), Covered(False)]
    assert report.arrived_at == 100.5
    assert report.forehead_at == 101.5
    assert report.code_in_frame_at == pytest.approx(101.9, abs=2 * FRAME_S)
    assert report.in_position_at == report.code_in_frame_at
    assert report.relay_at == pytest.approx(102.5, abs=FRAME_S)
    assert report.passed_at == pytest.approx(102.5 + REACTION_S + 1.0, abs=2 * FRAME_S)
    assert report.set_off_at == pytest.approx(102.5 + REACTION_S, abs=2 * FRAME_S)
    assert report.left_at == pytest.approx(103.8 + AT_SENSOR_S, abs=3 * FRAME_S)
    assert [edge.level for edge in report.line_trace] == [True]


def test_an_unadmitted_visitor_leaves_when_patience_is_over() -> None:
    report = report_of(run(Script(visitors=(VisitorScript(name="one", cards=(A,), gap_s=0.0, patience_s=2.0),))))
    assert (report.relay_at, report.passed_at, report.line_trace) == (None, None, ())
    assert report.set_off_at == 100.0 + WALK_S + 2.0
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
    report = report_of(run(script, 3.5))
    assert report.relay_at is not None
    assert report.passed_at is None


def test_nobody_comes_before_the_beginning() -> None:
    visitors = Procession(Script(visitors=(VisitorScript(name="one", gap_s=0.0),)))
    assert visitors.advance(1000.0) == []
    assert visitors.next_deadline() == math.inf
    assert visitors.postures(1000.0) == ()


def test_visitors_come_one_after_the_other_each_after_his_gap() -> None:
    script = Script(
        visitors=tuple(VisitorScript(name=name, gap_s=gap, patience_s=1.0) for name, gap in [("x", 1.0), ("y", 2.0)])
    )
    told = run(script)
    first, second = reports_of(told)
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


def one(name: str, **habits: object) -> VisitorScript:
    return VisitorScript(name=name, **{"gap_s": 0.0, "queues": True, "cards": (A,), **habits})  # type: ignore[arg-type]


def test_one_who_queued_walks_up_when_the_one_before_sets_off_through_the_gate() -> None:
    script = Script(visitors=(one("x", passage_s=2.0), one("y", gap_s=0.4)))
    x, y = reports_of(run(script, CLEARED_S, CLEARED_S + REACTION_S + 0.4 + CLEARED_S))
    assert y.arrived_at == pytest.approx(x.set_off_at + 0.4, abs=FRAME_S)
    assert y.arrived_at < x.left_at
    assert x.relay_at is not None
    assert y.relay_at is not None
    assert x.relay_at < x.set_off_at <= y.arrived_at < y.relay_at


def test_one_who_queued_walks_up_when_the_one_before_turns_away() -> None:
    x, y = reports_of(run(Script(visitors=(one("x", patience_s=1.5), one("y", patience_s=1.0)))))
    assert y.arrived_at == pytest.approx(x.set_off_at, abs=FRAME_S)


def test_a_line_that_opens_for_one_is_not_the_next_ones() -> None:
    # The pulse ends, and a second one comes, while the first visitor is still on the way through.
    visitors = Procession(Script(visitors=(one("x", passage_s=3.0), one("y"))))
    visitors.begin(100.0)
    told: list[Told] = []
    edges = {2.0: True, 2.8: False, 4.0: True, 4.8: False}
    for number in range(1200):
        at = 100.0 + number / 100
        if (level := edges.get(number / 100)) is not None:
            visitors.line_changed(PinEdge(17, level, at, "driven"), level)
        told += visitors.advance(at)
    x, y = reports_of(told)
    assert [(edge.at, edge.level) for edge in x.line_trace] == [(102.0, True), (102.8, False)]
    assert [(edge.at, edge.level) for edge in y.line_trace] == [(104.0, True), (104.8, False)]
    assert (x.relay_at, y.relay_at) == (102.0, 104.0)


def test_nobody_overtakes_on_the_way_through_and_nobody_is_on_anothers_heels() -> None:
    opened_again = CLEARED_S + REACTION_S + CLEARED_S
    script = Script(visitors=(one("slow", passage_s=3.0, followers=1), one("quick", passage_s=0.2)))
    told = run(script, CLEARED_S, opened_again)
    slow, quick = reports_of(told)
    assert slow.passed_at == pytest.approx(slow.set_off_at + 3.0, abs=2 * FRAME_S)
    assert quick.set_off_at + 0.2 < slow.passed_at  # type: ignore[operator]
    assert quick.passed_at == pytest.approx(slow.passed_at + 2 * FOLLOW_S, abs=4 * FRAME_S)  # type: ignore[operator]
    assert slow.left_at < quick.left_at
    covers = [event.level for event in told if isinstance(event, Covered)]
    assert covers == [True, False] * 3


def test_both_are_before_the_camera_while_one_leaves_and_one_comes() -> None:
    visitors = Procession(Script(visitors=(one("x", passage_s=2.0), one("y"))))
    visitors.begin(100.0)
    visitors.advance(100.0)
    visitors.line_changed(PinEdge(17, True, 101.5, "driven"), True)
    visitors.advance(101.5 + REACTION_S)
    leaving, coming = visitors.postures(101.5 + REACTION_S + 0.5)
    assert (leaving.turn, leaving.through) == (1, True)
    assert (coming.turn, coming.through) == (2, False)
    assert 0 < leaving.presence < 1
    assert 0 < coming.presence < 1


def test_two_foreheads_are_never_in_the_field_and_it_is_empty_between_them() -> None:
    visitors = Procession(Script(visitors=(one("x", core_c=39.0), one("y", core_c=36.0))))
    visitors.begin(100.0)
    visitors.advance(100.0)
    visitors.line_changed(PinEdge(17, True, 101.5, "driven"), True)
    visitors.advance(101.5 + REACTION_S)
    seen = [visitors.scene_c(101.5 + number / 100) for number in range(200)]
    assert max(seen) == pytest.approx(seen[0], abs=0.1)
    empty = [number for number, scene in enumerate(seen) if abs(scene - visitors.ambient_c(101.5)) <= 0.31]
    assert len(empty) > 60
    assert empty == list(range(empty[0], empty[-1] + 1))


def test_what_a_picture_shows_is_noted_of_the_visitor_whose_card_it_is() -> None:
    script = Script(visitors=(one("x", passage_s=3.0), one("y", patience_s=2.0)))
    x, y = reports_of(run(script, CLEARED_S))
    assert x.code_in_frame_at == pytest.approx(x.arrived_at + WALK_S + RAISE_S, abs=2 * FRAME_S)
    assert y.code_in_frame_at == pytest.approx(y.arrived_at + WALK_S + RAISE_S, abs=2 * FRAME_S)


def test_the_parts_that_one_visitor_unplugs_stay_so_while_the_next_one_comes() -> None:
    upset = UpsetScript(part="camera", after_s=1.0, for_s=3.0)
    visitors = Procession(Script(visitors=(one("x", passage_s=5.0, upsets=(upset,)), one("y"))))
    visitors.begin(100.0)
    visitors.advance(100.0)
    visitors.line_changed(PinEdge(17, True, 101.5, "driven"), True)
    visitors.advance(102.0)
    assert len(visitors.postures(102.0)) == 2
    assert [visitors.unplugged("camera", at) for at in (100.9, 101.1, 103.9, 104.1)] == [False, True, True, False]


def test_one_who_wants_the_form_touches_the_screen_once() -> None:
    told = run(Script(visitors=(VisitorScript(name="x", gap_s=0.0, patience_s=1.5, touches_s=0.7),)))
    assert [event for event in told if isinstance(event, ScreenTouched)] == [ScreenTouched("x", 100.0 + WALK_S + 0.7)]


def test_one_who_queues_in_a_world_that_he_joins_late_comes_when_he_has_joined() -> None:
    visitors = Procession(Script(visitors=(one("x", passage_s=5.0),), open_ended=True))
    visitors.begin(100.0)
    visitors.advance(100.0)
    visitors.line_changed(PinEdge(17, True, 101.5, "driven"), True)
    visitors.advance(103.0)
    visitors.add(one("y"), 104.0)
    visitors.advance(104.0)
    assert [posture.presence for posture in visitors.postures(104.0)][1] == 0.0
    assert 0 < visitors.postures(104.5)[1].presence < 1


@pytest.mark.parametrize("queues", [True, False])
def test_deadlines_are_enough_to_follow_a_queue(queues: bool) -> None:
    scripts = (one("x", passage_s=2.0), one("y", queues=queues, gap_s=0.2), one("z", patience_s=1.0, touches_s=0.5))
    visitors, told, now = Procession(Script(visitors=scripts)), list[Told](), 50.0
    visitors.begin(now)
    opened: set[int] = set()
    while (now := visitors.next_deadline()) != math.inf:
        told += visitors.advance(now)
        standing = visitors.postures(now)[-1].turn if visitors.postures(now) else 0
        if standing in {1, 2} - opened:
            opened.add(standing)
            visitors.line_changed(PinEdge(17, True, now + 1.5, "driven"), True)
    assert [report.name for report in reports_of(told)] == ["x", "y", "z"]
    assert sum(isinstance(event, ScreenTouched) for event in told) == 1
    assert [event for event in told if isinstance(event, Covered)] == [Covered(True), Covered(False)] * 2
    assert told[-1] == AllDone(3)
