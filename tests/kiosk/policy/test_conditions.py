"""Each condition by itself, and its line in the documentation."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import conditions, policy
from kiosk.model import (
    ClockState,
    Consent,
    Credential,
    CredentialKind,
    Facts,
    Filing,
    FindingKind,
    FirstReturn,
    HealthStatus,
    Need,
    Vehicle,
    Verdict,
    VisitorKind,
)
from kiosk.policy.sections import SECTIONS
from tests.kiosk.policy.visitors import GREEN, TESTED, VACCINATED, certificates, shown_certificate, tree

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
    assert set(rows) == {*SECTIONS, "person", "offline", "rule", "reason", "override", "stale_after_h"}
    example, *_ = re.findall(r"```toml\n(.+?)```", page, re.DOTALL)
    document = policy.parse(tomllib.loads(example), "docs/policy.md")
    assert set(tomllib.loads(example)) >= {*SECTIONS} - {"health_code", "consent", "filing"}
    assert document.name == "riverside@3"


def test_every_toml_example_adds_up_to_a_document_with_nothing_wrong_in_its_rules() -> None:
    _, own, certified = re.findall(r"```toml\n(.+?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    for example in (own, certified):
        found = policy.parse(tree(**tomllib.loads(example)), "docs/policy.md")
        assert len(found.rules) == 1
        assert set(found.words) <= {found.rules[0].reason}
