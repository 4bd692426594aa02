"""People who come in on one form: each is measured and decided about alone, and no stranger is taken for one of them."""

from dataclasses import replace

import pytest

from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.evidence import HealthStatus
from kiosk.holder import masked_holder
from kiosk.inbox import TokenAnswered
from kiosk.link import DoorMoved, Finished, FormAsked, GateClosed, GateOpened, Passed
from kiosk.model import Answer, EventId, Phase, VisitId
from kiosk.party import TOGETHER_S
from kiosk.people import Consent, Declaration, VisitorKind
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass
from tests.kiosk.watching import shown, step_out

THREE = Declaration(visitor=VisitorKind.GUEST, group=3)


def go_in(bench: Bench, number: int) -> None:
    """Whoever is there sees the gate open and walks through; the next may step up."""
    event = EventId(f"gate-1/log/{number}")
    bench.durable(event)
    bench.give(GateOpened(event, bench.clock.now))
    bench.give(Passed(event, bench.clock.now))
    bench.stand(None, present=False)
    bench.give(GateClosed(event, passed=True, at=bench.clock.now))
    bench.clock.advance(3)
    bench.runtime.tick()


def fill_in(bench: Bench, told: Declaration, *, asked: bool = True) -> str:
    """Somebody asks for the form, fills it in, is measured, and their host agrees; return the visit."""
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    visit = bench.runtime.visit.id
    bench.give(FormFilled(visit, told))
    bench.stand(36.5)
    if asked:
        bench.give(ConsentAnswered(visit, Consent.GIVEN))
    return visit


def begin(told: Declaration = THREE) -> tuple[Bench, str]:
    """A gate of normal times, before which the first of a group has gone in."""
    bench = Bench("normal-times")
    visit = fill_in(bench, told)
    go_in(bench, 1)
    return bench, visit


def decided(bench: Bench) -> list[tuple[str, int | None, int | None]]:
    """Each decision: the answer, which of the group, and the temperature in millikelvin."""
    bodies = [draft.body for _, _, draft in bench.recorder.decisions]
    return [(body["answer"], body.get("member"), body["evidence"].get("body_mk")) for body in bodies]


def test_each_of_a_group_has_a_temperature_and_a_decision_of_their_own() -> None:
    bench, first = begin()
    for number, body_c in ((2, 36.9), (3, 36.2)):
        assert bench.views[-1].next_of_group == (number, 3)
        bench.stand(body_c)
        go_in(bench, number)
    assert decided(bench) == [("admit", None, 309650), ("admit", 2, 310050), ("admit", 3, 309350)]
    visits = [visit for visit, _, _ in bench.recorder.decisions]
    assert len(set(visits)) == 3
    assert [draft.body.get("party") for _, _, draft in bench.recorder.decisions] == [None, first, first]
    assert bench.views[-1].next_of_group is None


def test_nobody_asks_their_host_again() -> None:
    bench, _ = begin()
    bench.stand(36.9)
    assert bench.recorder.decisions[-1][1].answer is Answer.ADMIT
    assert [note.kind for note in bench.recorder.notes].count("consent_requested") == 1


def test_one_of_a_group_with_a_fever_is_held_and_nobody_follows_without_the_guard() -> None:
    bench = Bench("response-level-2")
    fill_in(bench, replace(THREE, visitor=VisitorKind.COURIER), asked=False)
    green(bench)
    go_in(bench, 1)
    bench.stand(38.4)
    assert bench.recorder.decisions[-1][1].reasons == ("temperature_high",)
    bench.durable("gate-1/log/2")
    bench.give(Finished(bench.clock.now))
    bench.stand(None, present=False)
    assert bench.phase() is Phase.IDLE
    assert bench.views[-1].next_of_group is None
    # Nor they themselves, with a forehead that has cooled meanwhile.
    bench.clock.advance(5)
    bench.stand(36.4)
    green(bench)
    assert len(bench.recorder.decisions) == 2


def test_the_guard_who_comes_for_one_of_a_group_is_not_the_next_of_it_and_finds_them_on_the_desk() -> None:
    bench = Bench("response-level-2")
    fill_in(bench, replace(THREE, visitor=VisitorKind.COURIER), asked=False)
    green(bench)
    go_in(bench, 1)
    bench.stand(38.4)
    bench.durable("gate-1/log/2")
    visit = bench.runtime.visit.id
    step_out(bench)
    bench.stand(36.5)
    assert (len(bench.recorder.decisions), shown(bench).reasons) == (2, ())
    bench.give(DoorMoved(None, True, bench.clock.now))
    assert (bench.runtime.visit.id, shown(bench).reasons) == (visit, ("temperature_high",))


def test_the_place_of_one_who_does_not_walk_through_is_free_again() -> None:
    bench, _ = begin()
    bench.stand(36.9)
    event = EventId("gate-1/log/2")
    bench.durable(event)
    bench.give(GateOpened(event, bench.clock.now))
    assert bench.views[-1].next_of_group == (3, 3)
    bench.give(GateClosed(event, passed=False, at=bench.clock.now))
    assert bench.views[-1].next_of_group == (2, 3)


def test_a_host_who_no_longer_agrees_lets_nobody_more_of_a_group_come() -> None:
    bench, visit = begin()
    bench.give(ConsentAnswered(VisitId(visit), Consent.DECLINED))
    assert bench.views[-1].next_of_group is None


def green(bench: Bench, name: str | None = None) -> None:
    bench.scan(HEALTH_CODE)
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN, None if name is None else masked_holder(name)))


@pytest.mark.parametrize(("name", "answer"), [("李*", Answer.ADMIT), ("赵*", Answer.HOLD)], ids=["one of them", "a stranger"])
def test_the_code_of_one_who_comes_along_is_held_against_the_names_on_the_form(name: str, answer: Answer) -> None:
    bench = Bench("response-level-2")
    named = {"person": masked_holder("王小芳"), "companions": (masked_holder("李明"),)}
    fill_in(bench, replace(THREE, visitor=VisitorKind.COURIER, group=2, **named), asked=False)  # type: ignore[arg-type]
    green(bench, "王*芳")
    go_in(bench, 1)
    bench.clock.advance(5)
    bench.stand(36.6)
    green(bench, name)
    assert bench.recorder.decisions[-1][1].answer is answer


def test_no_more_come_in_than_the_form_told_of() -> None:
    bench, _ = begin(replace(THREE, group=2))
    bench.stand(36.9)
    go_in(bench, 2)
    bench.stand(36.4)
    assert len(bench.recorder.decisions) == 2
    assert bench.phase() is Phase.COLLECTING


def test_whoever_comes_later_has_come_alone() -> None:
    bench, _ = begin()
    bench.clock.advance(TOGETHER_S)
    bench.runtime.tick()
    assert bench.views[-1].next_of_group is None
    bench.stand(36.9)
    assert len(bench.recorder.decisions) == 1


def test_a_resident_among_them_is_let_in_as_a_resident_and_takes_nobodys_place() -> None:
    bench, _ = begin()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(36.9)
    body = bench.recorder.decisions[-1][2].body
    assert (body["answer"], body["visitor"], body.get("party"), body.get("declared")) == ("admit", "resident", None, None)
    go_in(bench, 2)
    assert bench.views[-1].next_of_group == (2, 3)


def test_whoever_asks_for_a_form_of_their_own_is_none_of_them() -> None:
    bench = Bench("response-level-2")
    fill_in(bench, replace(THREE, visitor=VisitorKind.COURIER), asked=False)
    green(bench)
    go_in(bench, 1)
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    bench.give(FormFilled(bench.runtime.visit.id, Declaration(visitor=VisitorKind.OTHER)))
    bench.clock.advance(5)
    bench.stand(36.6)
    green(bench)
    assert bench.runtime.visit.phase is Phase.AWAITING_CONSENT


def test_a_gate_that_did_not_open_lets_nobody_follow() -> None:
    bench = Bench("normal-times")
    fill_in(bench, THREE)
    bench.gate.lost = True
    bench.durable()
    bench.stand(None, present=False)
    bench.clock.advance(5)
    bench.runtime.tick()
    assert bench.views[-1].next_of_group is None
