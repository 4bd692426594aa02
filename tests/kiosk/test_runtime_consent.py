"""Who needs a resident's consent: the resident is asked once all else is in order, and the answer moves the visit on."""

import pytest

from kiosk.credentials.passes import OWN_ACCOUNT
from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.link import Finished, FormAsked
from kiosk.model import Answer, Phase, VisitId
from kiosk.people import Consent, Declaration, Filing, VisitorKind
from tests.kiosk.runtimes import Bench, signed_pass, step_aside

GUEST = Declaration(visitor=VisitorKind.GUEST)
WORKS = Declaration(visitor=VisitorKind.RENOVATION)


def kinds(bench: Bench) -> list[str]:
    return [note.kind for note in bench.recorder.notes]


def waiting(bench: Bench, declared: Declaration = GUEST, filing: Filing | None = None) -> VisitId:
    """Somebody at the kiosk has sent the form."""
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    visit = bench.views[-1].visit
    bench.give(FormFilled(visit, declared, filing))
    return visit


def decided(bench: Bench) -> tuple[Answer, tuple[str, ...]]:
    _, decision, _ = bench.recorder.decisions[-1]
    return decision.answer, decision.reasons


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Consent.GIVEN, (Answer.ADMIT, ("guest",))),
        (Consent.DECLINED, (Answer.REFUSE, ("consent_declined",))),
        (None, (Answer.HOLD, ("consent_unavailable",))),
    ],
)
def test_the_answer_moves_the_visit_on(answer: Consent | None, expected: tuple[Answer, tuple[str, ...]]) -> None:
    bench = Bench("normal-times")
    visit = waiting(bench)
    assert bench.phase() is Phase.AWAITING_CONSENT
    assert kinds(bench)[-2:] == ["form_received", "consent_requested"]
    bench.give(ConsentAnswered(visit, answer))
    assert decided(bench) == expected
    assert bench.recorder.notes[-1].body["answer"] == (answer or "unreached")


def test_nobody_is_troubled_before_all_that_the_visitor_brings_is_in_order() -> None:
    bench = Bench("response-level-2")
    waiting(bench)
    assert bench.phase() is Phase.COLLECTING
    assert "consent_requested" not in kinds(bench)


def test_an_answer_to_another_visit_changes_nothing() -> None:
    bench = Bench("normal-times")
    waiting(bench)
    bench.give(ConsentAnswered(VisitId("f" * 16), Consent.GIVEN))
    assert bench.phase() is Phase.AWAITING_CONSENT
    assert bench.recorder.decisions == []


def test_a_visitor_who_does_not_wait_is_parked_and_let_in_with_one_scan_once_their_host_agrees() -> None:
    bench = Bench("normal-times")
    visit = waiting(bench)
    bench.give(Finished(bench.clock.now))
    assert kinds(bench)[-1] == "visit_parked"
    assert bench.views[-1].parked is not None
    bench.give(ConsentAnswered(visit, Consent.GIVEN))
    assert bench.recorder.decisions == []
    bench.clock.advance(30)
    bench.scan(signed_pass(VisitorKind.GUEST, holder=OWN_ACCOUNT + visit))
    assert bench.runtime.visit.id == visit
    assert decided(bench) == (Answer.ADMIT, ("guest",))


def test_the_pass_of_a_form_brings_a_visit_back_and_stands_for_nobodys_consent() -> None:
    bench = Bench("normal-times")
    visit = waiting(bench)
    step_aside(bench, 3.0)
    bench.clock.advance(3.0)
    bench.runtime.tick()
    assert kinds(bench)[-1] == "visit_parked"
    bench.clock.advance(30)
    bench.scan(signed_pass(VisitorKind.GUEST, holder=OWN_ACCOUNT + visit))
    assert (bench.runtime.visit.id, bench.phase()) == (visit, Phase.AWAITING_CONSENT)
    assert bench.recorder.decisions == []


def test_a_gate_that_has_never_heard_of_the_form_lets_nobody_in_on_its_pass_alone() -> None:
    bench = Bench("normal-times")
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST, holder=OWN_ACCOUNT + "f" * 16))
    assert bench.recorder.decisions == []


def test_a_host_is_asked_for_a_visitor_who_went_away_to_fill_in_the_form() -> None:
    bench = Bench("normal-times")
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    visit = bench.views[-1].visit
    step_aside(bench, 3.0)
    bench.clock.advance(3.0)
    bench.runtime.tick()
    bench.give(FormFilled(visit, GUEST))
    assert kinds(bench)[-3:] == ["visit_parked", "form_received", "consent_requested"]


@pytest.mark.parametrize("filing", [Filing.NO_UNDERTAKING, Filing.NOT_FILED])
def test_how_works_are_filed_comes_with_the_form(filing: Filing) -> None:
    bench = Bench("normal-times")
    waiting(bench, WORKS, filing)
    answer, reasons = decided(bench)
    assert (answer, reasons[0]) == (Answer.HOLD, filing)
