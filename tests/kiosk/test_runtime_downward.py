"""The loop under documents that come down, and at a command from afar."""

import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from kiosk import policy
from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import Uses, key_id
from kiosk.credentials.arrivals import Arrival, Arrivals
from kiosk.credentials.issued import NO_LIST, Issued
from kiosk.credentials.revocations import Revocations
from kiosk.in_force import Applied, DocumentRefused, InForce, Renewed
from kiosk.inbox import Recorded
from kiosk.link import GateOpened, GuardAsked
from kiosk.model import Answer, Command, EventId, GateOutcome, Phase, Role
from kiosk.people import Consent, Filing, VisitorKind
from kiosk.policy import PolicyDocument
from kiosk.remote import CommandRefused, RemoteOpen, Unfit
from kiosk.settings import Settings
from kiosk.spent import Spend, UsedElsewhere
from kiosk.staleness import Confirmed, Kind
from kiosk.units import Monotonic, Seconds
from kiosk.view import GuardCall, Step, StepState
from tests.kiosk.fakes import NOON, FakeSealer
from tests.kiosk.runtimes import PUBLIC, Bench, signed_pass, trust_list


def filing_alone() -> PolicyDocument:
    """The rules of response level 2, under which works need to be filed, but neither a health code nor an hour."""
    text = (files("kiosk") / "policies" / "response-level-2.toml").read_text(encoding="utf-8")
    tree = tomllib.loads(text)
    (works,) = [one for one in tree["person"] if one["who"] == ["renovation"]]
    works["needs"] = ["filing"]
    del works["hours"]
    return policy.parse(tree, "response-level-2")


NORMAL = load_policy("shipped:normal-times", Path())
STRICT = load_policy("shipped:response-level-2", Path())
BY_FILING = filing_alone()
RESIDENT = signed_pass(VisitorKind.RESIDENT, uses=Uses.MULTIPLE)
KEY_ID = key_id(PUBLIC).hex()
SERIAL = ("01" * 12,)
COMMAND = Command("c0ffee00" * 4, "Wang Fang", "the courier at the gate")


def in_force(bench: Bench, **changed: object) -> InForce:
    now = Confirmed(NOON, "boot", bench.clock.now)
    base = InForce(NORMAL, trust_list(), confirmed=dict.fromkeys(Kind, now))
    return replace(base, **changed)  # type: ignore[arg-type]  # the test names the fields


def renew(bench: Bench, *applied: Applied, **changed: object) -> None:
    bench.give(Renewed(in_force(bench, **changed), applied))


def admits(bench: Bench) -> list[tuple[str, tuple[str, ...], str]]:
    return [(one.answer, one.reasons, one.policy) for _, one, _ in bench.recorder.decisions]


def test_the_screen_shows_the_notices_of_the_rules_in_force() -> None:
    bench = Bench("normal-times")
    assert bench.views[-1].notices == "normal"
    renew(bench, document=STRICT)
    assert bench.views[-1].notices == "epidemic"


def test_what_a_manager_sets_from_afar_counts_at_once_and_what_is_taken_back_is_as_configured() -> None:
    bench = Bench("normal-times")
    quiet = (("07:00", 80), ("22:00", 0))
    bench.give(GuardAsked(bench.clock.monotonic()))
    bench.clock.advance(10)
    bench.runtime.tick()
    assert (bench.views[-1].guard, bench.views[-1].guard_phone) == (GuardCall.RINGING, None)
    renew(bench, settings=Settings("021 5555 0100", Seconds(5.0), "ko", quiet))
    shown = bench.views[-1]
    assert (shown.guard, shown.guard_phone) == (GuardCall.UNANSWERED, "021 5555 0100")
    assert (shown.site_language, shown.volume) == ("ko", quiet)
    renew(bench)
    shown = bench.views[-1]
    assert (shown.guard, shown.guard_phone, shown.site_language, shown.volume) == (GuardCall.RINGING, None, None, None)


def test_a_pass_that_is_not_on_the_list_is_held_for_the_guard_until_it_is() -> None:
    bench = Bench("normal-times")
    renew(bench, issued=Issued(frozenset({KEY_ID}), frozenset()))
    bench.scan(RESIDENT)
    assert [(answer, reasons) for answer, reasons, _ in admits(bench)] == [("hold", ("pass_not_listed",))]
    bench.durable("gate-1/log/1")
    assert bench.gate.opened == []
    renew(bench, issued=Issued(frozenset({KEY_ID}), frozenset(SERIAL)))
    bench.scan(RESIDENT)
    assert admits(bench)[-1][0] == "admit"


def test_passes_by_keys_that_no_list_is_kept_of_need_to_be_on_none() -> None:
    bench = Bench("normal-times")
    renew(bench, issued=Issued(frozenset({"00" * 8}), frozenset()))
    bench.scan(RESIDENT)
    assert admits(bench)[-1][0] == "admit"


def test_an_old_list_of_passes_holds_only_where_one_is_kept() -> None:
    for issued, answer in ((NO_LIST, "admit"), (Issued(frozenset({KEY_ID}), frozenset(SERIAL)), "hold")):
        bench = Bench("normal-times")
        now = Confirmed(bench.clock.wall(), bench.clock.boot_id(), bench.clock.monotonic())
        renew(bench, issued=issued, confirmed={**dict.fromkeys(Kind, now), Kind.PASSES: None})
        bench.scan(RESIDENT)
        assert admits(bench)[-1][0] == answer


def test_an_invitation_that_was_taken_back_admits_nobody() -> None:
    bench = Bench("normal-times")
    renew(bench, arrivals=Arrivals({SERIAL[0]: Arrival(consent=Consent.DECLINED)}))
    bench.scan(signed_pass(VisitorKind.GUEST))
    assert [(answer, reasons) for answer, reasons, _ in admits(bench)] == [("refuse", ("consent_declined",))]


@pytest.mark.parametrize(
    ("filing", "answers"),
    [
        (None, []),  # it is asked for, and nobody knows
        (Filing.FILED, [("admit", ("visitor_green",))]),
        (Filing.NOT_FILED, [("hold", ("not_filed",))]),
    ],
    ids=str,
)
def test_works_that_are_filed_beforehand_are_let_in(
    filing: Filing | None, answers: list[tuple[str, tuple[str, ...]]]
) -> None:
    bench = Bench("normal-times")
    renew(bench, document=BY_FILING, arrivals=Arrivals({SERIAL[0]: Arrival(filing=filing)}))
    bench.scan(signed_pass(VisitorKind.RENOVATION))
    bench.stand(36.6)
    assert [(answer, reasons) for answer, reasons, _ in admits(bench)] == answers


def test_the_next_visitor_is_decided_under_the_new_policy_without_a_restart() -> None:
    bench = Bench("normal-times")
    renew(bench, document=STRICT)
    bench.scan(RESIDENT)
    assert bench.recorder.decisions == []  # a temperature is wanted now
    bench.stand(36.6)
    assert [policy for _, _, policy in admits(bench)] == [STRICT.name]


def test_a_visit_that_has_begun_ends_under_the_rules_under_which_it_began() -> None:
    bench = Bench("response-level-2")
    bench.scan(RESIDENT)
    renew(bench, document=NORMAL)
    assert bench.recorder.decisions == []
    assert dict(bench.views[-1].steps)[Step.TEMPERATURE] is StepState.WAITING
    bench.stand(36.6)
    assert [policy for _, _, policy in admits(bench)] == [STRICT.name]


def test_what_comes_into_force_and_what_is_refused_is_recorded() -> None:
    bench = Bench("normal-times")
    renew(bench, Applied(Kind.POLICY, 7, "ab" * 32), Applied(Kind.TRUST, 3, "", withdrawn=True))
    bench.give(DocumentRefused("policy", 8, "cd" * 32, "policy: is not TOML"))
    applied, withdrawn, refused = bench.recorder.notes
    assert (applied.kind, applied.body["document"], applied.body["version"]) == ("document_applied", "policy", 7)
    assert (withdrawn.kind, withdrawn.body["version"]) == ("document_withdrawn", 3)
    assert (refused.kind, refused.body["reason"]) == ("document_refused", "policy: is not TOML")


def test_a_pass_that_is_revoked_after_it_was_shown_is_revoked_at_the_decision() -> None:
    bench = Bench("response-level-2")
    bench.scan(RESIDENT)
    renew(bench, document=STRICT, revocations=Revocations(passes=frozenset(SERIAL)))
    bench.stand(36.6)
    ((_, decision, draft),) = bench.recorder.decisions
    assert decision.answer is not Answer.ADMIT
    assert decision.reasons == ("pass_revoked",)
    assert draft.body["evidence"]["credentials"][0]["verdict"] == "revoked"


def test_whoever_signs_no_more_lets_nobody_in() -> None:
    bench = Bench("normal-times")
    renew(bench, revocations=Revocations(issuers=frozenset({"passes"})))
    bench.scan(RESIDENT)
    assert [reasons for _, reasons, _ in admits(bench)] == [("pass_revoked",)]


def test_stale_revocations_hold_a_pass_for_many_uses_until_the_server_vouches_again() -> None:
    bench = Bench("normal-times")
    renew(bench)
    bench.clock.advance(24 * 3600 + 1)
    bench.scan(RESIDENT)
    assert [(answer, reasons) for answer, reasons, _ in admits(bench)] == [("hold", ("revocations_stale",))]
    bench.durable()
    assert bench.phase() is Phase.AWAITING_GUARD
    renew(bench)
    assert admits(bench)[-1][:2] == ("admit", ("resident",))


def test_a_guest_with_a_single_use_is_let_in_all_the_same() -> None:
    bench = Bench("normal-times")
    renew(bench)
    bench.clock.advance(24 * 3600 - 1)
    renew(bench, confirmed={Kind.REVOCATIONS: None, Kind.POLICY: Confirmed(NOON, "boot", bench.clock.now)})
    bench.scan(signed_pass(VisitorKind.GUEST, days=3))
    assert [reasons for _, reasons, _ in admits(bench)] == [("guest",)]


def order(bench: Bench, left_s: float = 10.0, agreed: str | None = None) -> RemoteOpen:
    return RemoteOpen(replace(COMMAND, second=agreed), Monotonic(bench.clock.now + left_s))


def test_a_command_from_afar_opens_once_it_is_recorded_also_where_nobody_is_seen() -> None:
    bench = Bench("response-level-2", sealer=FakeSealer())
    bench.give(order(bench))
    ((_, decision, draft),) = bench.recorder.decisions
    assert (decision.answer, decision.role, decision.reasons) == (Answer.ADMIT, Role.GUARD, ("remote_open",))
    assert draft.body["command"] == COMMAND.id
    assert "Wang" not in repr(draft.body)
    assert draft.sealed is not None
    assert b"Wang Fang" in draft.sealed
    assert bench.gate.opened == []
    bench.durable()
    assert bench.gate.opened == [EventId("gate-1/log/1")]


def test_it_lets_in_whoever_is_held_and_their_pass_is_used_as_ever() -> None:
    bench = Bench("response-level-2")
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.stand(38.9)
    bench.durable("gate-1/log/1")
    assert bench.phase() is Phase.AWAITING_GUARD
    bench.give(order(bench, agreed="Li Wei"))
    assert bench.recorder.spends[-1] is not None
    bench.durable("gate-1/log/2")
    assert bench.gate.opened == [EventId("gate-1/log/2")]


def test_it_lets_in_also_whoevers_pass_has_had_its_use() -> None:
    bench = Bench("normal-times")
    guest = signed_pass(VisitorKind.GUEST)
    bench.scan(guest)
    bench.durable("gate-1/log/1")
    bench.give(GateOpened(EventId("gate-1/log/1"), bench.clock.now))
    bench.clock.advance(5)
    bench.scan(guest)
    assert admits(bench)[-1][1] == ("pass_used",)
    bench.give(order(bench))
    assert bench.recorder.spends[-1] is None


def test_a_late_command_does_nothing_and_is_recorded() -> None:
    bench = Bench("normal-times")
    bench.give(order(bench, 0.0))
    assert (bench.recorder.decisions, bench.phase()) == ([], Phase.IDLE)
    assert [(one.kind, one.body["why"]) for one in bench.recorder.notes] == [("command_refused", "late")]


def test_one_that_is_durable_too_late_never_opens() -> None:
    bench = Bench("normal-times")
    bench.give(order(bench, 3.0))
    bench.clock.advance(3.0)
    visit, decision, _ = bench.recorder.decisions[-1]
    bench.runtime.handle(Recorded(visit, decision, EventId("gate-1/log/1"), bench.clock.now))
    bench.runtime.tick()
    assert bench.gate.opened == []
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.NOT_OPENED]


def test_while_somebody_is_being_let_in_it_is_not_taken() -> None:
    bench = Bench("normal-times")
    bench.scan(RESIDENT)
    bench.give(order(bench))
    assert len(bench.recorder.decisions) == 1
    assert bench.recorder.notes[-1].body["why"] == Unfit.UNDER_WAY


def test_what_was_refused_before_it_reached_the_loop_is_recorded() -> None:
    bench = Bench("normal-times")
    bench.give(CommandRefused(COMMAND.id, Unfit.REPEATED))
    (note,) = bench.recorder.notes
    assert (note.kind, note.body["command"], note.body["why"]) == ("command_refused", COMMAND.id, "repeated")


def test_stale_documents_keep_no_person_from_letting_somebody_in() -> None:
    bench = Bench("normal-times")
    renew(bench, confirmed=dict.fromkeys(Kind))
    bench.give(order(bench))
    bench.durable()
    assert bench.gate.opened == [EventId("gate-1/log/1")]


def test_a_pass_that_another_gate_has_let_in_is_used_here() -> None:
    bench, guest = Bench("normal-times"), signed_pass(VisitorKind.GUEST)
    (spend,) = uses_of(guest)
    bench.give(UsedElsewhere(spend.mark, used=True))
    bench.scan(guest)
    assert [reasons for _, reasons, _ in admits(bench)] == [("pass_used",)]
    assert bench.gate.opened == []


def test_a_use_that_another_gate_gives_back_can_be_made_here() -> None:
    bench, guest = Bench("normal-times"), signed_pass(VisitorKind.GUEST)
    (spend,) = uses_of(guest)
    bench.give(UsedElsewhere(spend.mark, used=True))
    bench.give(UsedElsewhere(spend.mark, used=False))
    bench.scan(guest)
    bench.durable()
    assert bench.gate.opened == [EventId("gate-1/log/1")]
    _, _, draft = bench.recorder.decisions[-1]
    assert draft.body["spends"] == spend.mark


def uses_of(shown: bytes) -> list[Spend]:
    """The use that an admission on this pass would make."""
    bench = Bench("normal-times")
    bench.scan(shown)
    return [spend for spend in bench.recorder.spends if spend is not None]
