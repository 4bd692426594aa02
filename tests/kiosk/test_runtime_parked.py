"""The core's loop and whoever goes to fill in the form: parked, back with one scan, or too late."""

import pytest

from kiosk.link import FormAsked, GuardAsked
from kiosk.model import Phase
from kiosk.people import VisitorKind
from kiosk.view import GuardCall
from tests.kiosk.runtimes import Bench, signed_pass


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


def park(bench: Bench) -> str:
    """Somebody without a code asks for the form and goes to fill it in."""
    bench.stand()
    bench.give(FormAsked(bench.clock.now))
    assert bench.phase() is Phase.AWAITING_FORM
    visit = bench.views[-1].visit
    bench.stand()
    assert bench.phase() is Phase.AWAITING_FORM
    bench.stand(present=False)
    bench.clock.advance(2)
    bench.runtime.tick()
    assert bench.phase() is Phase.IDLE
    assert bench.recorder.notes[-1].kind == "visit_parked"
    return visit


def test_a_parked_visitor_is_back_with_one_scan(bench: Bench) -> None:
    visit = park(bench)
    bench.clock.advance(60)
    bench.scan(signed_pass(VisitorKind.RESIDENT, holder=visit))
    assert bench.runtime.visit.id == visit
    assert bench.durable().reasons == ("resident",)
    assert bench.recorder.decisions[-1][0] == visit


def test_another_visitor_is_served_while_one_is_parked(bench: Bench) -> None:
    visit = park(bench)
    bench.clock.advance(5)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    assert bench.durable().reasons == ("resident",)
    assert bench.runtime.visit.id != visit


def test_a_parked_visitor_who_comes_too_late_begins_anew(bench: Bench) -> None:
    visit = park(bench)
    bench.clock.advance(601)
    bench.runtime.tick()
    assert bench.recorder.notes[-1].body["ending"] == "expired"
    bench.scan(signed_pass(VisitorKind.RESIDENT, holder=visit))
    assert bench.runtime.visit.id != visit
    assert bench.phase() is Phase.COLLECTING


def test_a_pass_whose_holder_is_no_parked_visit_is_a_pass_like_any_other(bench: Bench) -> None:
    park(bench)
    bench.scan(signed_pass(VisitorKind.RESIDENT, holder="someone"))
    bench.stand()
    assert bench.durable().reasons == ("resident",)


def test_one_who_called_before_showing_the_form_s_pass_is_called_for_in_the_visit_that_goes_on(bench: Bench) -> None:
    parked = park(bench)
    bench.clock.advance(400)
    bench.give(GuardAsked(bench.clock.now))
    begun = bench.runtime.visit.id
    bench.scan(signed_pass(VisitorKind.RESIDENT, holder=parked))
    assert (bench.views[-1].visit, bench.views[-1].guard) == (parked, GuardCall.RINGING)
    assert [(draft.kind, draft.body["visit"]) for draft in bench.recorder.notes[-3:]] == [
        ("guard_called", begun),
        ("guard_called", parked),
        ("visit_ended", begun),
    ]


def test_coming_back_without_a_call_makes_none(bench: Bench) -> None:
    parked = park(bench)
    bench.clock.advance(400)
    bench.scan(signed_pass(VisitorKind.RESIDENT, holder=parked))
    assert bench.views[-1].guard is None
    assert bench.recorder.notes[-1].kind == "visit_parked"
