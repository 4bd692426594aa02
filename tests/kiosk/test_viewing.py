"""What the screen shows: total over every visit and evidence, true to the facts, and without anybody's name."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.bootstrap.documents import load_policy
from kiosk.credentials import HealthToken, TrustList
from kiosk.deadlines import LIMITS
from kiosk.documents import decode_toml
from kiosk.evidence import Credential, CredentialKind, HealthStatus, Reading, Verdict
from kiosk.facts import Evidence
from kiosk.link import MAX_MESSAGE, ViewChanged
from kiosk.model import Answer, Decision, EventId, Facts, Need, Part, Phase, ReasonCode, Role, VisitId
from kiosk.people import VisitorKind
from kiosk.site import Site
from kiosk.units import Celsius, Monotonic, Seconds
from kiosk.view import GuardCall, Hint, OwnCard, ParkedTicket, Step, StepState, View
from kiosk.viewing import ALPHABET, SETTLED, SHORT, Surroundings, Viewpoint, parked_ticket, served, short_code
from kiosk.visit import Visit
from tests.kiosk.fakes import FakeFormLinks

HOLDER, SERIAL = "310101199001011234", "serial-0001"
NOW = Monotonic(1000.0)
VISIT = VisitId("00112233aabbccdd")


def site_of(name: str, **more: object) -> Site:
    document = load_policy(f"shipped:{name}", Path())
    site = Site("gate-1", "1.0", True, Seconds(0.8), document, TrustList(), "https://gatepost.example/f/")
    site = replace(site, form_links=FakeFormLinks())
    return replace(site, **more)  # type: ignore[arg-type]  # a test names the fields of Site


CHECK = Viewpoint(site_of("response-level-2"))
NORMAL = Viewpoint(site_of("normal-times"))


def reading(body_c: float = 36.6, samples: int = 3) -> Reading:
    return Reading(Celsius(34.5), Celsius(22.0), Celsius(body_c), Celsius(0.3), samples, "factory", NOW, NOW)


def shown_pass(verdict: Verdict = Verdict.VALID, visitor: VisitorKind = VisitorKind.GUEST) -> Credential:
    return Credential(CredentialKind.PASS, verdict, "passes", "k1", HOLDER, visitor, serial=SERIAL)


def health_code(health: HealthStatus = HealthStatus.GREEN) -> Credential:
    return Credential(CredentialKind.HEALTH_TOKEN, Verdict.VALID, "health", holder=HOLDER, health=health)


readings = st.builds(reading, st.floats(30, 45, allow_nan=False), st.integers(1, 12))
passes = st.builds(shown_pass, st.sampled_from(Verdict), st.sampled_from(VisitorKind))
codes = st.builds(health_code, st.sampled_from(HealthStatus))
needs = st.frozensets(st.sampled_from(Need))
facts = st.builds(
    Facts,
    reading=st.none() | readings,
    admission_pass=st.none() | passes,
    health_code=st.none() | codes,
    pending=st.sampled_from([frozenset(), frozenset({Need.HEALTH_CODE})]),
    unavailable=needs,
    pass_used=st.booleans(),
)
decisions = st.builds(
    Decision,
    st.sampled_from(Answer),
    st.just((ReasonCode("because"),)),
    st.sampled_from(["fever", "guest-green", "health-red", "camera-lost", "default", "no such rule"]),
    st.just("response-level-2@1"),
    st.sampled_from(Role),
)
moments = st.none() | st.floats(900, 1100).map(Monotonic)
visits = st.builds(
    Visit,
    st.just(VISIT),
    st.sampled_from(Phase),
    deadline=moments,
    decision=st.none() | decisions,
    admission=st.none() | st.just(EventId("gate-1/log/1")),
    left=st.booleans(),
    wanted=needs,
    extended=st.integers(0, 3),
    called_at=moments,
)
evidences = st.builds(
    Evidence,
    facts=facts,
    seen=st.dictionaries(st.just(HOLDER.encode()), st.just(NOW)),
    asked=st.dictionaries(st.just("abcDEF"), st.just(HealthToken("abcDEF", "health"))),
)
surroundings = st.builds(
    Surroundings,
    lost=st.dictionaries(st.sampled_from(Part), st.just(NOW)),
    in_field=st.booleans(),
    hint=st.none() | st.sampled_from(Hint),
    code_taken_at=moments,
    parked=st.none() | st.just(ParkedTicket("ABC234", NOW)),
)
viewpoints = st.sampled_from([CHECK, NORMAL])


def state_of(view: View, step: Step) -> StepState:
    return dict(view.steps)[step]


@given(viewpoints, visits, evidences, surroundings)
def test_every_visit_has_a_view_that_travels_and_names_nobody(
    viewpoint: Viewpoint, visit: Visit, evidence: Evidence, around: Surroundings
) -> None:
    view = viewpoint.view(visit, evidence, around, NOW)
    packed = msgspec.msgpack.encode(view)
    assert msgspec.msgpack.decode(packed, type=View) == view
    assert HOLDER.encode() not in packed
    assert SERIAL.encode() not in packed
    assert [step for step, _ in view.steps] == list(Step)
    assert view.answer is not Answer.ADMIT or visit.admission is not None


RANK = {StepState.WAITING: 0, StepState.UNAVAILABLE: 0, StepState.NOT_NEEDED: 0, StepState.ACTIVE: 1, StepState.DONE: 2}


@given(viewpoints, visits, facts, readings, passes)
def test_a_step_never_goes_back_because_more_is_known(
    viewpoint: Viewpoint, visit: Visit, before: Facts, measured: Reading, found: Credential
) -> None:
    visit = replace(visit, decision=None)
    more = replace(
        before,
        reading=before.reading or measured,
        admission_pass=before.admission_pass or found,
        unavailable=before.unavailable - {Need.TEMPERATURE, Need.PASS},
    )
    early, late = (viewpoint.view(visit, Evidence(one), Surroundings(), NOW) for one in (before, more))
    for step in (Step.TEMPERATURE, Step.CODE):
        assert RANK[state_of(early, step)] <= RANK[state_of(late, step)]


def collecting(*wanted: Need) -> Visit:
    return Visit(VISIT, Phase.COLLECTING, Monotonic(NOW + 30), wanted=frozenset(wanted))


def decided(viewpoint: Viewpoint, site_name: str, known: Facts) -> Visit:
    """The visit that the rules have answered on these facts, durably."""
    answer = policy.evaluate(site_of(site_name).document, known)
    assert isinstance(answer, Decision)
    phase = Phase.OPENING if answer.answer is Answer.ADMIT else Phase.AWAITING_GUARD
    return Visit(VISIT, phase, Monotonic(NOW + 30), answer, EventId("gate-1/log/1"))


@pytest.mark.parametrize(
    ("known", "temperature", "code"),
    [
        (Facts(reading(), shown_pass(), health_code()), StepState.DONE, StepState.DONE),
        (Facts(reading(38.2)), StepState.NOT_IN_ORDER, StepState.WAITING),
        (Facts(reading(38.2), shown_pass()), StepState.NOT_IN_ORDER, StepState.DONE),
        (Facts(reading(), shown_pass(Verdict.EXPIRED)), StepState.DONE, StepState.NOT_IN_ORDER),
        (Facts(reading(), shown_pass(), pass_used=True), StepState.DONE, StepState.NOT_IN_ORDER),
        (Facts(reading(), shown_pass(), health_code(HealthStatus.RED)), StepState.DONE, StepState.NOT_IN_ORDER),
        (Facts(unavailable=frozenset({Need.TEMPERATURE})), StepState.UNAVAILABLE, StepState.WAITING),
        (Facts(reading(), unavailable=frozenset({Need.PASS})), StepState.DONE, StepState.UNAVAILABLE),
        (Facts(reading(), shown_pass(), unavailable=frozenset({Need.HEALTH_CODE})), StepState.DONE, StepState.UNAVAILABLE),
    ],
    ids=["in order", "fever", "fever with pass", "expired", "used", "red", "no thermometer", "no camera", "no issuer"],
)
def test_the_rule_that_decided_says_which_step_is_not_in_order(known: Facts, temperature: StepState, code: StepState) -> None:
    view = CHECK.view(decided(CHECK, "response-level-2", known), Evidence(known), Surroundings(), NOW)
    assert (state_of(view, Step.TEMPERATURE), state_of(view, Step.CODE)) == (temperature, code)


def test_a_guards_own_answer_finds_no_fault_with_a_step() -> None:
    known = Facts(reading(38.2), shown_pass())
    by_guard = Decision(Answer.REFUSE, (ReasonCode("asked_to_leave"),), "fever", "response-level-2@1", Role.GUARD)
    visit = Visit(VISIT, Phase.AWAITING_GUARD, NOW, by_guard)
    view = CHECK.view(visit, Evidence(known), Surroundings(), NOW)
    assert state_of(view, Step.TEMPERATURE) is StepState.DONE


def test_a_lost_camera_does_not_matter_to_whoever_needs_no_more_code() -> None:
    known = Facts(reading(), shown_pass(visitor=VisitorKind.RESIDENT), unavailable=frozenset({Need.HEALTH_CODE}))
    view = CHECK.view(decided(CHECK, "response-level-2", known), Evidence(known), Surroundings(), NOW)
    assert state_of(view, Step.CODE) is StepState.DONE


def test_what_the_rules_never_ask_for_is_not_needed() -> None:
    view = NORMAL.view(collecting(Need.PASS), Evidence(), Surroundings(in_field=True), NOW)
    assert state_of(view, Step.TEMPERATURE) is StepState.NOT_NEEDED
    assert state_of(view, Step.CODE) is StepState.WAITING
    assert state_of(view, Step.FORM) is StepState.NOT_NEEDED


def test_a_step_goes_from_waiting_by_active_to_done() -> None:
    wanted = collecting(Need.TEMPERATURE, Need.PASS)
    assert state_of(CHECK.view(wanted, Evidence(), Surroundings(), NOW), Step.TEMPERATURE) is StepState.WAITING
    active = CHECK.view(wanted, Evidence(), Surroundings(in_field=True), NOW)
    assert state_of(active, Step.TEMPERATURE) is StepState.ACTIVE
    half = CHECK.view(collecting(Need.HEALTH_CODE), Evidence(Facts(reading(), shown_pass())), Surroundings(), NOW)
    assert state_of(half, Step.TEMPERATURE) is StepState.DONE
    assert state_of(half, Step.CODE) is StepState.ACTIVE
    asked = Facts(reading(), shown_pass(), pending=frozenset({Need.HEALTH_CODE}))
    checking = replace(collecting(), phase=Phase.CHECKING)
    assert state_of(CHECK.view(checking, Evidence(asked), Surroundings(), NOW), Step.CODE) is StepState.ACTIVE


def test_a_code_whose_issuer_did_not_answer_is_unavailable_before_the_temperature_is_there() -> None:
    evidence = Evidence(Facts(admission_pass=shown_pass(), unavailable=frozenset({Need.HEALTH_CODE})))
    assert state_of(CHECK.view(collecting(Need.TEMPERATURE), evidence, Surroundings(), NOW), Step.CODE) is StepState.DONE
    evidence.asked["abc"] = HealthToken("abc", "health")
    assert (
        state_of(CHECK.view(collecting(Need.TEMPERATURE), evidence, Surroundings(), NOW), Step.CODE) is StepState.UNAVAILABLE
    )


def test_a_temperature_settles_with_its_samples_or_with_the_answer_that_used_it() -> None:
    def settled(visit: Visit, samples: int) -> bool:
        measured = CHECK.view(visit, Evidence(Facts(reading(samples=samples))), Surroundings(), NOW).measured
        assert measured is not None
        return measured.settled

    assert not settled(collecting(Need.PASS), SETTLED - 1)
    assert settled(collecting(Need.PASS), SETTLED)
    assert settled(decided(CHECK, "response-level-2", Facts(reading(38.0))), 3)
    assert CHECK.view(collecting(), Evidence(), Surroundings(), NOW).measured is None


def test_an_admission_is_told_once_it_is_durable_and_a_refusal_at_once() -> None:
    known = Facts(reading(), shown_pass(visitor=VisitorKind.RESIDENT))
    admitted = replace(decided(CHECK, "response-level-2", known), admission=None, phase=Phase.COMMITTING)
    view = CHECK.view(admitted, Evidence(known), Surroundings(), NOW)
    assert (view.answer, view.reasons) == (None, ())
    durable = replace(admitted, admission=EventId("gate-1/log/1"), phase=Phase.OPENING)
    assert CHECK.view(durable, Evidence(known), Surroundings(), NOW).reasons == ("resident",)
    known = Facts(reading(), shown_pass(Verdict.EXPIRED))
    refused = replace(decided(CHECK, "response-level-2", known), admission=None)
    assert CHECK.view(refused, Evidence(known), Surroundings(), NOW).answer is Answer.REFUSE


def test_what_the_rules_themselves_say_for_the_reason_is_in_the_view() -> None:
    words = {language: f"{language}!" for language in policy.LANGUAGES}
    own = policy.OwnWords(words, words, words, policy.Contact.NONE)
    document = replace(NORMAL.document, words={ReasonCode("side_gate"): own})
    for reason, said in (("side_gate", tuple(words.items())), ("guest", ())):
        held = Decision(Answer.HOLD, (ReasonCode(reason), ReasonCode("side_gate")), "rule", "p@1")
        visit = Visit(VISIT, Phase.AWAITING_GUARD, decision=held)
        view = Viewpoint(NORMAL.site, document).view(visit, Evidence(), Surroundings(), NOW)
        assert view.own_words == said


def test_a_documents_own_cards_come_with_whoever_is_stopped_and_travel() -> None:
    def said(what: str) -> dict[str, str]:
        return {language: f"{what} {language}" for language in policy.LANGUAGES}

    own = policy.OwnWords(said("visitor"), said("say"), said("do"), policy.Contact.PROPERTY_OFFICE)
    document = replace(NORMAL.document, words={ReasonCode("side_gate"): own, ReasonCode("other_gate"): own})
    held = Decision(Answer.HOLD, (ReasonCode("guest"), ReasonCode("side_gate")), "rule", "p@1")
    visit = Visit(VISIT, Phase.AWAITING_GUARD, decision=held)
    viewpoint = Viewpoint(NORMAL.site, document)
    view = viewpoint.view(visit, Evidence(), Surroundings(), NOW)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(view), type=View) == view
    (card,) = view.own_cards
    assert (card.reason, card.call) == ("side_gate", "property_office")
    assert [dict(lines) for lines in (card.visitor, card.say, card.do)] == [said("visitor"), said("say"), said("do")]
    let_in = replace(held, answer=Answer.ADMIT)
    admitted = replace(visit, phase=Phase.OPENING, decision=let_in, admission=EventId("gate-1/log/1"))
    assert viewpoint.view(admitted, Evidence(), Surroundings(), NOW).own_cards == ()


def test_a_documents_own_notices_are_shown_while_nobody_is_here() -> None:
    notice = {language: f"notice {language}" for language in policy.LANGUAGES}
    site = replace(NORMAL.site, document=replace(NORMAL.document, own_notices=(notice,)))
    viewpoint = Viewpoint(site)
    idle = viewpoint.view(Visit(VISIT, Phase.IDLE), Evidence(), Surroundings(), NOW)
    assert [dict(each) for each in idle.own_notices] == [notice]
    assert viewpoint.view(Visit(VISIT, Phase.COLLECTING), Evidence(), Surroundings(), NOW).own_notices == ()
    assert CHECK.view(Visit(VISIT, Phase.IDLE), Evidence(), Surroundings(), NOW).own_notices == ()


def test_a_guards_card_has_the_rules_own_words_for_each_reason_that_stops_somebody() -> None:
    words = {language: f"{language}!" for language in policy.LANGUAGES}
    own = policy.OwnWords(words, words, words, policy.Contact.PROPERTY_OFFICE)
    document = replace(NORMAL.document, words={ReasonCode(code): own for code in ("side_gate", "by_day")})
    held = Decision(Answer.HOLD, (ReasonCode("guest"), ReasonCode("side_gate"), ReasonCode("by_day")), "rule", "p@1")
    viewpoint = Viewpoint(NORMAL.site, document)
    shown = viewpoint.view(Visit(VISIT, Phase.AWAITING_GUARD, decision=held), Evidence(), Surroundings(), NOW).own_cards
    lines = tuple(words.items())
    assert shown == tuple(
        OwnCard(ReasonCode(code), lines, lines, lines, "property_office") for code in ("side_gate", "by_day")
    )
    admitted = Visit(VISIT, Phase.OPEN, decision=replace(held, answer=Answer.ADMIT), admission=EventId("d/l/1"))
    assert viewpoint.view(admitted, Evidence(), Surroundings(), NOW).own_cards == ()


def test_the_largest_card_of_the_sites_own_fits_into_one_message() -> None:
    longest = dict.fromkeys(policy.LANGUAGES, "門" * 160)
    own = policy.OwnWords(longest, longest, longest, policy.Contact.PROPERTY_OFFICE)
    reasons = tuple(ReasonCode(f"reason_{number}") for number in range(40))
    document = replace(NORMAL.document, words=dict.fromkeys(reasons, own))
    held = Visit(VISIT, Phase.AWAITING_GUARD, decision=Decision(Answer.HOLD, reasons, "rule", "p@1"))
    view = Viewpoint(NORMAL.site, document).view(held, Evidence(), Surroundings(), NOW)
    assert 0 < len(view.own_cards) < len(reasons)
    assert len(msgspec.msgpack.encode(ViewChanged(view))) < MAX_MESSAGE


def test_the_form_is_where_the_server_is_and_lasts_until_a_parked_visit_expires() -> None:
    waiting = Visit(VISIT, Phase.AWAITING_FORM, Monotonic(NOW + 45))
    view = CHECK.view(waiting, Evidence(), Surroundings(), NOW)
    assert view.form is not None
    assert view.form.url == f"https://gatepost.example/f/token-{VISIT}"
    assert view.form.short == f"gatepost.example/f/{short_code(VISIT)}"
    assert view.form.expires_at == NOW + 45 + LIMITS[Phase.PARKED]
    assert state_of(view, Step.FORM) is StepState.ACTIVE
    assert view.ends_at == NOW + 45
    assert Viewpoint(site_of("response-level-2", form_base=None)).view(waiting, Evidence(), Surroundings(), NOW).form is None


def test_a_pass_that_the_form_has_become_makes_the_form_done() -> None:
    found = replace(shown_pass(), holder=VISIT)
    view = CHECK.view(collecting(Need.TEMPERATURE), Evidence(Facts(admission_pass=found)), Surroundings(), NOW)
    assert state_of(view, Step.FORM) is StepState.DONE


def test_a_form_is_offered_wherever_it_can_be_asked_for() -> None:
    offered = {phase for phase in Phase if CHECK.view(Visit(VISIT, phase, NOW), Evidence(), Surroundings(), NOW).form}
    assert offered == {
        Phase.APPROACHING,
        Phase.COLLECTING,
        Phase.CHECKING,
        Phase.AWAITING_FORM,
        Phase.AWAITING_CONSENT,
    }


def test_a_call_rings_until_nobody_answers_and_then_there_is_a_number_to_call() -> None:
    viewpoint = Viewpoint(site_of("response-level-2", guard_answers_s=Seconds(60.0), guard_phone="8001"))
    called = replace(collecting(), called_at=NOW)
    ringing = viewpoint.view(called, Evidence(), Surroundings(), Monotonic(NOW + 59.9))
    assert (ringing.guard, ringing.guard_phone) == (GuardCall.RINGING, None)
    silent = viewpoint.view(called, Evidence(), Surroundings(), Monotonic(NOW + 60))
    assert (silent.guard, silent.guard_phone) == (GuardCall.UNANSWERED, "8001")
    assert viewpoint.view(collecting(), Evidence(), Surroundings(), NOW).guard is None


def test_without_the_server_nobody_hears_the_call_and_the_number_is_shown_at_once() -> None:
    viewpoint = Viewpoint(site_of("response-level-2", guard_phone="8001"))
    alone = Surroundings({Part.SERVER: Monotonic(900.0)})
    view = viewpoint.view(replace(collecting(), called_at=NOW), Evidence(), alone, NOW)
    assert (view.guard, view.guard_phone) == (GuardCall.RINGING, "8001")
    assert (view.server_lost_at, view.lost) == (900.0, (Part.SERVER,))
    assert viewpoint.view(collecting(), Evidence(), alone, NOW).guard_phone is None


def test_hints_are_for_those_who_can_still_do_something_about_it() -> None:
    for phase in (Phase.IDLE, Phase.OPENING, Phase.OPEN, Phase.PASSED, Phase.ENDED, Phase.PARKED):
        assert CHECK.view(Visit(VISIT, phase), Evidence(), Surroundings(hint=Hint.HOLD_STILL), NOW).hint is None
    assert CHECK.view(collecting(), Evidence(), Surroundings(hint=Hint.HOLD_STILL), NOW).hint is Hint.HOLD_STILL


def test_a_parked_visit_is_named_by_a_short_code_until_it_expires() -> None:
    parked = Visit(VISIT, Phase.PARKED, Monotonic(NOW + 600))
    assert parked_ticket(parked) == ParkedTicket(short_code(VISIT), Monotonic(NOW + 600))
    assert parked_ticket(collecting()) is None


@given(st.text(alphabet="0123456789abcdef", min_size=16, max_size=16))
def test_a_short_code_can_be_read_said_and_typed(visit: str) -> None:
    code = short_code(VisitId(visit))
    assert len(code) == SHORT
    assert set(code) <= set(ALPHABET)
    assert code == short_code(VisitId(visit))
    for alike in ("0O", "1IL", "2Z", "5S", "8B"):
        assert len(set(alike) & set(ALPHABET)) <= 1


def test_short_codes_tell_visits_apart() -> None:
    assert len({short_code(VisitId(f"{number:016x}")) for number in range(2000)}) == 2000


def test_a_scan_serves_what_it_brings_or_begins_to_bring() -> None:
    before = Facts(reading())
    assert served(before, before) == frozenset()
    assert served(before, replace(before, admission_pass=shown_pass())) == {Need.PASS}
    assert served(before, replace(before, pending=frozenset({Need.HEALTH_CODE}))) == {Need.HEALTH_CODE}
    assert served(before, replace(before, health_code=health_code())) == {Need.HEALTH_CODE}


OWN_RULES = """
schema = 1
id = "own"
version = 3
[title]
zh = "自"
en = "Own"
ja = "独"
ko = "자"
[[rule]]
id = "cold"
when = { temperature_below = 34.0 }
then = "hold"
reason = "come_in_from_the_cold"
[[rule]]
id = "courier-to-the-side"
when = { visitor = ["courier"], pass = ["valid"] }
then = "refuse"
reason = "couriers_to_the_side_gate"
[[rule]]
id = "all"
when = { always = true }
then = "admit"
reason = "welcome"
"""


def test_a_documents_own_reasons_are_understood_by_what_its_rules_ask(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN_RULES, encoding="utf-8")
    document = policy.parse(decode_toml(path, dict[str, object]), str(path))
    viewpoint = Viewpoint(site_of("normal-times", document=document))

    def states(known: Facts) -> tuple[StepState, StepState]:
        answer = policy.evaluate(document, known)
        assert isinstance(answer, Decision)
        visit = Visit(VISIT, Phase.AWAITING_GUARD, NOW, answer)
        view = viewpoint.view(visit, Evidence(known), Surroundings(), NOW)
        return state_of(view, Step.TEMPERATURE), state_of(view, Step.CODE)

    assert states(Facts(reading(32.0))) == (StepState.NOT_IN_ORDER, StepState.WAITING)
    # Who somebody is, is no fault of the pass that says so.
    courier = Facts(reading(), shown_pass(visitor=VisitorKind.COURIER))
    assert states(courier) == (StepState.DONE, StepState.DONE)
