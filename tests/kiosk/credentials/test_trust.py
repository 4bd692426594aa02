import base64
import contextlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials import TrustList, combine, key_id, parse_statuses, parse_trust
from kiosk.errors import UsageError
from kiosk.evidence import HealthStatus
from kiosk.people import VisitorKind

PUBLIC = [
    Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for n in (1, 2)
]


def pass_issuer(number: int = 0, **keys: object) -> dict[str, Any]:
    return {
        "id": f"office-{number}",
        "kind": "pass",
        "key": base64.b64encode(PUBLIC[number]).decode(),
        "compounds": ["tianshan-12", "hongqiao-3"],
        "visitors": ["guest", "courier"],
    } | keys


def service(**keys: object) -> dict[str, Any]:
    return {"id": "city", "kind": "health_token", "hosts": ["code.example"], "map": {"00": "green"}} | keys


def written(*issuers: dict[str, Any], **keys: object) -> bytes:
    document = {"schema": 1, "id": "list", "issued_at": "2020-03-24T08:00:00+08:00", "issuers": list(issuers)}
    return json.dumps(document | keys).encode()


def test_a_list_names_keys_services_and_revoked_passes() -> None:
    trust = parse_trust(written(pass_issuer(), service(), revoked=["00" * 12]), "list.json")
    issuer = trust.pass_issuers[key_id(PUBLIC[0])]
    assert issuer.compounds == {"tianshan-12", "hongqiao-3"}
    assert issuer.visitors == {VisitorKind.GUEST, VisitorKind.COURIER}
    assert trust.revoked == {bytes(12)}
    assert trust.documents == ("list",)
    assert trust.issued_at == 1585008000 * 1_000_000


@pytest.mark.parametrize("answer", ["", "0", "000", "green", "GREEN", "02", "None"])
def test_an_answer_that_is_not_mapped_is_unknown_and_never_green(answer: str) -> None:
    issuer = parse_trust(written(service()), "list.json").token_issuer("city")
    assert issuer is not None
    assert issuer.status("00") is HealthStatus.GREEN
    assert issuer.status(answer) is HealthStatus.UNKNOWN


def test_several_lists_are_one_and_as_old_as_the_oldest() -> None:
    first = parse_trust(written(pass_issuer(0), revoked=["00" * 12]), "a")
    second = parse_trust(
        written(pass_issuer(1), service(), id="b", issued_at="2019-01-01T00:00:00Z", revoked=["11" * 12]), "b"
    )
    both = combine(first, second, first)
    assert set(both.pass_issuers) == {key_id(public) for public in PUBLIC}
    assert both.revoked == {bytes(12), b"\x11" * 12}
    assert both.issued_at == second.issued_at
    assert both.documents == ("list", "b")
    assert combine() == TrustList()


CONTRADICTIONS = {
    "one key with two rights": [written(pass_issuer()), written(pass_issuer(visitors=["resident"]))],
    "one name for two services": [written(service()), written(service(hosts=["other.example"]))],
    "one host of two services": [written(service()), written(service(id="county"))],
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_lists_that_contradict_each_other_are_refused(case: str) -> None:
    lists = [parse_trust(data, "list.json") for data in CONTRADICTIONS[case]]
    with pytest.raises(UsageError, match="keep one"):
        combine(*lists)


def test_a_gate_believes_keys_for_its_own_compound_only() -> None:
    trust = parse_trust(written(pass_issuer()), "list.json")
    (issuer,) = trust.for_compound("hongqiao-3").pass_issuers.values()
    assert issuer.compounds == {"hongqiao-3"}
    (issuer,) = trust.for_compound("elsewhere").pass_issuers.values()
    assert issuer.compounds == frozenset()


MISTAKES = {
    "not UTF-8": (b"\xff", "not UTF-8"),
    "not JSON": (b"{", "not JSON"),
    "too deep": (b"[" * 200_000, "not JSON"),
    "a member twice": (b'{"schema": 1, "schema": 1}', "there twice"),
    "a list": (b"[]", "expected `object`"),
    "another schema": (written(schema=2), "schema is 2"),
    "schema true": (written(schema=True), "schema"),
    "no id": (b'{"schema": 1}', "`id`"),
    "unknown member": (written(colour="red"), "`colour`"),
    "no time zone": (written(issued_at="2020-03-24T08:00:00"), "issued_at"),
    "unknown kind": (written(pass_issuer(kind="card")), "issuers[0]"),
    "short key": (written(pass_issuer(key="AAAA")), "issuer 'office-0': key must be"),
    "key in hexadecimal": (written(pass_issuer(key="00" * 32)), "key must be"),
    "key not canonical": (written(pass_issuer(key=base64.b64encode(PUBLIC[0]).decode() + "\n")), "key must be"),
    "placeholder key": (written(pass_issuer(key=base64.b64encode(bytes(32)).decode())), "placeholder"),
    "placeholder key, signed": (
        written(pass_issuer(key=base64.b64encode(b"\x01" + bytes(30) + b"\x80").decode())),
        "placeholder",
    ),
    "no compounds": (written(pass_issuer(compounds=[])), "issuers[0].compounds"),
    "compound in capitals": (written(pass_issuer(compounds=["Tianshan"])), "issuers[0].compounds[0]"),
    "unknown visitor": (written(pass_issuer(visitors=["cat"])), "issuers[0].visitors[0]"),
    "service without hosts": (written(service(hosts=[])), "neither hosts nor prefixes"),
    "host with a path": (written(service(hosts=["code.example/a"])), "issuers[0].hosts[0]"),
    "host in capitals": (written(service(hosts=["Code.example"])), "issuers[0].hosts[0]"),
    "a pass's prefix": (written(service(prefixes=["GP1:"])), "'GP1:'"),
    "an address as prefix": (written(service(prefixes=["https://code.example/"])), "use hosts"),
    "status that is none": (written(service(map={"00": "blue"})), "issuer 'city': map: '00' is mapped to 'blue'"),
    "revoked id too short": (written(revoked=["00"]), "revoked[0]"),
    "one key twice": (written(pass_issuer(), pass_issuer(id="other")), "the same key"),
    "too large": (b" " * (8 * 1024 * 1024 + 1), "too large"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_that_names_it(mistake: str) -> None:
    data, sentence = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        parse_trust(data, "list.json")
    assert str(caught.value).startswith("list.json: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mapping_to_a_status_that_is_none_is_refused() -> None:
    assert parse_statuses({"1": "green"}, "x") == {"1": HealthStatus.GREEN}
    with pytest.raises(UsageError, match="'1' is mapped to 'Green'"):
        parse_statuses({"1": "Green"}, "x")


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.text(max_size=5),
        lambda i: st.lists(i) | st.dictionaries(st.sampled_from(["schema", "id", "issuers", "kind"]), i),
    ).map(lambda tree: json.dumps(tree).encode())
)
def test_no_bytes_raise_anything_but_a_usage_error(data: bytes) -> None:
    with contextlib.suppress(UsageError):
        parse_trust(data, "list.json")
