"""Facts that no sensor brings: the time at the gate, what is declared and consented, and the loss of the way to them."""

from dataclasses import replace

import pytest

from kiosk.evidence import Credential, CredentialKind, HealthStatus, Verdict
from kiosk.facts import Evidence
from kiosk.link import PartHealth
from kiosk.model import Answer, ClockState, LocalTime, Need, Part, ReasonCode
from kiosk.people import Consent, Declaration, Filing, VisitorKind
from kiosk.records import Stamp, decision_draft
from kiosk.units import Monotonic, WallTime
from kiosk.weighing import decided
from tests.kiosk.fakes import NOON
from tests.kiosk.policy.visitors import reading, shown_pass
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass

AT = Monotonic(5.0)
FROM_ELSEWHERE = frozenset({Need.FORM, Need.CONSENT, Need.FILING})
GREEN = Credential(CredentialKind.HEALTH_TOKEN, Verdict.VALID, health=HealthStatus.GREEN)
BUILDER = Declaration(VisitorKind.RENOVATION)
WORKING_HOURS = WallTime(NOON - 4 * 3600 * 1_000_000)
"""Four in the afternoon in Shanghai, on a Tuesday."""


def builder(bench: Bench) -> Evidence:
    """The evidence of a builder at this gate who has all that is asked for but for the hour."""
    bench.stand(None)
    evidence = bench.runtime._here.evidence
    evidence.facts = replace(evidence.facts, health_code=GREEN)
    evidence.declared(BUILDER, AT)
    evidence.filed(Filing.FILED, AT)
    return evidence


class AtHour(Bench):
    """A gate at a moment of the day."""

    def __init__(self, wall: WallTime, clock: ClockState = ClockState.SYNCHRONISED) -> None:
        super().__init__("response-level-2")
        self.clock.wall = lambda: wall  # type: ignore[method-assign]  # its time stands still
        self.clock.trusted = clock


@pytest.mark.parametrize(
    ("bench", "answer", "reasons"),
    [
        (AtHour(WORKING_HOURS), Answer.ADMIT, ("visitor_green",)),
        (AtHour(NOON), Answer.HOLD, ("outside_hours",)),
        (AtHour(WORKING_HOURS, ClockState.DRIFTING), Answer.ADMIT, ("visitor_green",)),
        (AtHour(WORKING_HOURS, ClockState.NEVER_SET), Answer.HOLD, ("time_unknown",)),
    ],
    ids=["within hours", "at eight in the evening there", "the clock drifts", "the clock was never set"],
)
def test_hours_are_those_of_the_place(bench: AtHour, answer: Answer, reasons: tuple[str, ...]) -> None:
    builder(bench)
    bench.stand(36.6)
    _, decision, _ = bench.recorder.decisions[-1]
    assert (decision.answer, decision.reasons) == (answer, tuple(map(ReasonCode, reasons)))


def test_the_time_is_that_of_the_decision_not_of_the_arrival() -> None:
    bench = Bench("response-level-2")
    bench.scan(signed_pass(VisitorKind.GUEST))
    evidence = bench.runtime._here.evidence
    first = evidence.facts.local_time
    bench.clock.advance(60)
    bench.stand(36.6)
    assert (first, evidence.facts.local_time) == (LocalTime(1, 1200), LocalTime(1, 1201))


def test_without_a_server_form_consent_and_filing_cannot_be_had() -> None:
    bench = Bench("response-level-2", form_base=None)
    assert bench.runtime._here.evidence.facts.unavailable == FROM_ELSEWHERE


def test_while_the_server_is_lost_they_cannot_be_had_and_when_it_is_back_they_can() -> None:
    bench = Bench("response-level-2")
    bench.give(PartHealth(Part.SERVER, False, "no route", bench.clock.monotonic()))
    assert bench.runtime._here.evidence.facts.unavailable == FROM_ELSEWHERE
    bench.give(PartHealth(Part.SERVER, True, "", bench.clock.monotonic()))
    assert bench.runtime._here.evidence.facts.unavailable == frozenset()


def test_without_a_server_an_invited_guest_is_let_in_all_the_same() -> None:
    bench = Bench("normal-times", form_base=None)
    bench.scan(signed_pass(VisitorKind.GUEST))
    assert bench.durable().answer is Answer.ADMIT


def test_who_needs_consent_is_held_at_once_where_nobody_can_be_asked() -> None:
    bench = Bench("response-level-2", form_base=None)
    bench.stand(None)
    evidence = bench.runtime._here.evidence
    evidence.facts = replace(evidence.facts, health_code=GREEN)
    evidence.declared(Declaration(VisitorKind.OTHER), AT)
    bench.stand(36.6)
    assert bench.durable().reasons == ("consent_unavailable",)


def test_what_was_learnt_before_the_server_was_lost_still_counts() -> None:
    evidence = Evidence()
    evidence.declared(BUILDER, AT)
    evidence.consented(Consent.GIVEN, AT)
    evidence.filed(Filing.NO_UNDERTAKING, AT)
    evidence.without(frozenset({Part.SERVER, Part.CAMERA}))
    facts = evidence.facts
    assert (facts.declaration, facts.consent, facts.filing) == (BUILDER, Consent.GIVEN, Filing.NO_UNDERTAKING)
    # Who they are is known from the form: no pass is missing.
    assert facts.unavailable == {Need.HEALTH_CODE}


def test_a_later_answer_takes_the_place_of_an_earlier_one_and_the_first_time_stays() -> None:
    evidence = Evidence()
    for answer, at in ((Consent.GIVEN, AT), (Consent.DECLINED, Monotonic(9.0))):
        evidence.consented(answer, at)
    assert (evidence.facts.consent, evidence.times["consent_received"]) == (Consent.DECLINED, AT)


def test_a_pass_of_the_visitors_is_a_consent_that_no_loss_takes_away() -> None:
    evidence = Evidence()
    evidence.facts = replace(evidence.facts, admission_pass=shown_pass(VisitorKind.GUEST))
    evidence.without(frozenset({Part.SERVER}))
    assert evidence.facts.unavailable == {Need.FORM, Need.FILING}


def test_consent_and_filing_are_recorded_with_the_decision_and_who_somebody_said_they_are() -> None:
    bench = Bench("response-level-2")
    evidence = builder(bench)
    evidence.consented(Consent.GIVEN, AT)
    evidence.measured(reading())
    stamp = Stamp("gate-1", "boot", "1.0", AT, NOON, ClockState.SYNCHRONISED, simulated=True)
    decision = decided(bench.runtime._site.document, evidence.facts, {})
    body = decision_draft(stamp, bench.runtime.visit.id, decision, evidence.facts, evidence.times).body
    assert body["visitor"] == "renovation"
    assert (body["evidence"]["consent"], body["evidence"]["filing"]) == ("given", "filed")
    assert "filing_received" in body["times_us"]


def test_a_health_code_that_is_being_looked_up_is_not_missed_while_the_camera_is_lost() -> None:
    bench = Bench("response-level-2")
    bench.scan(HEALTH_CODE)
    bench.give(PartHealth(Part.EYES, False, "gone", bench.clock.monotonic()))
    assert Need.HEALTH_CODE not in bench.runtime._here.evidence.facts.unavailable
