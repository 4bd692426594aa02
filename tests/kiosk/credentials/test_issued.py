"""A list of the passes that were given out, as a compound writes it."""

import json

import pytest

from kiosk.credentials.issued import NO_LIST, Issued, parse_issued
from kiosk.errors import UsageError
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.model import Facts

KEY, PASS = "0f" * 8, "ab" * 12
GOOD = {"passes": 1, "compound": "riverside", "keys": [KEY], "issued": [PASS]}
LIST = Issued(frozenset({KEY}), frozenset({PASS}))


def read(tree: object) -> Issued:
    return parse_issued(json.dumps(tree).encode(), "passes", "riverside")


def shown(serial: str = PASS, key: str = KEY, verdict: Verdict = Verdict.VALID) -> Facts:
    return Facts(admission_pass=Credential(CredentialKind.PASS, verdict, key_id=key, serial=serial))


def test_a_list_reads_back() -> None:
    assert read(GOOD) == LIST


def test_an_empty_list_is_a_list_too() -> None:
    assert read({**GOOD, "issued": []}).lacks(shown())


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        (shown(), False),
        (shown("cd" * 12), True),
        (shown("cd" * 12, key="1f" * 8), False),
        (shown("cd" * 12, verdict=Verdict.EXPIRED), False),
        (Facts(), False),
    ],
    ids=["on the list", "not on it", "of a key that no list is kept of", "not good anyhow", "no pass at all"],
)
def test_what_is_missing_on_it(facts: Facts, lacks: bool) -> None:
    assert LIST.lacks(facts) is lacks
    assert not NO_LIST.lacks(facts)


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ([], "no list of passes"),
        ({**GOOD, "passes": 2}, "of form 2"),
        ({**GOOD, "compound": "lakeside"}, "of lakeside, not of riverside"),
        ({**GOOD, "keys": []}, "keys"),
        ({**GOOD, "keys": ["0F" * 8]}, "keys"),
        ({**GOOD, "issued": ["ab"]}, "issued"),
        ({**GOOD, "names": ["Zhang Wei"]}, "names"),
    ],
)
def test_what_is_wrong_is_one_sentence(tree: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(tree)


def test_noise_is_refused() -> None:
    with pytest.raises(UsageError, match="no list of passes"):
        parse_issued(b"\xff", "passes", "riverside")
