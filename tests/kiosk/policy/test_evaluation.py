"""From facts to a decision: what holds whatever the rules say, and how rules wait for one another."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.evidence import HealthStatus, Verdict
from kiosk.model import Answer, Decision, Facts, Need, Needs, ReasonCode
from kiosk.people import OF_THE_HOUSE, Consent, Declaration, VisitorKind
from kiosk.weighing import decided
from tests.kiosk.policy.documents import any_document
from tests.kiosk.policy.visitors import (
    GREEN,
    GUEST,
    RESIDENT,
    SHIPPED,
    TESTED,
    VISITORS,
    facts_known,
    facts_met,
    known,
    parsed,
    person,
    reading,
    rule,
    shown_certificate,
    shown_code,
    shown_pass,
    without,
)

UNSETTLED = Needs(frozenset({Need.TEMPERATURE}))
"""The reading is borderline: it is measured on."""


def stands(before: Decision | Needs, after: Decision | Needs) -> bool:
    """Whether what was decided is decided still; more reasons may have come to light."""
    if isinstance(before, Needs):
        return True
    told = isinstance(after, Decision) and (after.answer, after.rule) == (before.answer, before.rule)
    return told and isinstance(after, Decision) and set(before.reasons) <= set(after.reasons)


def telling_apart(facts: Facts) -> set[str]:
    """The facts that can be missing and then only add to what was known: none that outweighs another."""
    outweighing = {"declaration"}
    if facts.declaration is not None:
        outweighing.add("admission_pass")
    if facts.admission_pass is not None:
        outweighing.add("consent")
    return known.keys() - outweighing


@given(any_document, facts_met)
def test_the_same_facts_always_get_the_same_answer(rules: policy.PolicyDocument, facts: Facts) -> None:
    assert policy.evaluate(rules, facts) == policy.evaluate(rules, facts)


@given(any_document, facts_met, st.sets(st.sampled_from(sorted(known))))
def test_learning_more_never_changes_a_decision(rules: policy.PolicyDocument, facts: Facts, not_known_yet: set[str]) -> None:
    fewer = without(facts, not_known_yet & telling_apart(facts))
    assert stands(policy.evaluate(rules, fewer), policy.evaluate(rules, facts))


@given(any_document, facts_known, st.permutations(sorted(known)))
def test_in_whatever_order_facts_come_the_answer_is_the_same(
    rules: policy.PolicyDocument, facts: Facts, order: list[str]
) -> None:
    told = {"declaration"} | (known.keys() - telling_apart(facts))
    so_far = without(facts, known.keys() - told)
    answers = [policy.evaluate(rules, so_far)]
    for name in order:
        so_far = replace(so_far, **{name: getattr(facts, name)})
        answers.append(policy.evaluate(rules, so_far))
    assert all(stands(answer, answers[-1]) for answer in answers)


@given(any_document, facts_known)
def test_everything_that_can_be_known_gets_a_decision(rules: policy.PolicyDocument, facts: Facts) -> None:
    answer = policy.evaluate(rules, facts)
    assert isinstance(answer, Decision) or answer == UNSETTLED


@given(any_document, facts_met)
def test_whatever_is_known_there_is_an_answer_in_the_end(rules: policy.PolicyDocument, facts: Facts) -> None:
    answer = decided(rules, facts, {})
    assert answer.reasons
    assert answer == policy.evaluate(rules, facts) or answer.answer is Answer.HOLD


@given(any_document, facts_met)
def test_only_facts_that_are_neither_known_nor_lost_are_wanted(rules: policy.PolicyDocument, facts: Facts) -> None:
    match policy.evaluate(rules, facts):
        case Needs(wanted) as answer:
            met = {
                Need.TEMPERATURE: facts.reading,
                Need.PASS: facts.admission_pass,
                Need.HEALTH_CODE: facts.health_code,
                Need.FORM: facts.declaration,
                Need.CONSENT: facts.consent,
                Need.FILING: facts.filing,
            }
            assert wanted
            again = {Need.TEMPERATURE} if facts.reading is not None and facts.reading.samples < 12 else set()
            assert all(met[need] is None and need not in facts.unavailable for need in wanted - again), answer
        case Decision() as decision:
            assert decision.policy == rules.name


@given(any_document, facts_met)
def test_an_admission_has_one_reason_and_a_stop_begins_with_its_own(rules: policy.PolicyDocument, facts: Facts) -> None:
    match policy.evaluate(rules, facts):
        case Decision(answer=Answer.ADMIT, reasons=reasons):
            assert len(reasons) == 1
        case Decision(reasons=reasons, rule=identity):
            of = {one.id: one.reason for one in rules.rules} | {policy.DEFAULT_RULE: policy.NO_RULE_APPLIES}
            assert reasons[0] == of[identity]
            assert len(set(reasons)) == len(reasons)


def test_a_document_may_ask_for_a_colour_or_a_certificate() -> None:
    rules = parsed(
        rule(id="red", when={"health": ["red"]}, then="refuse"),
        rule(id="green", when={"health": ["green"]}),
        rule(id="certified", when={"certificate": ["vaccination", "test", "recovery"]}),
    )
    assert policy.evaluate(rules, Facts()) == Needs(frozenset({Need.HEALTH_CODE}))
    decided = [policy.evaluate(rules, Facts(health_code=shown)) for shown in (GREEN, shown_certificate((TESTED,)))]
    assert [one.rule for one in decided if isinstance(one, Decision)] == ["green", "certified"]


def test_without_a_rule_that_applies_the_visitor_is_held() -> None:
    rules = parsed(rule(when={"temperature_below": 37.0}))
    assert policy.evaluate(rules, Facts(reading(38))) == Decision(Answer.HOLD, (policy.NO_RULE_APPLIES,), "default", "test@3")


def test_an_unknown_rule_keeps_a_later_true_one_from_deciding() -> None:
    rules = parsed(rule(id="fever", when={"temperature_at_least": 37.3}, then="hold"), rule(id="all"))
    assert policy.evaluate(rules, Facts()) == Needs(frozenset({Need.TEMPERATURE}))


def test_rules_after_the_first_true_one_ask_for_nothing() -> None:
    rules = parsed(
        rule(id="fever", when={"temperature_at_least": 37.3}, then="hold"),
        rule(id="resident", when={"visitor": ["resident"]}),
        rule(id="green", when={"health": ["green"]}),
    )
    assert policy.evaluate(rules, Facts(None, RESIDENT)) == Needs(frozenset({Need.TEMPERATURE}))


def test_a_trace_says_how_each_rule_fared() -> None:
    rules = parsed(
        rule(id="red", when={"health": ["red"]}, then="refuse"),
        rule(id="guest", when={"visitor": ["guest"]}),
        rule(id="resident", when={"visitor": ["resident"]}),
        rule(id="last"),
    )
    fared = [(step.rule.id, step.holds, step.lacks) for step in policy.trace(rules, Facts(None, RESIDENT))]
    assert fared == [
        ("red", None, frozenset({Need.HEALTH_CODE})),
        ("guest", False, frozenset()),
        ("resident", True, frozenset()),
    ]


def test_whoever_is_stopped_is_told_everything_that_is_known_to_be_in_the_way() -> None:
    rules = SHIPPED["response-level-2"]
    facts = Facts(reading(38.0), GUEST, shown_code(HealthStatus.RED))
    answer = policy.evaluate(rules, facts)
    assert isinstance(answer, Decision)
    assert (answer.answer, answer.rule) == (Answer.HOLD, "temperature-raised")
    assert answer.reasons == ("temperature_high", "health_red")


def test_what_is_left_for_everybody_else_is_no_reason_of_its_own() -> None:
    rules = parsed(
        rule(id="fever", when={"temperature_at_least": 37.3}, then="hold", reason="high"),
        rule(id="rest", then="refuse", reason="rest"),
    )
    answer = policy.evaluate(rules, Facts(reading(38)))
    assert isinstance(answer, Decision)
    assert answer.reasons == ("high",)


def test_nobody_is_asked_for_consent_before_it_is_clear_who_comes() -> None:
    rules = parsed(person=[person("guest", needs=["consent", "health_code"])])
    assert policy.evaluate(rules, Facts()) == Needs(frozenset({Need.PASS, Need.HEALTH_CODE}))
    other = replace(shown_pass(VisitorKind.GUEST), verdict=Verdict.VALID)
    assert policy.evaluate(rules, Facts(admission_pass=other)) == Needs(frozenset({Need.HEALTH_CODE}))


@pytest.mark.parametrize(
    ("reasons", "who"),
    [
        ((), policy.Override.ONE_GUARD),
        (("plain",), policy.Override.ONE_GUARD),
        (("plain", "grave"), policy.Override.TWO_PEOPLE),
        (("grave", "final", "plain"), policy.Override.NOBODY),
    ],
)
def test_the_strictest_reason_says_who_may_override(reasons: tuple[str, ...], who: policy.Override) -> None:
    document = parsed(rule(), override={"two_people": ["grave"], "nobody": ["final"]})
    assert policy.override(document, map(ReasonCode, reasons)) is who


@pytest.mark.parametrize("kind", VISITORS)
def test_whoever_says_who_they_are_is_believed_but_for_those_of_the_house(kind: VisitorKind) -> None:
    rules = parsed(
        rule(id="theirs", when={"visitor": [str(kind)]}), rule(id="house", when={"visitor": ["resident", "staff"]})
    )
    assert admitted_by(rules, Facts(declaration=Declaration(kind))) == "theirs"
    for house in OF_THE_HOUSE:
        assert policy.evaluate(rules, Facts(declaration=Declaration(house))) == Needs(frozenset({Need.PASS}))


def test_a_pass_outweighs_what_somebody_says_of_themselves() -> None:
    rules = parsed(rule(id="guest", when={"visitor": ["guest"]}), rule(id="other", when={"visitor": ["other"]}))
    told = Declaration(VisitorKind.OTHER)
    assert admitted_by(rules, Facts(admission_pass=GUEST, declaration=told)) == "guest"
    expired = shown_pass(VisitorKind.GUEST, Verdict.EXPIRED)
    assert admitted_by(rules, Facts(admission_pass=expired, declaration=told)) == policy.DEFAULT_RULE


def test_a_visitors_pass_is_consent_and_an_answer_at_the_gate_outweighs_it() -> None:
    rules = parsed(rule(id="given", when={"consent": ["given"]}), rule(id="not", when={"consent": ["declined"]}, then="hold"))
    assert admitted_by(rules, Facts(admission_pass=GUEST)) == "given"
    assert admitted_by(rules, Facts(admission_pass=GUEST, consent=Consent.DECLINED)) == "not"
    assert admitted_by(rules, Facts(consent=Consent.GIVEN)) == "given"
    for nobodys in (RESIDENT, shown_pass(VisitorKind.GUEST, Verdict.EXPIRED), shown_pass(None)):
        assert policy.evaluate(rules, Facts(admission_pass=nobodys)) == Needs(frozenset({Need.CONSENT}))
    assert isinstance(policy.evaluate(rules, Facts(admission_pass=GUEST, pass_used=True)), Needs)


def admitted_by(rules: policy.PolicyDocument, facts: Facts) -> str:
    answer = policy.evaluate(rules, facts)
    assert isinstance(answer, Decision)
    return answer.rule
