"""The shipped mappings: what each provider's answers stand for, and that nothing else is green."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials import parse_trust
from kiosk.credentials.providers import answers_of, names
from kiosk.errors import UsageError
from kiosk.evidence import HealthStatus

GREEN, YELLOW, RED = HealthStatus.GREEN, HealthStatus.YELLOW, HealthStatus.RED
EXPIRED, UNKNOWN = HealthStatus.EXPIRED, HealthStatus.UNKNOWN
TABLE = {
    "alipay": {"green": GREEN, "yellow": YELLOW, "red": RED, "init": UNKNOWN},
    "aliyun-iot": {"1": GREEN, "2": YELLOW, "3": RED, "4": EXPIRED, "5": UNKNOWN},
    "dahua": {"0": UNKNOWN, "1": RED, "2": GREEN, "3": YELLOW, "4": UNKNOWN},
    "glodon": {"0": RED, "1": GREEN, "2": YELLOW},
    "provincial-risk": {"00": GREEN, "01": YELLOW},
}


def issuer(**members: object) -> bytes:
    service = {"id": "city", "kind": "health_token", "hosts": ["code.example"], **members}
    return json.dumps({"schema": 1, "id": "l", "issued_at": "2020-03-24T00:00:00Z", "issuers": [service]}).encode()


def test_every_mapping_is_in_the_table_and_says_what_it_says() -> None:
    assert {name: dict(answers_of(name).statuses) for name in names()} == TABLE


def test_a_service_that_could_not_find_out_has_given_no_answer() -> None:
    assert answers_of("aliyun-iot").no_answer == {"6", "7"}


@given(st.sampled_from(sorted(TABLE)), st.text())
def test_an_answer_that_a_provider_does_not_name_is_never_green(provider: str, answer: str) -> None:
    (found,) = parse_trust(issuer(provider=provider), "list").token_issuers
    assert found.status(answer) is TABLE[provider].get(answer, UNKNOWN)


def test_one_figure_stands_for_each_providers_own_colour() -> None:
    assert {name: answers_of(name).statuses.get("1", UNKNOWN) for name in ("aliyun-iot", "dahua", "glodon")} == {
        "aliyun-iot": GREEN,
        "dahua": RED,
        "glodon": GREEN,
    }


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "name either its provider or a map"),
        ({"provider": "glodon", "map": {"9": "green"}}, "name either its provider or a map"),
        ({"provider": "nobody"}, "there is no provider 'nobody'; there are alipay"),
    ],
    ids=["neither", "both", "unknown"],
)
def test_a_list_names_a_provider_or_a_map(members: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_trust(issuer(**members), "list")
