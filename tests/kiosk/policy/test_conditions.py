"""Each condition by itself, and its line in the documentation."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import conditions, policy
from kiosk.evidence import Colour, ColourSeen, Credential, CredentialKind, Doubt, FindingKind, HealthStatus, Verdict
from kiosk.holder import masked_holder
from kiosk.model import ClockState, Facts, LocalTime, Need
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from kiosk.policy import check
from kiosk.policy.sections import SECTIONS
from tests.kiosk.policy.visitors import (
    GREEN,
    GUEST,
    TESTED,
    VACCINATED,
    certificates,
    reading,
    shown_certificate,
    shown_code,
    shown_pass,
    tree,
)
from ui.cards import reasons_with_words

DOCS = Path(__file__).parents[3] / "docs" / "policy.md"

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


def test_the_documentation_lists_every_condition_as_it_is() -> None:
    page = DOCS.read_text(encoding="utf-8").partition("## Rules written out")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    assert rows == [(row.name, row.type, row.meaning) for row in conditions.rows()]


VOCABULARY = {
    "Visitor kinds": VisitorKind,
    "Verdicts": Verdict,
    "Health statuses": HealthStatus,
    "Colours": Colour,
    "Findings": FindingKind,
    "Consents": Consent,
    "Filings": Filing,
    "Returns": FirstReturn,
    "Vehicles": Vehicle,
    "Clock states": ClockState,
    "Needs": Need,
}


@pytest.mark.parametrize("title", VOCABULARY)
def test_the_documentation_lists_every_name_that_a_value_can_have(title: str) -> None:
    line = re.search(rf"^- {title}: ((?:.|\n  )+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    assert re.findall(r"`(\w+)`", line[1]) == [str(name) for name in VOCABULARY[title]]


def test_the_documentation_has_every_section_and_its_examples_are_in_order() -> None:
    page = DOCS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \|$", page.partition("### Sections")[2].partition("\n### ")[0], re.MULTILINE)
    assert set(rows) == {*SECTIONS, "person", "offline", "rule", "reason", "notice", "override", "stale_after_h"}
    example, *_ = re.findall(r"```toml\n(.+?)```", page, re.DOTALL)
    document = policy.parse(tomllib.loads(example), "docs/policy.md")
    assert set(tomllib.loads(example)) >= {*SECTIONS} - {"health_code", "consent", "filing"}
    assert document.name == "riverside@3"
    assert check.findings(document, reasons_with_words()) == ()


def test_every_toml_example_adds_up_to_a_document_with_nothing_wrong_in_its_rules() -> None:
    _, own, certified, coloured = re.findall(r"```toml\n(.+?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    for example in (own, certified, coloured):
        found = policy.parse(tree(**tomllib.loads(example)), "docs/policy.md")
        assert len(found.rules) == 1
        assert set(found.words) <= {found.rules[0].reason}


def of_stay(region: str, days_ago: int) -> Facts:
    return Facts(declaration=Declaration(stays=(Stay(region, days_ago),)))


def compared(form: str, code: str, verdict: Verdict = Verdict.VALID) -> Facts:
    """A form and a health code with these names."""
    shown = replace(shown_code(HealthStatus.GREEN, verdict), person=masked_holder(code))
    return Facts(health_code=shown, declaration=Declaration(person=masked_holder(form)))


NAN = float("nan")
DIFFERS = {"strictness": "usual", "found": ["differs"]}
UNDECIDED = {"strictness": "usual", "found": ["undecided"]}
LISTED = {"regions": ["IT", "CN-HB"], "days": 14}
NIGHT = ["22:00-06:00", "fri"]
EXPIRED = shown_pass(VisitorKind.GUEST, Verdict.EXPIRED)
EDGES: dict[str, tuple[str, object, Facts, bool | None]] = {
    "just below": ("temperature_below", 37.3, Facts(reading(37.29)), True),
    "not below its own figure": ("temperature_below", 37.3, Facts(reading(37.3)), False),
    "far above": ("temperature_below", 37.3, Facts(reading(39)), False),
    "no number is below nothing": ("temperature_below", 37.3, Facts(reading(NAN)), False),
    "at least its own figure": ("temperature_at_least", 37.3, Facts(reading(37.3)), True),
    "not at least": ("temperature_at_least", 37.3, Facts(reading(37.29)), False),
    "no number is at least everything": ("temperature_at_least", 37.3, Facts(reading(NAN)), True),
    "too few samples": ("samples_below", 6, Facts(reading(samples=5)), True),
    "enough samples": ("samples_below", 6, Facts(reading(samples=6)), False),
    "more than enough": ("samples_below", 6, Facts(reading(samples=7)), False),
    "too cold": ("ambient_outside", [10, 35], Facts(reading(ambient_c=9.9)), True),
    "cold": ("ambient_outside", [10, 35], Facts(reading(ambient_c=10)), False),
    "warm": ("ambient_outside", [10, 35], Facts(reading(ambient_c=35)), False),
    "too warm": ("ambient_outside", [10, 35], Facts(reading(ambient_c=35.1)), True),
    "air that is no number": ("ambient_outside", [10, 35], Facts(reading(ambient_c=NAN)), True),
    "certain enough": ("uncertainty_above", 0.8, Facts(reading(uncertainty_c=0.8)), False),
    "too uncertain": ("uncertainty_above", 0.8, Facts(reading(uncertainty_c=0.81)), True),
    "uncertain by no number": ("uncertainty_above", 0.8, Facts(reading(uncertainty_c=NAN)), True),
    "free of doubt": ("reading_doubted", ["partial"], Facts(reading()), False),
    "doubted otherwise": ("reading_doubted", ["partial"], Facts(reading(quality=(Doubt.FAR,))), False),
    "doubted": ("reading_doubted", ["partial", "far"], Facts(reading(quality=(Doubt.DRIFTING, Doubt.FAR))), True),
    "a valid pass": ("pass", ["valid"], Facts(admission_pass=GUEST), True),
    "a valid pass that is used up": ("pass", ["valid"], Facts(admission_pass=GUEST, pass_used=True), False),
    "an expired pass": ("pass", ["expired"], Facts(admission_pass=EXPIRED), True),
    "an expired pass that is used up": ("pass", ["expired"], Facts(admission_pass=EXPIRED, pass_used=True), True),
    "no pass, but the form": ("pass", ["expired"], Facts(declaration=Declaration(VisitorKind.GUEST)), False),
    "no pass": ("pass", ["expired"], Facts(declaration=Declaration()), None),
    "a pass with its use": ("pass_used", True, Facts(admission_pass=GUEST), False),
    "a pass without": ("pass_used", True, Facts(admission_pass=GUEST, pass_used=True), True),
    "a used pass names nobody": ("visitor", ["guest"], Facts(admission_pass=GUEST, pass_used=True), False),
    "how a code ended": ("health_verdict", ["valid"], Facts(health_code=GREEN), True),
    "how it did not": ("health_verdict", ["revoked"], Facts(health_code=GREEN), False),
    "a code of no status": ("health", ["unknown"], Facts(health_code=shown_code(None)), True),
    "a colour": ("colour_seen", ["green"], Facts(colour_seen=ColourSeen(Colour.GREEN, 0.6)), True),
    "another colour": ("colour_seen", ["green"], Facts(colour_seen=ColourSeen(Colour.RED, 1.0)), False),
    "a colour that is not sure": ("colour_seen", ["green"], Facts(colour_seen=ColourSeen(Colour.GREEN, 0.59)), False),
    "no colour seen": ("colour_seen", ["green"], Facts(), False),
    "a form": ("form", True, Facts(declaration=Declaration()), True),
    "no form yet": ("form", True, Facts(), None),
    "consent": ("consent", ["given"], Facts(consent=Consent.GIVEN), True),
    "no consent": ("consent", ["given"], Facts(consent=Consent.DECLINED), False),
    "nobody answered yet": ("consent", ["given"], Facts(), None),
    "filed": ("filing", ["filed"], Facts(filing=Filing.FILED), True),
    "half filed": ("filing", ["filed"], Facts(filing=Filing.NO_UNDERTAKING), False),
    "on the last day": ("stayed_in", LISTED, of_stay("IT", 14), True),
    "a day later": ("stayed_in", LISTED, of_stay("IT", 15), False),
    "a part of a country": ("stayed_in", LISTED, of_stay("IT-25", 0), True),
    "a country of which a part is listed": ("stayed_in", LISTED, of_stay("CN", 0), False),
    "no journey told": ("stayed_in", LISTED, Facts(declaration=Declaration()), False),
    "nothing told": ("stayed_in", LISTED, Facts(), False),
    "a return": ("first_return", ["registered"], Facts(declaration=Declaration(first_return=FirstReturn.REGISTERED)), True),
    "no return told": ("first_return", ["no"], Facts(), False),
    "on foot": ("vehicle", ["none"], Facts(declaration=Declaration()), True),
    "no vehicle told": ("vehicle", ["none"], Facts(), False),
    "as many as may": ("group_above", 6, Facts(declaration=Declaration(group=6)), False),
    "one too many": ("group_above", 6, Facts(declaration=Declaration(group=7)), True),
    "no group told": ("group_above", 6, Facts(), False),
    "the same person's": ("identity", DIFFERS, compared("Wang Fang", "FANG WANG"), False),
    "another's": ("identity", DIFFERS, compared("Wang Fang", "Li Ming"), True),
    "another's, by a code that is not genuine": (
        "identity",
        DIFFERS,
        compared("Wang Fang", "Li Ming", Verdict.BAD_SIGNATURE),
        False,
    ),
    "perhaps another's": ("identity", UNDECIDED, compared("王芳", "W*"), True),
    "the same name, and no day of birth": ("identity", {**UNDECIDED, "strictness": "exact"}, compared("Wang", "Wang"), True),
    "nobody's, for there is no form": ("identity", DIFFERS, replace(compared("Wang", "Li"), declaration=None), False),
    "nobody's, for there is no code": ("identity", DIFFERS, replace(compared("Wang", "Li"), health_code=None), False),
    "as it begins": ("outside_hours", "08:00-18:00", Facts(local_time=LocalTime(0, 480)), False),
    "a minute before": ("outside_hours", "08:00-18:00", Facts(local_time=LocalTime(0, 479)), True),
    "as it ends": ("outside_hours", "08:00-18:00", Facts(local_time=LocalTime(6, 1080)), True),
    "a minute earlier": ("outside_hours", "08:00-18:00", Facts(local_time=LocalTime(6, 1079)), False),
    "on another day": ("outside_hours", ["08:00-18:00", "mon"], Facts(local_time=LocalTime(1, 600)), True),
    "in the night": ("outside_hours", NIGHT, Facts(local_time=LocalTime(4, 1320)), False),
    "before the night": ("outside_hours", NIGHT, Facts(local_time=LocalTime(4, 1319)), True),
    "the morning after": ("outside_hours", NIGHT, Facts(local_time=LocalTime(5, 359)), False),
    "as the night ends": ("outside_hours", NIGHT, Facts(local_time=LocalTime(5, 360)), True),
    "the morning of the same day": ("outside_hours", NIGHT, Facts(local_time=LocalTime(4, 60)), True),
    "the night after": ("outside_hours", NIGHT, Facts(local_time=LocalTime(5, 1320)), True),
    "Sunday night ends on Monday": ("outside_hours", ["22:00-06:00", "sun"], Facts(local_time=LocalTime(0, 60)), False),
    "at no time that is known": ("outside_hours", "08:00-18:00", Facts(), True),
    "the time is known": ("local_time", ["known"], Facts(local_time=LocalTime(0, 0)), True),
    "the time is not known": ("local_time", ["known"], Facts(), False),
    "it is looked for that it is not": ("local_time", ["unknown"], Facts(), True),
    "lost": ("unavailable", ["form", "consent"], Facts(unavailable=frozenset({Need.CONSENT})), True),
    "something else is lost": ("unavailable", ["form", "consent"], Facts(unavailable=frozenset({Need.PASS})), False),
    "a clock": ("clock", ["drifting", "never_set"], Facts(clock=ClockState.DRIFTING), True),
    "another": ("clock", ["drifting", "never_set"], Facts(), False),
}


@pytest.mark.parametrize("case", EDGES)
def test_a_condition_holds(case: str) -> None:
    name, value, facts, holds = EDGES[case]
    assert conditions.FORMS[name].make(value, "when").holds(facts) is holds


def test_every_condition_has_its_edges() -> None:
    assert {name for name, *_ in EDGES.values()} | {"always", "certificate"} == conditions.FORMS.keys()


@pytest.mark.parametrize("case", EDGES)
def test_a_condition_on_a_lost_fact_is_false_whatever_was_known(case: str) -> None:
    name, value, facts, _ = EDGES[case]
    condition = conditions.FORMS[name].make(value, "when")
    if condition.fact is not None:
        assert condition.holds(replace(facts, unavailable=frozenset({condition.fact}))) is False


def test_what_a_lost_part_would_silence_is_asked_of_facts_that_are_all_known() -> None:
    condition = conditions.FORMS["temperature_at_least"].make(37.3, "when")
    assert condition.holds_of(Facts(reading(38))) is True
    assert condition.holds_of(Facts(reading(37))) is False
