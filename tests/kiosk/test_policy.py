import contextlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kiosk
from kiosk import conditions, policy
from kiosk.errors import UsageError
from kiosk.model import (
    Answer,
    Celsius,
    ClockState,
    Credential,
    CredentialKind,
    Decision,
    Facts,
    Finding,
    FindingKind,
    HealthStatus,
    Monotonic,
    Need,
    Needs,
    Reading,
    Verdict,
    VisitorKind,
)

POLICIES = Path(kiosk.__file__).parent / "policies"
DOCS = Path(__file__).parents[2] / "docs" / "policy.md"
SHIPPED = {
    path.stem: policy.parse(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    for path in sorted(POLICIES.glob("*.toml"))
}
TITLE = {"zh": "规则", "en": "Rules", "ja": "規則", "ko": "규칙"}


def reading(body_c: float) -> Reading:
    return Reading(
        object_c=Celsius(body_c - 2),
        ambient_c=Celsius(20),
        body_c=Celsius(body_c),
        uncertainty_c=Celsius(0.2),
        samples=4,
        calibration="factory",
        began_at=Monotonic(1),
        at=Monotonic(2),
    )


def shown_pass(visitor: VisitorKind | None, verdict: Verdict = Verdict.VALID) -> Credential:
    return Credential(CredentialKind.PASS, verdict, visitor=visitor)


def shown_code(health: HealthStatus | None, verdict: Verdict = Verdict.VALID) -> Credential:
    return Credential(CredentialKind.HEALTH_TOKEN, verdict, health=health)


def shown_certificate(
    findings: tuple[Finding, ...], verdict: Verdict = Verdict.VALID, kind: CredentialKind = CredentialKind.DCC
) -> Credential:
    return Credential(kind, verdict, findings=findings)


RESIDENT, GUEST, COURIER = (shown_pass(kind) for kind in VisitorKind)
GREEN = shown_code(HealthStatus.GREEN)


def rule(**keys: object) -> dict[str, object]:
    return {"id": "one", "when": {"always": True}, "then": "admit", "reason": "because"} | keys


def document(*rules: Mapping[str, object], **keys: object) -> dict[str, object]:
    return {"schema": 1, "id": "test", "version": 3, "title": TITLE, "rule": list(rules)} | keys


def parsed(*rules: Mapping[str, object]) -> policy.PolicyDocument:
    return policy.parse(document(*rules), "test.toml")


readings = st.none() | st.builds(reading, st.floats(30, 45) | st.just(float("nan")))
passes = st.none() | st.builds(shown_pass, st.none() | st.sampled_from(VisitorKind), st.sampled_from(Verdict))
findings = st.builds(Finding, st.sampled_from(FindingKind), st.just("2021-05-18"), st.integers(-400, 400), st.booleans())
certificates = st.builds(
    shown_certificate,
    st.lists(findings, max_size=3).map(tuple),
    st.sampled_from(Verdict),
    st.sampled_from([CredentialKind.DCC, CredentialKind.SHC]),
)
codes = st.none() | certificates | st.builds(shown_code, st.none() | st.sampled_from(HealthStatus), st.sampled_from(Verdict))
lost = st.frozensets(st.sampled_from(Need))
facts_met = st.builds(
    Facts, readings, passes, codes, unavailable=lost, pass_used=st.booleans(), clock=st.sampled_from(ClockState)
)


def lists_of(names: type[StrEnum]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(names)).map(str), min_size=1, unique=True)


whens = st.just({"always": True}) | st.dictionaries(
    st.sampled_from([row.name for row in conditions.rows() if row.name != "always"]),
    st.none(),
    min_size=1,
    max_size=3,
).flatmap(
    lambda chosen: st.fixed_dictionaries(
        {
            name: {
                "temperature_at_least": st.floats(35, 40),
                "temperature_below": st.floats(35, 40),
                "visitor": lists_of(VisitorKind),
                "pass": lists_of(Verdict),
                "health": lists_of(HealthStatus),
                "health_verdict": lists_of(Verdict),
                "certificate": lists_of(FindingKind),
                "unavailable": lists_of(Need),
                "pass_used": st.just(True),
                "clock": lists_of(ClockState),
            }[name]
            for name in chosen
        }
    )
)


@st.composite
def documents(draw: st.DrawFn) -> policy.PolicyDocument:
    chosen = draw(st.lists(st.tuples(whens, st.sampled_from(list(Answer))), min_size=1, max_size=6))
    kept = [when for when in chosen[:-1] if "always" not in when[0]] + chosen[-1:]
    return parsed(*(rule(id=f"r{n}", when=when, then=str(then)) for n, (when, then) in enumerate(kept)))


any_document = documents() | st.sampled_from(list(SHIPPED.values()))


@given(any_document, facts_met)
def test_the_same_facts_always_get_the_same_answer(rules: policy.PolicyDocument, facts: Facts) -> None:
    assert policy.evaluate(rules, facts) == policy.evaluate(rules, facts)


@given(any_document, facts_met, st.sets(st.sampled_from(["reading", "admission_pass", "health_code"])))
def test_learning_more_never_changes_a_decision(rules: policy.PolicyDocument, facts: Facts, not_known_yet: set[str]) -> None:
    fewer = Facts(
        None if "reading" in not_known_yet else facts.reading,
        None if "admission_pass" in not_known_yet else facts.admission_pass,
        None if "health_code" in not_known_yet else facts.health_code,
        unavailable=facts.unavailable,
        pass_used=facts.pass_used,
        clock=facts.clock,
    )
    before = policy.evaluate(rules, fewer)
    if isinstance(before, Decision):
        assert policy.evaluate(rules, facts) == before


@given(any_document, facts_met)
def test_only_facts_that_are_neither_known_nor_lost_are_wanted(rules: policy.PolicyDocument, facts: Facts) -> None:
    match policy.evaluate(rules, facts):
        case Needs(wanted):
            met = {
                Need.TEMPERATURE: facts.reading,
                Need.PASS: facts.admission_pass,
                Need.HEALTH_CODE: facts.health_code,
            }
            assert wanted
            assert all(met[need] is None and need not in facts.unavailable for need in wanted)
        case Decision() as decision:
            assert decision.policy == rules.name


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_document_admits_nobody_of_whom_nothing_is_known(name: str) -> None:
    for count in range(2 ** len(Need)):
        unavailable = frozenset(need for bit, need in enumerate(Need) if count >> bit & 1)
        match policy.evaluate(SHIPPED[name], Facts(unavailable=unavailable)):
            case Decision(answer=answer):
                assert answer is not Answer.ADMIT


@pytest.mark.parametrize("name", SHIPPED)
@given(
    facts=st.builds(Facts, readings, passes, codes).filter(lambda f: None not in (f.reading, f.admission_pass, f.health_code))
)
def test_a_shipped_document_decides_once_everything_is_known(name: str, facts: Facts) -> None:
    decided = policy.evaluate(SHIPPED[name], facts)
    assert isinstance(decided, Decision)
    assert decided.rule != policy.DEFAULT_RULE or facts.admission_pass == shown_pass(None)


@pytest.mark.parametrize("name", SHIPPED)
@given(facts=facts_met)
def test_a_shipped_document_admits_on_a_valid_pass_alone(name: str, facts: Facts) -> None:
    match policy.evaluate(SHIPPED[name], facts):
        case Decision(answer=Answer.ADMIT):
            assert facts.admission_pass is not None
            assert facts.admission_pass.verdict is Verdict.VALID


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_document_answers_for_every_loss(name: str) -> None:
    assert policy.open_ends(SHIPPED[name]) == ()


def test_the_two_documents_are_shipped() -> None:
    assert set(SHIPPED) == {"normal-times", "response-level-2"}
    assert all(document.id == name for name, document in SHIPPED.items())


HEALTH_CHECK = {
    "resident": (Facts(reading(36.5), RESIDENT), Answer.ADMIT, "resident"),
    "guest with a green code": (Facts(reading(36.5), GUEST, GREEN), Answer.ADMIT, "guest_green"),
    "courier with a green code": (Facts(reading(36.5), COURIER, GREEN), Answer.ADMIT, "courier_green"),
    "just below the threshold": (Facts(reading(37.29), RESIDENT), Answer.ADMIT, "resident"),
    "at the threshold": (Facts(reading(37.3), RESIDENT), Answer.HOLD, "temperature_high"),
    "fever, nothing else known": (Facts(reading(38.4)), Answer.HOLD, "temperature_high"),
    "a reading that is no number": (Facts(reading(float("nan")), RESIDENT), Answer.HOLD, "temperature_high"),
    "thermometer lost": (
        Facts(None, RESIDENT, unavailable=frozenset({Need.TEMPERATURE})),
        Answer.HOLD,
        "temperature_unavailable",
    ),
    "a single use that was made": (Facts(reading(36.5), GUEST, GREEN, pass_used=True), Answer.REFUSE, "pass_used"),
    "a pass, and no date to hold it against": (
        Facts(reading(36.5), RESIDENT, clock=ClockState.NEVER_SET),
        Answer.HOLD,
        "clock_unset",
    ),
    "a clock that drifts": (Facts(reading(36.5), RESIDENT, clock=ClockState.DRIFTING), Answer.ADMIT, "resident"),
    "camera lost": (
        Facts(reading(36.5), unavailable=frozenset({Need.PASS, Need.HEALTH_CODE})),
        Answer.HOLD,
        "pass_unavailable",
    ),
    "issuer lost, guest": (
        Facts(reading(36.5), GUEST, unavailable=frozenset({Need.HEALTH_CODE})),
        Answer.HOLD,
        "health_unavailable",
    ),
    "issuer lost, resident": (
        Facts(reading(36.5), RESIDENT, unavailable=frozenset({Need.HEALTH_CODE})),
        Answer.ADMIT,
        "resident",
    ),
    "red": (Facts(reading(36.5), GUEST, shown_code(HealthStatus.RED)), Answer.REFUSE, "health_red"),
    "yellow": (Facts(reading(36.5), COURIER, shown_code(HealthStatus.YELLOW)), Answer.HOLD, "health_yellow"),
    "expired": (
        Facts(reading(36.5), GUEST, shown_code(HealthStatus.EXPIRED, Verdict.EXPIRED)),
        Answer.REFUSE,
        "health_expired",
    ),
    "status unknown": (
        Facts(reading(36.5), GUEST, shown_code(HealthStatus.UNKNOWN)),
        Answer.HOLD,
        "health_unknown",
    ),
    "green on a code that is not valid": (
        Facts(reading(36.5), GUEST, shown_code(HealthStatus.GREEN, Verdict.BAD_SIGNATURE)),
        Answer.HOLD,
        "health_unknown",
    ),
    "forged resident's pass": (
        Facts(reading(36.5), shown_pass(VisitorKind.RESIDENT, Verdict.BAD_SIGNATURE)),
        Answer.REFUSE,
        "pass_forged",
    ),
    "expired pass": (Facts(reading(36.5), shown_pass(None, Verdict.EXPIRED)), Answer.REFUSE, "pass_expired"),
    "pass that names no visitor": (Facts(reading(36.5), shown_pass(None), GREEN), Answer.HOLD, "no_rule_applies"),
}

VACCINATED = Finding(FindingKind.VACCINATION, "2021-05-18", 14)
TESTED = Finding(FindingKind.TEST, "2021-05-31", 1)
CERTIFICATES: dict[str, tuple[Credential | None, bool | None]] = {
    "nothing shown yet": (None, None),
    "one that tells it": (shown_certificate((VACCINATED,)), True),
    "a card that tells it": (shown_certificate((VACCINATED,), kind=CredentialKind.SHC), True),
    "one that tells it besides something else": (shown_certificate((TESTED, VACCINATED)), True),
    "one that tells something else": (shown_certificate((TESTED,)), False),
    "one that tells nothing": (shown_certificate(()), False),
    "one whose time is over": (shown_certificate((replace(VACCINATED, in_force=False),)), False),
    **{
        f"one that is {verdict}": (shown_certificate((VACCINATED,), verdict), False)
        for verdict in Verdict
        if verdict is not Verdict.VALID
    },
    "a green code": (GREEN, False),
    "a green code with findings": (replace(GREEN, findings=(VACCINATED,)), False),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_a_certificate_counts_for_what_it_tells(case: str) -> None:
    shown, holds = CERTIFICATES[case]
    condition = conditions.FORMS["certificate"].make(["vaccination", "recovery"], "when")
    assert condition.holds(Facts(health_code=shown)) is holds
    assert condition.holds(Facts(health_code=shown, unavailable=frozenset({Need.HEALTH_CODE}))) is False


@given(certificates, st.sampled_from([status for status in HealthStatus if status is not HealthStatus.UNKNOWN]))
def test_a_certificate_has_no_colour(shown: Credential, status: HealthStatus) -> None:
    condition = conditions.FORMS["health"].make([str(status)], "when")
    expired = status is HealthStatus.EXPIRED and shown.verdict is Verdict.EXPIRED
    assert condition.holds(Facts(health_code=shown)) is expired


@given(certificates)
def test_the_shipped_health_check_lets_nobody_in_on_a_certificate(shown: Credential) -> None:
    decided = policy.evaluate(SHIPPED["response-level-2"], Facts(reading(36.5), GUEST, shown))
    assert isinstance(decided, Decision)
    assert decided.answer is not Answer.ADMIT


def test_a_document_may_ask_for_a_colour_or_a_certificate() -> None:
    rules = parsed(
        rule(id="red", when={"health": ["red"]}, then="refuse"),
        rule(id="green", when={"health": ["green"]}),
        rule(id="certified", when={"certificate": ["vaccination", "test", "recovery"]}),
    )
    assert policy.evaluate(rules, Facts()) == Needs(frozenset({Need.HEALTH_CODE}))
    decided = [policy.evaluate(rules, Facts(health_code=shown)) for shown in (GREEN, shown_certificate((TESTED,)))]
    assert [one.rule for one in decided if isinstance(one, Decision)] == ["green", "certified"]


@pytest.mark.parametrize("case", HEALTH_CHECK)
def test_the_health_check_answers(case: str) -> None:
    facts, answer, reason = HEALTH_CHECK[case]
    decided = policy.evaluate(SHIPPED["response-level-2"], facts)
    assert isinstance(decided, Decision)
    assert (decided.answer, decided.reasons) == (answer, (reason,))


NEEDED = {
    "nothing known": (Facts(), {Need.TEMPERATURE, Need.PASS, Need.HEALTH_CODE}),
    "only a temperature": (Facts(reading(36.5)), {Need.PASS, Need.HEALTH_CODE}),
    "a resident not yet measured": (Facts(None, RESIDENT), {Need.TEMPERATURE}),
    "a forged pass, not yet measured": (Facts(None, shown_pass(None, Verdict.BAD_SIGNATURE)), {Need.TEMPERATURE}),
    "a guest without a code": (Facts(reading(36.5), GUEST), {Need.HEALTH_CODE}),
    "an answer on its way": (
        Facts(reading(36.5), GUEST, pending=frozenset({Need.HEALTH_CODE})),
        {Need.HEALTH_CODE},
    ),
}


@pytest.mark.parametrize("case", NEEDED)
def test_the_health_check_asks_for(case: str) -> None:
    facts, wanted = NEEDED[case]
    assert policy.evaluate(SHIPPED["response-level-2"], facts) == Needs(frozenset(wanted))


NORMAL = {
    **{verdict.value: (shown_pass(None, verdict), Answer.REFUSE) for verdict in Verdict if verdict is not Verdict.VALID},
    "unsupported": (shown_pass(None, Verdict.UNSUPPORTED), Answer.HOLD),
    "resident": (RESIDENT, Answer.ADMIT),
    "guest": (GUEST, Answer.ADMIT),
    "courier": (COURIER, Answer.ADMIT),
}


@pytest.mark.parametrize("case", NORMAL)
def test_normal_times_need_a_pass_and_nothing_else(case: str) -> None:
    shown, answer = NORMAL[case]
    decided = policy.evaluate(SHIPPED["normal-times"], Facts(admission_pass=shown))
    assert isinstance(decided, Decision)
    assert decided.answer is answer


def test_every_bad_verdict_has_a_reason_of_its_own() -> None:
    for rules in SHIPPED.values():
        reasons = set()
        for verdict in Verdict:
            decided = policy.evaluate(rules, Facts(reading(36.5), shown_pass(None, verdict), GREEN))
            assert isinstance(decided, Decision)
            reasons.add(decided.reasons)
        assert len(reasons) == len(Verdict)


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


def test_a_check_that_a_lost_part_would_silence_is_pointed_out() -> None:
    fever = rule(id="fever", when={"temperature_at_least": 37.3}, then="hold")
    lost_part = rule(id="lost", when={"unavailable": ["temperature"]}, then="hold")
    everyone = rule(id="everyone")
    (sentence,) = policy.open_ends(parsed(fever, everyone))
    assert "'everyone'" in sentence
    assert "'fever'" in sentence
    assert policy.open_ends(parsed(fever, lost_part, everyone)) == ()
    assert policy.open_ends(parsed(fever, rule(id="cool", when={"temperature_below": 37.3}))) == ()


MISTAKES: dict[str, tuple[dict[str, object], str]] = {
    "another schema": (document(rule(), schema=2), "schema is 2"),
    "schema true": (document(rule(), schema=True), "schema is True"),
    "no schema": ({k: v for k, v in document(rule()).items() if k != "schema"}, "'schema' is missing"),
    "unknown key": (document(rule(), requires=["pass"]), "'requires'"),
    "bad id": (document(rule(), id="Bad Id"), "id must be a name"),
    "version zero": (document(rule(), version=0), "version must be a whole number"),
    "version text": (document(rule(), version="1"), "version must be a whole number"),
    "a language missing": (document(rule(), title={"zh": "规则"}), "title: the key 'en' is missing"),
    "an empty title": (document(rule(), title=TITLE | {"ko": " "}), "title.ko must be a text"),
    "title a text": (document(rule(), title="Rules"), "title must be a table"),
    "no rules": (document(), "1 to 200"),
    "rules a table": (document(rule=rule()), "[[rule]]"),
    "rule a text": (document(rule="one"), "[[rule]]"),
    "a rule that is no table": (document(rule=["one"]), "rule number 1 must be a [[rule]] table"),
    "rule without id": (document({"when": {"always": True}}), "rule number 1 must have the key 'id'"),
    "rule without reason": (document({"id": "x", "when": {}, "then": "hold"}), "rule 'x': the key 'reason'"),
    "unknown rule key": (document(rule(otherwise="hold")), "rule 'one': there is no key 'otherwise'"),
    "rule called default": (document(rule(id="default")), "'default'"),
    "the same id twice": (document(rule(when={"pass": ["valid"]}), rule()), "rule 'one' is there twice"),
    "after always": (document(rule(), rule(id="two")), "rule 'two' is never reached after 'one'"),
    "unknown answer": (document(rule(then="open")), "then must be one of admit, refuse, hold, not 'open'"),
    "answer a list": (document(rule(then=["admit"])), "then must be one of"),
    "bad reason": (document(rule(reason="Too hot!")), "reason must be a name"),
    "when a text": (document(rule(when="always")), "when must be a table"),
    "when empty": (document(rule(when={})), "when has no condition"),
    "unknown condition": (
        document(rule(when={"colour": "green"})),
        "'colour' is no condition; the conditions are",
    ),
    "always false": (document(rule(when={"always": False})), "when.always can only be true"),
    "always one": (document(rule(when={"always": 1})), "when.always can only be true"),
    "always with another": (document(rule(when={"always": True, "pass": ["valid"]})), "stands alone"),
    "temperature a text": (document(rule(when={"temperature_at_least": "hot"})), "degrees Celsius from 30 to 45"),
    "temperature true": (document(rule(when={"temperature_below": True})), "degrees Celsius"),
    "temperature in Fahrenheit": (document(rule(when={"temperature_at_least": 99.1})), "not 99.1"),
    "temperature not a number": (document(rule(when={"temperature_below": float("nan")})), "degrees Celsius"),
    "visitor a text": (document(rule(when={"visitor": "resident"})), "when.visitor must be a list"),
    "visitor none": (document(rule(when={"visitor": []})), "when.visitor must be a list"),
    "visitor unknown": (document(rule(when={"visitor": ["cat"]})), "lists 'cat'; it can list resident"),
    "verdict twice": (document(rule(when={"pass": ["valid", "valid"]})), "lists a name twice"),
    "verdict a list": (document(rule(when={"pass": [["valid"]]})), "it can list malformed"),
    "status unknown": (document(rule(when={"health": ["blue"]})), "lists 'blue'"),
    "finding unknown": (document(rule(when={"certificate": ["green"]})), "lists 'green'; it can list vaccination"),
    "need unknown": (document(rule(when={"unavailable": ["camera"]})), "lists 'camera'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_that_names_it(mistake: str) -> None:
    tree, sentence = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        policy.parse(tree, "gate.toml")
    assert str(caught.value).startswith("gate.toml: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["schema", "id", "version", "title", "rule"]),
    trees,
    st.sampled_from(["", "when", "then", "reason", "id"]),
)
def test_nothing_but_a_usage_error_comes_of_a_wrong_tree(key: str, value: object, within: str) -> None:
    tree = document(rule(**{within: value})) if within else document(rule(), **{key: value})
    with contextlib.suppress(UsageError):
        policy.parse(tree, "gate.toml")


def test_the_documentation_lists_every_condition_as_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(row.name, row.type, row.meaning) for row in conditions.rows()]
