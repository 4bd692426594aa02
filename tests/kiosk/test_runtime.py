"""The core's loop, with a clock that the test moves and fakes at every port: one visitor, and the next."""

import json

import pytest

from kiosk.bench.specimens import dcc, ec_document_signer
from kiosk.evidence import HealthStatus
from kiosk.inbox import TokenAnswered
from kiosk.link import GateClosed, GateOpened, Passed
from kiosk.model import Answer, ClockState, EventId, GateOutcome, Phase
from kiosk.people import VisitorKind
from kiosk.view import Hint
from tests.kiosk.fakes import NOON, FakeSealer
from tests.kiosk.runtimes import HEALTH_CODE, Bench, admit_resident, come_again, signed_pass


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


def test_a_resident_passes(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.phase() is Phase.COLLECTING
    bench.stand()
    assert bench.phase() is Phase.COMMITTING
    assert bench.gate.opened == []
    assert bench.durable().reasons == ("resident",)
    admission = EventId("gate-1/log/1")
    assert bench.gate.opened == [admission]
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(Passed(admission, bench.clock.now))
    bench.give(GateClosed(admission, True, bench.clock.now))
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.PASSED]
    assert bench.phase() is Phase.IDLE
    assert bench.attention == [True, False]


def test_a_guest_needs_a_green_code_too(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    assert bench.phase() is Phase.COLLECTING
    assert bench.views[-1].wanted == ("health_code",)
    bench.scan(HEALTH_CODE)
    assert bench.phase() is Phase.CHECKING
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN))
    assert bench.durable().reasons == ("guest_green",)
    assert bench.gate.opened


def test_a_certificate_is_a_health_code_that_these_rules_leave_to_the_guard(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.scan(ec_document_signer().text(dcc()).encode())
    assert bench.durable().reasons == ("health_unknown",)
    assert bench.phase() is Phase.AWAITING_GUARD
    _, _, draft = bench.recorder.decisions[-1]
    shown = draft.body["evidence"]["credentials"][-1]
    assert (shown["kind"], shown["verdict"], shown["health"]) == ("dcc", "untrusted_issuer", None)
    assert "GABRIELE" not in str(draft.body).upper()


def test_a_red_code_is_refused_and_a_better_one_may_follow(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.scan(HEALTH_CODE)
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, HealthStatus.RED))
    assert bench.durable().reasons == ("health_red",)
    assert bench.phase() is Phase.AWAITING_GUARD
    bench.scan(HEALTH_CODE + b"2")
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN))
    assert bench.durable("gate-1/log/2").reasons == ("guest_green",)
    assert bench.gate.opened == ["gate-1/log/2"]


def test_an_issuer_without_an_answer_holds_for_the_guard(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.COURIER))
    bench.scan(HEALTH_CODE)
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, None))
    assert bench.durable().reasons == ("health_unavailable",)
    assert bench.phase() is Phase.AWAITING_GUARD
    assert bench.gate.opened == []
    assert [draft.kind for draft in bench.recorder.notes] == ["guard_called"]


def test_a_fever_holds_and_is_not_measured_away(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(38.2)
    assert bench.durable().reasons == ("temperature_high",)
    bench.stand(36.6)
    assert bench.phase() is Phase.AWAITING_GUARD
    assert len(bench.recorder.decisions) == 1


def test_an_expired_pass_says_so(bench: Bench) -> None:
    bench.clock.advance(10)
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT, days=0))
    assert bench.durable().reasons == ("pass_expired",)


def test_a_code_that_is_none_of_ours_gets_an_answer(bench: Bench) -> None:
    bench.scan(b"https://shop.example/menu")
    assert bench.views[-1].hint is Hint.NOT_RECOGNISED
    assert bench.phase() is Phase.COLLECTING


def test_who_walks_away_ends_the_visit_without_an_answer(bench: Bench) -> None:
    bench.stand()
    bench.stand(present=False)
    bench.clock.advance(2.0)
    bench.runtime.tick()
    assert bench.phase() is Phase.IDLE
    assert [draft.body["ending"] for draft in bench.recorder.notes] == ["abandoned"]
    assert bench.recorder.decisions == []


def test_a_code_held_up_after_the_visit_does_not_begin_another(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(GateClosed(admission, False, bench.clock.now))
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.NOT_PASSED]
    bench.clock.advance(0.2)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    assert bench.phase() is Phase.IDLE
    bench.stand(present=False)
    bench.stand()
    assert bench.phase() is Phase.COLLECTING


def test_whoever_steps_in_before_the_spot_is_empty_is_not_let_in_on_the_temperature_of_another(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(GateClosed(admission, True, bench.clock.now))
    bench.clock.advance(0.6)
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    bench.stand()
    assert bench.phase() is Phase.COLLECTING
    bench.stand(present=False)
    bench.stand()
    assert bench.phase() is Phase.COMMITTING


def test_the_gate_hears_the_loop_turn(bench: Bench) -> None:
    for _ in range(10):
        bench.clock.advance(0.15)
        bench.runtime.tick()
    assert bench.gate.beats == 10
    assert bench.runtime.wait_s() <= 0.15


def test_the_record_holds_evidence_and_nothing_that_names_a_person(bench: Bench) -> None:
    admit_resident(bench)
    _, _, draft = bench.recorder.decisions[-1]
    evidence = draft.body["evidence"]
    assert evidence["object_mk"] == 307_650
    assert evidence["credentials"][0]["verdict"] == "valid"
    assert set(draft.body["times_us"]) >= {"presence", "reading", "code_captured", "decided"}
    assert "holder" not in str(draft.body)
    assert (draft.sealed, draft.body["sealed_for"]) == (None, None)


def test_who_the_visitor_is_goes_into_the_sealed_part_alone() -> None:
    sealing = Bench("response-level-2", sealer=FakeSealer())
    sealing.scan(signed_pass(VisitorKind.GUEST, holder="zhang-wei", unit="12-301"))
    sealing.scan(HEALTH_CODE)
    sealing.give(TokenAnswered(sealing.runtime.visit.id, "abcDEF123456", HealthStatus.GREEN))
    sealing.stand()
    _, _, draft = sealing.recorder.decisions[-1]
    assert draft.body["sealed_for"] == "fake-key"
    assert draft.sealed is not None
    assert json.loads(draft.sealed.removeprefix(b"sealed at %d " % NOON)) == {
        "holder": "zhang-wei",
        "unit": "12-301",
        "pass": "01" * 12,
        "health_token_tail": "3456",
    }
    for word in ("zhang", "12-301", "01" * 12, "3456"):
        assert word not in str(draft.body)


def test_nothing_is_sealed_of_whom_nothing_is_known() -> None:
    sealing = Bench("response-level-2", sealer=FakeSealer())
    sealing.stand(38.5)
    _, _, draft = sealing.recorder.decisions[-1]
    assert (draft.sealed, draft.body["sealed_for"]) == (None, None)


def test_a_pass_for_a_single_use_is_refused_the_second_time(bench: Bench) -> None:
    admission = admit_resident(bench)
    assert bench.recorder.spends[-1] is not None
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(Passed(admission, bench.clock.now))
    bench.give(GateClosed(admission, True, bench.clock.now))
    assert bench.recorder.given_back == [False]
    assert come_again(bench, "gate-1/log/3").reasons == ("pass_used",)
    assert bench.recorder.spends[-1] is None
    assert bench.gate.opened == [admission]


def test_a_pass_keeps_its_use_where_nobody_came_in(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(GateClosed(admission, False, bench.clock.now))
    assert bench.recorder.given_back == [True]
    assert come_again(bench, "gate-1/log/3").reasons == ("resident",)


def test_a_pass_means_nothing_to_a_clock_that_was_never_set(bench: Bench) -> None:
    bench.clock.trusted = ClockState.NEVER_SET
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable().reasons == ("clock_unset",)
    assert bench.gate.opened == []


def test_a_fever_is_not_measured_away(bench: Bench) -> None:
    bench.stand(38.4)
    assert bench.durable().reasons == ("temperature_high",)
    bench.clock.advance(1)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(36.6)
    assert bench.phase() is Phase.AWAITING_GUARD
    assert len(bench.recorder.decisions) == 1


def test_a_temperature_is_forgotten_when_its_owner_leaves_the_spot(bench: Bench) -> None:
    bench.stand()
    bench.stand(present=False)
    bench.clock.advance(0.6)
    bench.stand(present=False)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.phase() is Phase.COLLECTING
    bench.stand(38.5)
    assert bench.durable().reasons == ("temperature_high",)


def test_a_second_pass_shown_meanwhile_does_not_save_the_first_from_being_used_up(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    admission = EventId("gate-1/log/1")
    assert bench.durable().reasons == ("resident",)
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(Passed(admission, bench.clock.now))
    bench.give(GateClosed(admission, True, bench.clock.now))
    assert come_again(bench, "gate-1/log/3").reasons == ("pass_used",)


def test_whoever_comes_after_one_who_was_held_is_a_visit_of_their_own(bench: Bench) -> None:
    bench.stand()
    bench.scan(b"GP1:NOT A PASS")
    assert bench.durable().answer is Answer.REFUSE
    bench.stand(present=False)
    bench.clock.advance(0.8)
    bench.stand(present=False)
    bench.clock.advance(0.3)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(39.5)
    assert bench.durable("gate-1/log/2").reasons == ("temperature_high",)
    assert bench.gate.opened == []


def test_a_known_health_code_is_not_made_unknown_by_a_second_one(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.scan(HEALTH_CODE)
    visit = bench.runtime.visit.id
    bench.give(TokenAnswered(visit, bench.resolver.asked[-1][1].token, HealthStatus.RED))
    bench.scan(HEALTH_CODE + b"7")
    bench.give(TokenAnswered(visit, bench.resolver.asked[-1][1].token, None))
    bench.stand()
    assert bench.durable().reasons == ("health_red",)
