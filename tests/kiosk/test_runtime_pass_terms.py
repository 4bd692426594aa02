"""What a pass asks of whoever shows it: the name of whoever comes with a company's, and the vehicle that it names."""

import pytest

from kiosk.credentials import Uses
from kiosk.credentials.pass_terms import Terms
from kiosk.declared import FormFilled
from kiosk.held_to import spelled
from kiosk.link import FormAsked
from kiosk.model import Answer, Need, Part, Phase
from kiosk.people import Declaration, Vehicle, VisitorKind
from kiosk.view import Step, StepState
from tests.kiosk.fakes import FakeSealer
from tests.kiosk.runtimes import Bench, lose, signed_pass

COMPANY = signed_pass(VisitorKind.COURIER, uses=Uses.MULTIPLE, terms=Terms(company=True))
WITH_CAR = signed_pass(VisitorKind.GUEST, terms=Terms(plate="沪A12345"))


def show(bench: Bench, shown: bytes) -> None:
    bench.stand()
    bench.scan(shown)


def test_whoever_shows_a_companys_pass_is_asked_for_their_name_and_then_let_in() -> None:
    bench = Bench("normal-times")
    show(bench, COMPANY)
    assert (bench.views[-1].wanted, bench.recorder.decisions) == ((Need.FORM,), [])
    assert dict(bench.views[-1].steps)[Step.FORM] is StepState.WAITING
    bench.give(FormAsked(bench.clock.now))
    bench.give(FormFilled(bench.runtime.visit.id, Declaration(visitor=VisitorKind.COURIER)))
    assert [one.answer for _, one, _ in bench.recorder.decisions] == [Answer.ADMIT]


def test_a_persons_own_pass_asks_for_no_name() -> None:
    bench = Bench("normal-times")
    show(bench, signed_pass(VisitorKind.COURIER))
    assert bench.recorder.decisions[-1][1].answer is Answer.ADMIT


def test_without_a_server_there_is_no_form_and_the_guard_asks_for_the_name() -> None:
    bench = Bench("normal-times")
    lose(bench, Part.SERVER)
    show(bench, COMPANY)
    decision = bench.recorder.decisions[-1][1]
    assert (decision.answer, decision.reasons) == (Answer.HOLD, ("form_unavailable",))


def test_whoever_gives_no_name_is_left_to_the_guard_and_never_let_in() -> None:
    bench = Bench("normal-times")
    show(bench, COMPANY)
    bench.clock.advance(31)
    bench.runtime.tick()
    assert bench.phase() in {Phase.IDLE, Phase.ENDED, Phase.AWAITING_GUARD}
    assert bench.gate.opened == []


@pytest.mark.parametrize(
    ("plate", "answer"),
    [("沪Ａ·12345", Answer.ADMIT), ("沪a 12345", Answer.ADMIT), (None, Answer.ADMIT), ("沪B99999", Answer.HOLD)],
    ids=["other width", "small letters", "on foot", "another"],
)
def test_a_vehicle_is_held_against_the_plate_on_the_invitation(plate: str | None, answer: Answer) -> None:
    bench = Bench("normal-times")
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    vehicle = Vehicle.NONE if plate is None else Vehicle.CAR
    told = Declaration(visitor=VisitorKind.GUEST, vehicle=vehicle, plate=plate)
    bench.give(FormFilled(bench.runtime.visit.id, told))
    show(bench, WITH_CAR)
    decision = bench.recorder.decisions[-1][1]
    assert decision.answer is answer
    assert answer is Answer.ADMIT or decision.reasons == ("vehicle_differs",)


def test_the_plate_on_a_pass_is_in_the_sealed_part_of_the_record_and_nowhere_else() -> None:
    bench = Bench("normal-times", sealer=FakeSealer())
    show(bench, WITH_CAR)
    draft = bench.recorder.decisions[-1][2]
    assert "沪A12345" in (draft.sealed or b"").decode()
    assert "12345" not in repr(draft.body)


def test_a_plate_has_one_spelling() -> None:
    assert spelled("沪A·１23-45 ") == spelled("沪a12345")
