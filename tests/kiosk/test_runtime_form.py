"""What was told on a phone reaches its visit, at the kiosk or parked, and no other."""

from kiosk.declared import FormFilled
from kiosk.link import FormAsked
from kiosk.model import Answer, Phase, VisitId
from kiosk.people import Declaration, VisitorKind
from kiosk.view import Step, StepState, View
from tests.kiosk.runtimes import Bench

COURIER = Declaration(visitor=VisitorKind.COURIER, group=2)


def kinds(bench: Bench) -> list[str]:
    return [note.kind for note in bench.recorder.notes]


def asking(bench: Bench) -> View:
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    assert bench.views[-1].phase is Phase.AWAITING_FORM
    return bench.views[-1]


def test_a_form_that_is_filled_in_moves_the_visit_on_and_is_in_its_record() -> None:
    bench = Bench("normal-times")
    visit = asking(bench).visit
    bench.give(FormFilled(visit, COURIER))
    assert "form_received" in kinds(bench)
    _, decision, draft = bench.recorder.decisions[-1]
    assert (decision.answer, decision.reasons) == (Answer.ADMIT, ("courier",))
    assert draft.body["declared"] == {"visitor": "courier", "first_return": "no", "vehicle": "none", "group": 2}
    assert "form_received" in draft.body["times_us"]


def test_the_screen_shows_that_the_form_is_done_and_what_is_still_wanted() -> None:
    bench = Bench("response-level-2")
    bench.give(FormFilled(asking(bench).visit, COURIER))
    assert bench.views[-1].phase is Phase.COLLECTING
    assert dict(bench.views[-1].steps)[Step.FORM] is StepState.DONE


def test_a_form_of_another_visit_changes_nothing_at_the_kiosk() -> None:
    bench = Bench("normal-times")
    asking(bench)
    bench.give(FormFilled(VisitId("f" * 16), COURIER))
    assert bench.views[-1].phase is Phase.AWAITING_FORM
    assert bench.recorder.decisions == []
    assert "form_received" not in kinds(bench)


def test_a_form_of_a_parked_visit_is_kept_for_its_return_while_the_next_one_is_served() -> None:
    bench = Bench("normal-times")
    visit = asking(bench).visit
    bench.stand(present=False)
    bench.clock.advance(2.0)
    bench.runtime.tick()
    assert bench.views[-1].phase is Phase.IDLE
    bench.give(FormFilled(visit, COURIER))
    assert kinds(bench)[-1] == "form_received"
    assert bench.recorder.decisions == []


def test_nobody_belongs_to_the_house_by_a_form() -> None:
    bench = Bench("normal-times")
    bench.give(FormFilled(asking(bench).visit, Declaration(visitor=VisitorKind.RESIDENT)))
    assert bench.recorder.decisions == []
