import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.credentials import Examined, HealthToken, TrustList, examine, parse_trust, resolved
from kiosk.evidence import MAX_CODE, Credential, CredentialKind, HealthStatus, Verdict
from kiosk.units import WallTime

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "passes.json").read_text("utf-8"))
SERVICE = {
    "id": "city",
    "kind": "health_token",
    "hosts": ["code.example", "s.code.example"],
    "prefixes": ["HCODE:"],
    "map": {"00": "green", "01": "yellow"},
}
TRUST = parse_trust(json.dumps(VECTORS["trust"] | {"issuers": [*VECTORS["trust"]["issuers"], SERVICE]}).encode(), "test")
AT = WallTime(1585003600 * 1_000_000)
PASS = VECTORS["passes"][0]["text"]

TOKENS = {
    "an address": ("https://code.example/show?t=abcDEF-123", "abcDEF-123"),
    "the other host": ("https://s.code.example/?t=abc", "abc"),
    "no path": ("https://code.example?t=abc", "abc"),
    "capitals in the host": ("https://Code.Example/?t=abc", "abc"),
    "capitals in the scheme": ("HTTPS://CODE.EXAMPLE/?t=ABC", "ABC"),
    "the usual port": ("https://code.example:443/?t=abc", "abc"),
    "other parameters": ("https://code.example/a/b?from=wx&t=abc&v=2", "abc"),
    "an escaped token": ("https://code.example/?t=a%2Bb%3D%3D", "a+b=="),
    "a prefix": ("HCODE:abcDEF123", "abcDEF123"),
}
NOT_CODES = {
    "nothing": "",
    "a word": "hello",
    "another host": "https://evil.example/?t=abc",
    "a host that ends like ours": "https://notcode.example/?t=abc",
    "a host below ours": "https://a.code.example/?t=abc",
    "a host that begins like ours": "https://code.example.evil.example/?t=abc",
    "a trailing dot": "https://code.example./?t=abc",
    "ours as the user": "https://code.example@evil.example/?t=abc",
    "a user": "https://user:word@code.example/?t=abc",
    "an empty user": "https://@code.example/?t=abc",
    "a backslash": "https://evil.example\\@code.example/?t=abc",
    "plain HTTP": "http://code.example/?t=abc",
    "no scheme": "//code.example/?t=abc",
    "another port": "https://code.example:8443/?t=abc",
    "a port that is none": "https://code.example:https/?t=abc",
    "a fragment": "https://code.example/?t=abc#there",
    "no token": "https://code.example/menu",
    "another parameter": "https://code.example/?token=abc",
    "a broken query": "https://code.example/?t",
    "a space before": " https://code.example/?t=abc",
    "a line end": "https://code.example/?t=abc\n",
    "a tab inside": "https://code.ex\tample/?t=abc",
    "full-width letters": "https://ｃode.example/?t=abc",
    "a broken bracket": "https://[code.example/?t=abc",
    "the prefix in small letters": "hcode:abc",
}
BROKEN = {
    "an empty token": "https://code.example/?t=",
    "two tokens": "https://code.example/?t=abc&t=abd",
    "a token with a space": "https://code.example/?t=a%20b",
    "a token with a quote": "https://code.example/?t=a%22b",
    "a long token": "https://code.example/?t=" + "a" * 257,
    "a prefix without a token": "HCODE:",
}


def shown(text: str, trust: TrustList = TRUST) -> Examined:
    return examine(text.encode(), trust, AT)


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_of_a_known_issuer_is_found_in(case: str) -> None:
    text, token = TOKENS[case]
    assert shown(text) == HealthToken(token, "city")


@pytest.mark.parametrize("case", NOT_CODES)
def test_no_health_code_is_seen_in(case: str) -> None:
    credential = shown(NOT_CODES[case])
    assert isinstance(credential, Credential)
    assert (credential.kind, credential.verdict) == (CredentialKind.UNRECOGNISED, Verdict.MALFORMED)


@pytest.mark.parametrize("case", BROKEN)
def test_a_health_code_is_malformed_with(case: str) -> None:
    credential = shown(BROKEN[case])
    assert isinstance(credential, Credential)
    assert (credential.kind, credential.verdict) == (CredentialKind.HEALTH_TOKEN, Verdict.MALFORMED)
    assert credential.issuer == "city"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (HealthStatus.GREEN, Verdict.VALID),
        (HealthStatus.YELLOW, Verdict.VALID),
        (HealthStatus.RED, Verdict.VALID),
        (HealthStatus.EXPIRED, Verdict.EXPIRED),
        (HealthStatus.UNKNOWN, Verdict.UNSUPPORTED),
    ],
)
def test_an_issuers_answer_makes_a_credential(status: HealthStatus, verdict: Verdict) -> None:
    credential = resolved(HealthToken("abc", "city"), status)
    assert (credential.kind, credential.verdict) == (CredentialKind.HEALTH_TOKEN, verdict)
    assert (credential.issuer, credential.holder, credential.health) == ("city", "abc", status)


def test_a_token_is_never_shown() -> None:
    token = shown("HCODE:secret")
    assert isinstance(token, HealthToken)
    assert "secret" not in repr(token)
    assert "secret" not in repr(resolved(token, HealthStatus.GREEN))


def test_an_empty_trust_list_believes_nothing() -> None:
    for text in (PASS, *(text for text, _ in TOKENS.values())):
        credential = shown(text, TrustList())
        assert isinstance(credential, Credential)
        assert credential.verdict in (Verdict.UNTRUSTED_ISSUER, Verdict.MALFORMED)


def test_content_longer_than_any_code_is_nobodys() -> None:
    credential = shown("HCODE:" + "a" * MAX_CODE)
    assert isinstance(credential, Credential)
    assert credential.kind is CredentialKind.UNRECOGNISED


pieces = st.sampled_from(
    [
        b"GP1:",
        b"GP3:",
        b"GP1",
        b"HCODE:",
        b"https://",
        b"code.example",
        b"/?t=",
        b"?",
        b"&t=",
        b"%",
        b"@",
        b"[",
        b":",
    ]
)
hostile = (
    st.binary(max_size=600)
    | st.lists(pieces | st.binary(max_size=6), max_size=12).map(b"".join)
    | st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", max_size=320).map(lambda t: b"GP1:" + t.encode())
)


@given(hostile)
@example(b"GP1:" + b"0" * 5000)
@example(b"https://code.example/?" + b"&" * 2000)
@example(b"GP999:")
def test_no_bytes_whatever_raise_or_are_valid(content: bytes) -> None:
    match examine(content, TRUST, AT):
        case Credential(verdict=verdict):
            assert verdict is not Verdict.VALID
        case HealthToken(token, issuer):
            assert token
            assert issuer == "city"
