"""An exit: whoever comes is let out, asked for nothing, and recorded before the gate opens."""

from pathlib import Path

import pytest

from kiosk.bootstrap.documents import load_policy
from kiosk.direction import Direction
from kiosk.in_force import InForce, Renewed
from kiosk.link import GateOpened, Passed
from kiosk.model import Answer, Phase
from kiosk.people import VisitorKind
from kiosk.staleness import Kind
from tests.kiosk.runtimes import FIRST, HEALTH_CODE, MENU, Bench, signed_pass, trust_list

LEAVING = (Answer.ADMIT, ("leaving",), "leaving@1")


def at_the_exit() -> Bench:
    return Bench("response-level-2", direction=Direction.OUT)


def answers(bench: Bench) -> list[tuple[str, tuple[str, ...], str]]:
    return [(one.answer, one.reasons, one.policy) for _, one, _ in bench.recorder.decisions]


def test_whoever_stands_at_an_exit_is_let_out_once_that_is_on_the_disk() -> None:
    bench = at_the_exit()
    bench.stand(body_c=None)
    assert answers(bench) == [LEAVING]
    assert (bench.phase(), bench.gate.opened) == (Phase.COMMITTING, [])
    bench.durable()
    assert bench.gate.opened == [FIRST]


@pytest.mark.parametrize("body_c", [None, 36.6, 39.5], ids=["not measured", "normal", "high"])
def test_nobody_who_leaves_is_measured_or_stopped(body_c: float | None) -> None:
    bench = at_the_exit()
    bench.stand(body_c)
    bench.durable()
    assert answers(bench) == [LEAVING]
    assert "body_mk" not in str(bench.recorder.decisions[0][2].body)


CODES = {
    "a pass for one use": signed_pass(VisitorKind.GUEST),
    "a resident's pass": signed_pass(VisitorKind.RESIDENT),
    "a health code": HEALTH_CODE,
    "anything": MENU,
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_code_opens_an_exit_like_any_other_sign_and_is_neither_read_nor_used_up(code: bytes) -> None:
    bench = at_the_exit()
    bench.scan(code)
    bench.durable()
    assert answers(bench) == [LEAVING]
    assert bench.recorder.spends == [None]
    assert bench.resolver.asked == []
    assert bench.recorder.decisions[0][2].body["evidence"]["credentials"] == []


def test_a_code_that_is_still_held_up_on_the_way_out_opens_nothing_again() -> None:
    bench = at_the_exit()
    bench.scan(MENU)
    bench.durable()
    bench.give(GateOpened(FIRST, bench.clock.monotonic()))
    for _ in range(5):
        bench.clock.advance(0.3)
        bench.scan(MENU)
    assert len(answers(bench)) == 1


def test_what_comes_down_changes_nothing_about_leaving_however_old_it_is() -> None:
    bench = at_the_exit()
    document = load_policy("shipped:response-level-1", Path())
    bench.give(Renewed(InForce(document, trust_list(), confirmed=dict.fromkeys(Kind))))
    bench.stand(body_c=None)
    assert answers(bench) == [LEAVING]


def test_no_date_makes_an_exit_an_entrance() -> None:
    bench = at_the_exit()
    document = load_policy("shipped:response-level-1", Path())
    bench.give(Renewed(InForce(document, trust_list(), timetable=(document,))))
    bench.stand(body_c=39.5)
    assert answers(bench) == [LEAVING]


def test_every_record_says_which_way_people_go() -> None:
    for direction in Direction:
        bench = Bench("normal-times", direction=direction)
        bench.give(Passed(None, bench.clock.monotonic(), direction.value))
        bench.scan(signed_pass(VisitorKind.RESIDENT))
        said = [draft.body["direction"] for draft in bench.recorder.notes]
        said += [draft.body["direction"] for _, _, draft in bench.recorder.decisions]
        assert set(said) == {direction.value}
        assert len(said) >= 2


def test_where_people_go_both_ways_the_rules_are_asked_about_whoever_comes_to_the_kiosk() -> None:
    bench = Bench("response-level-2", direction=Direction.BOTH)
    bench.stand(body_c=36.6)
    assert answers(bench) == []


def test_the_screen_of_an_exit_says_that_it_is_one_and_asks_for_nothing() -> None:
    bench = at_the_exit()
    bench.runtime.tick()
    view = bench.views[-1]
    assert view.leaving
    assert {state for _, state in view.steps} == {"not_needed"}
    assert not Bench("normal-times").views[-1].leaving
