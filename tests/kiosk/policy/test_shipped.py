"""What holds for every document that ships, and what each of the others than response level 2 says."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.evidence import Credential, Reading, Verdict
from kiosk.model import Answer, Decision, Facts, LocalTime, Need
from kiosk.people import OF_THE_HOUSE, Consent, Declaration, Filing, Stay, VisitorKind
from kiosk.policy import check
from kiosk.units import Celsius
from tests.kiosk.policy.visitors import (
    GREEN,
    GUEST,
    NOON,
    POLICIES,
    SHIPPED,
    VISITORS,
    certificates,
    facts_known,
    facts_met,
    reading,
    shown_code,
    shown_pass,
    without,
)
from ui.cards import reasons_with_words

MEASURING = [name for name, document in SHIPPED.items() if "temperature-raised" in {rule.id for rule in document.rules}]
GOOD: dict[str, object] = {
    "reading": reading(),
    "health_code": GREEN,
    "declaration": Declaration(),
    "consent": Consent.GIVEN,
    "filing": Filing.FILED,
    "local_time": NOON,
}
"""Facts with which nothing is wrong."""


def decided(name: str, facts: Facts) -> Decision:
    found = policy.evaluate(SHIPPED[name], facts)
    assert isinstance(found, Decision), found
    return found


def told(kind: VisitorKind, **more: object) -> Facts:
    """Somebody with whom nothing is wrong."""
    house = kind in OF_THE_HOUSE
    facts = Facts(admission_pass=shown_pass(kind) if house else None, **GOOD)  # type: ignore[arg-type]  # fields by name
    if not house:
        facts = replace(facts, declaration=Declaration(kind))
    return replace(facts, **more)  # type: ignore[arg-type]  # fields by name


def test_four_documents_are_shipped() -> None:
    assert set(SHIPPED) == {"normal-times", "response-level-1", "response-level-2", "office-tower"}
    assert all(document.id == name for name, document in SHIPPED.items())
    assert MEASURING == ["office-tower", "response-level-1", "response-level-2"]


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_found_wrong_with_a_shipped_document(name: str) -> None:
    assert check.findings(SHIPPED[name], reasons_with_words()) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_document_says_all_that_goes_with_it(name: str) -> None:
    document = SHIPPED[name]
    assert document.site is (policy.SiteKind.OFFICE if name == "office-tower" else policy.SiteKind.RESIDENTIAL)
    assert document.zone == "Asia/Shanghai"
    assert document.notices == ("normal" if name == "normal-times" else "epidemic")
    assert document.retention_days == (90 if name == "normal-times" else 30)


@pytest.mark.parametrize("name", [name for name, document in SHIPPED.items() if "travel_listed" in document.reasons])
def test_whatever_regions_a_shipped_document_lists_are_marked_as_assumed(name: str) -> None:
    before, _, _ = (POLICIES / f"{name}.toml").read_text(encoding="utf-8").partition("[travel]")
    assert "Assumed:" in before.rpartition("\n\n")[2]


def test_level_two_follows_level_one_at_midnight() -> None:
    one, two = SHIPPED["response-level-1"], SHIPPED["response-level-2"]
    assert one.ends_at == two.begins_at == 1_584_979_200_000_000  # 2020-03-23 16:00 UTC
    assert check.between([two, one]) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_nobody_is_admitted_of_whom_nothing_is_known(name: str) -> None:
    for count in range(len(Need) + 1):
        for lost in combinations(Need, count):
            match policy.evaluate(SHIPPED[name], Facts(unavailable=frozenset(lost))):
                case Decision(answer=answer):
                    assert answer is not Answer.ADMIT


@pytest.mark.parametrize("name", SHIPPED)
@given(facts=facts_met)
def test_whoever_is_admitted_has_a_valid_pass_or_is_a_visitor_who_told_who_they_are(name: str, facts: Facts) -> None:
    match policy.evaluate(SHIPPED[name], facts):
        case Decision(answer=Answer.ADMIT):
            if facts.admission_pass is None:
                assert facts.declaration is not None
                assert facts.declaration.visitor in VISITORS
            else:
                assert facts.admission_pass.verdict is Verdict.VALID
                assert not facts.pass_used


high = st.builds(
    lambda body, reading: replace(reading, body_c=Celsius(body)),
    st.floats(37.3, 45) | st.just(float("nan")),
    st.builds(reading, st.just(36.5), st.integers(1, 12), st.floats(-10, 45), st.floats(0.1, 2)),
)


@pytest.mark.parametrize("name", MEASURING)
@given(facts=facts_met, kind=st.sampled_from(VisitorKind), abnormal=high, good=st.booleans())
def test_an_abnormal_temperature_never_admits(
    name: str, facts: Facts, kind: VisitorKind, abnormal: Reading, good: bool
) -> None:
    facts = told(kind, reading=abnormal) if good else replace(facts, reading=abnormal)
    match policy.evaluate(SHIPPED[name], facts):
        case Decision(answer=answer):
            assert answer is not Answer.ADMIT


@pytest.mark.parametrize("name", MEASURING)
@given(facts=facts_known)
def test_nobody_is_admitted_unmeasured(name: str, facts: Facts) -> None:
    for unmeasured in (replace(facts, reading=None), replace(facts, unavailable=frozenset({Need.TEMPERATURE}))):
        match policy.evaluate(SHIPPED[name], unmeasured):
            case Decision(answer=answer):
                assert answer is not Answer.ADMIT


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("kind", VisitorKind)
def test_a_fact_that_is_in_order_never_costs_an_admission(name: str, kind: VisitorKind) -> None:
    whole = told(kind)
    optional = [fact for fact in GOOD if fact != "declaration" or kind in OF_THE_HOUSE]
    admitted = 0
    for count in range(len(optional) + 1):
        for missing in combinations(optional, count):
            before = policy.evaluate(SHIPPED[name], without(whole, missing))
            if isinstance(before, Decision) and before.answer is Answer.ADMIT:
                admitted += 1
                for fact in missing:
                    fewer = {other for other in missing if other != fact}
                    after = policy.evaluate(SHIPPED[name], without(whole, fewer))
                    assert after == before, (missing, fact)
    assert admitted or decided(name, whole).answer is not Answer.ADMIT


@pytest.mark.parametrize("name", MEASURING)
@given(shown=certificates)
def test_a_certificate_alone_lets_nobody_in(name: str, shown: Credential) -> None:
    facts = Facts(reading(), GUEST, shown, declaration=Declaration())
    assert decided(name, facts).answer is not Answer.ADMIT


@pytest.mark.parametrize("name", SHIPPED)
def test_every_bad_verdict_has_a_reason_of_its_own(name: str) -> None:
    bad = [verdict for verdict in Verdict if verdict is not Verdict.VALID]
    reasons = {decided(name, Facts(reading(), shown_pass(None, verdict), GREEN)).reasons[0] for verdict in bad}
    assert len(reasons) == len(bad)


@pytest.mark.parametrize("name", SHIPPED)
@given(facts=facts_known)
def test_a_stop_can_always_be_overridden_by_people(name: str, facts: Facts) -> None:
    match policy.evaluate(SHIPPED[name], facts):
        case Decision(answer=answer, reasons=reasons):
            assume(answer is not Answer.ADMIT)
            assert policy.override(SHIPPED[name], reasons) is not policy.Override.NOBODY


LEVEL_1: dict[VisitorKind, tuple[Answer, str]] = {
    VisitorKind.RESIDENT: (Answer.ADMIT, "resident"),
    VisitorKind.STAFF: (Answer.ADMIT, "staff_green"),
    VisitorKind.GUEST: (Answer.REFUSE, "closed_management"),
    VisitorKind.COURIER: (Answer.REFUSE, "deliver_at_point"),
    VisitorKind.DOMESTIC_HELP: (Answer.REFUSE, "closed_management"),
    VisitorKind.UTILITY_REPAIR: (Answer.ADMIT, "visitor_green"),
    VisitorKind.ESTATE_AGENT: (Answer.REFUSE, "closed_management"),
    VisitorKind.RENOVATION: (Answer.REFUSE, "closed_management"),
    VisitorKind.OTHER: (Answer.REFUSE, "closed_management"),
}


@pytest.mark.parametrize("kind", VisitorKind)
def test_under_closed_management(kind: VisitorKind) -> None:
    found = decided("response-level-1", told(kind))
    assert (found.answer, found.reasons) == (LEVEL_1[kind][0], (LEVEL_1[kind][1],))


@pytest.mark.parametrize("kind", VISITORS)
def test_a_pass_does_not_open_closed_management(kind: VisitorKind) -> None:
    found = decided("response-level-1", told(kind, admission_pass=shown_pass(kind)))
    assert (found.answer, found.reasons) == (LEVEL_1[kind][0], (LEVEL_1[kind][1],))


@pytest.mark.parametrize("kind", VisitorKind)
def test_in_normal_times_health_is_nobodys_business(kind: VisitorKind) -> None:
    for facts in (told(kind), told(kind, reading=reading(39.0), health_code=None), told(kind, reading=None)):
        assert decided("normal-times", facts).answer is Answer.ADMIT


@pytest.mark.parametrize("kind", [kind for kind in VISITORS if kind not in {VisitorKind.COURIER, VisitorKind.RENOVATION}])
def test_in_normal_times_a_visitor_without_consent_is_not_let_in(kind: VisitorKind) -> None:
    assert decided("normal-times", told(kind, consent=Consent.DECLINED)).reasons == ("consent_declined",)


OFFICE: dict[str, tuple[Facts, Answer, str]] = {
    "staff, nothing more": (Facts(reading(), shown_pass(VisitorKind.STAFF)), Answer.ADMIT, "staff"),
    "staff, high": (Facts(reading(37.5), shown_pass(VisitorKind.STAFF)), Answer.HOLD, "temperature_high"),
    "an invited guest who acknowledged the notice": (
        Facts(reading(), GUEST, GREEN, declaration=Declaration()),
        Answer.ADMIT,
        "guest_green",
    ),
    "a guest whose form cannot be had": (
        Facts(reading(), GUEST, GREEN, unavailable=frozenset({Need.FORM})),
        Answer.HOLD,
        "form_unavailable",
    ),
    "a guest from a listed region": (
        Facts(reading(), GUEST, GREEN, declaration=Declaration(stays=(Stay("CN-HB", 2),))),
        Answer.HOLD,
        "travel_listed",
    ),
    "seven on one form": (
        Facts(reading(), GUEST, GREEN, declaration=Declaration(group=7)),
        Answer.HOLD,
        "group_too_large",
    ),
    "six on one form": (Facts(reading(), GUEST, GREEN, declaration=Declaration(group=6)), Answer.ADMIT, "guest_green"),
    "building work at noon": (told(VisitorKind.RENOVATION), Answer.HOLD, "outside_hours"),
    "building work after midnight": (
        told(VisitorKind.RENOVATION, local_time=LocalTime(2, 60)),
        Answer.ADMIT,
        "visitor_green",
    ),
    "a courier without a code that counts": (
        told(VisitorKind.COURIER, health_code=shown_code(None)),
        Answer.HOLD,
        "health_unknown",
    ),
}


@pytest.mark.parametrize(("facts", "answer", "reason"), OFFICE.values(), ids=OFFICE.keys())
def test_an_office_tower_answers(facts: Facts, answer: Answer, reason: str) -> None:
    found = decided("office-tower", facts)
    assert (found.answer, found.reasons) == (answer, (reason,))
