"""Each condition by itself, and its line in the documentation."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import conditions
from kiosk.model import Credential, CredentialKind, Facts, HealthStatus, Need, Verdict
from tests.kiosk.policy.visitors import GREEN, TESTED, VACCINATED, certificates, shown_certificate

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
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(row.name, row.type, row.meaning) for row in conditions.rows()]
