"""What is known beforehand of people who are expected, as a compound writes it."""

import json
from dataclasses import replace

import pytest

from kiosk.credentials.arrivals import NOBODY_EXPECTED, Arrival, Arrivals, parse_arrivals
from kiosk.errors import UsageError
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.model import Facts
from kiosk.people import Consent, Filing

PASS = "ab" * 12
ONE = {"pass": PASS, "consent": "declined", "filing": "filed"}
GOOD = {"arrivals": 1, "compound": "riverside", "expected": [ONE]}


def read(tree: object) -> Arrivals:
    return parse_arrivals(json.dumps(tree).encode(), "expected_arrivals", "riverside")


def shown(serial: str = PASS, verdict: Verdict = Verdict.VALID) -> Facts:
    return Facts(admission_pass=Credential(CredentialKind.PASS, verdict, serial=serial))


def test_a_list_reads_back() -> None:
    assert dict(read(GOOD).expected) == {PASS: Arrival(Consent.DECLINED, Filing.FILED)}


def test_whoever_shows_an_expected_pass_is_known() -> None:
    assert read(GOOD).applied(shown()) == replace(shown(), consent=Consent.DECLINED, filing=Filing.FILED)


@pytest.mark.parametrize(
    "facts",
    [shown("cd" * 12), shown(verdict=Verdict.EXPIRED), Facts()],
    ids=["another pass", "a pass that is not good", "no pass"],
)
def test_nobody_else_is(facts: Facts) -> None:
    assert read(GOOD).applied(facts) is facts
    assert NOBODY_EXPECTED.applied(facts) is facts


def test_what_the_list_leaves_out_it_takes_from_nobody() -> None:
    answered = replace(shown(), consent=Consent.GIVEN)
    assert read({**GOOD, "expected": [{"pass": PASS}]}).applied(answered) is answered


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ([], "no list of expected arrivals"),
        ({**GOOD, "arrivals": 2}, "of form 2"),
        ({**GOOD, "compound": "lakeside"}, "of lakeside, not of riverside"),
        ({**GOOD, "expected": [{**ONE, "consent": "perhaps"}]}, "consent"),
        ({**GOOD, "expected": [{**ONE, "pass": "ab"}]}, "pass"),
        ({**GOOD, "expected": [{**ONE, "name": "Zhang Wei"}]}, "name"),
        ({**GOOD, "expected": [ONE, ONE]}, "listed twice"),
    ],
)
def test_what_is_wrong_is_one_sentence(tree: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(tree)
