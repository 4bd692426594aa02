"""Files that say whom to trust, of every kind, good and hostile."""

import base64
import contextlib
import json
import ssl
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bench.specimens import (
    ISS,
    NOW,
    DocumentSigner,
    base64url,
    card,
    card_signer,
    dcc,
    ec_document_signer,
    rsa_document_signer,
)
from kiosk.credentials import TrustList, combine, examine, read_trust
from kiosk.credentials.dcc_content import Group
from kiosk.credentials.jwk import base64url as unpadded
from kiosk.credentials.jwk import public_key, thumbprint
from kiosk.errors import UsageError
from kiosk.evidence import Credential, Verdict
from kiosk.units import WallTime

EC, RSA, CARDS = ec_document_signer(), rsa_document_signer(), card_signer()
TESTS_ONLY = "1.3.6.1.4.1.1847.2021.1.1"
AT = WallTime(round(NOW.timestamp() * 1_000_000))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pem(signer: DocumentSigner) -> bytes:
    return ssl.DER_cert_to_PEM_cert(signer.certificate).encode()


def spki(signer: DocumentSigner) -> bytes:
    key = load_der_x509_certificate(signer.certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def jwk(signer: DocumentSigner, **members: object) -> dict[str, Any]:
    """Write the key of a signer as the Swedish list does."""
    key = load_der_x509_certificate(signer.certificate).public_key()
    named = {"kid": b64(signer.key_id)}
    match key:
        case ec.EllipticCurvePublicKey():
            point = key.public_numbers()
            x, y = (base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
            return named | {"kty": "EC", "crv": "P-256", "x": x, "y": y} | members
        case rsa.RSAPublicKey():
            numbers = key.public_numbers()
            n, e = (base64url(number.to_bytes(size, "big")) for number, size in ((numbers.n, 256), (numbers.e, 3)))
            return named | {"kty": "RSA", "n": n, "e": e} | members
    raise AssertionError


def german(*signers: DocumentSigner, **members: object) -> dict[str, Any]:
    entries = [{"country": "DE", "kid": b64(one.key_id), "rawData": b64(one.certificate)} | members for one in signers]
    return {"certificates": entries}


def swedish(*keys: dict[str, Any], **usages: object) -> dict[str, Any]:
    return {"iss": "x", "dsc_trust_list": {"SE": {"keys": list(keys), "eku": usages}}}


def dutch(*signers: DocumentSigner, usage: object = ("v", "t", "r")) -> dict[str, Any]:
    return {
        "cl_keys": [],
        "eu_keys": {b64(one.key_id): [{"subjectPk": b64(spki(one)), "keyUsage": usage}] for one in signers},
    }


def own(*issuers: dict[str, Any], **members: object) -> dict[str, Any]:
    return {"schema": 1, "id": "list", "issued_at": "2021-05-01T00:00:00Z", "issuers": list(issuers)} | members


def written(tree: object) -> bytes:
    return json.dumps(tree).encode()


GERMAN, SWEDISH, DUTCH = german(EC, RSA), swedish(jwk(EC), jwk(RSA)), dutch(EC, RSA)
DCC_FILES: dict[str, bytes] = {
    "certificates in PEM": pem(EC) + pem(RSA),
    "certificates in PEM, with remarks": b"subject=C = AT\n" + pem(EC) + b"\nsubject=C = AT\n" + pem(RSA),
    "a German list": written(GERMAN),
    "a German list after its signature": b"MEUCIQDx".ljust(96, b"A") + b"==\n" + written(GERMAN),
    "a Swedish list": written(SWEDISH),
    "a Swedish list with certificates": written(
        swedish(jwk(EC, x5c=[b64(EC.certificate)]), jwk(RSA, x5c=[b64(RSA.certificate)]))
    ),
    "a Swedish list in its signature": b'eyJhbGciOiJFUzI1NiJ9.{"a":1,' + written(SWEDISH)[1:] + b".c2lnbmF0dXJl",
    "a list in a usual signature": f"eyJhbGciOiJFUzI1NiJ9.{base64url(written(SWEDISH))}.c2lnbmF0dXJl\n".encode(),
    "a Dutch list": written(DUTCH),
    "a Dutch list in its envelope": written({"payload": b64(written(DUTCH)), "signature": "AAAA"}),
    "a key set": written({"keys": [jwk(EC), jwk(RSA)]}),
    "Gatepost's own list": written(
        own({"id": "eu", "kind": "dcc", "certificates": [b64(EC.certificate), b64(RSA.certificate)]})
    ),
}


def verdict_of(text: str, trust: TrustList) -> Verdict:
    found = examine(text.encode(), trust, AT)
    assert isinstance(found, Credential)
    return found.verdict


@pytest.mark.parametrize("case", DCC_FILES)
def test_signers_of_certificates_are_believed_from(case: str) -> None:
    trust = read_trust(DCC_FILES[case], "file")
    assert set(trust.document_signers) == {EC.key_id, RSA.key_id}
    assert [verdict_of(signer.text(dcc()), trust) for signer in (EC, RSA)] == [Verdict.VALID] * 2


@pytest.mark.parametrize(
    "data", [EC.certificate, b64(EC.certificate).encode() + b"\n", pem(EC)], ids=["der", "base64", "pem"]
)
def test_one_certificate_is_believed(data: bytes) -> None:
    assert verdict_of(EC.text(dcc()), read_trust(data, "file")) is Verdict.VALID


CARD_FILES: dict[str, bytes] = {
    "a key set": written({"keys": [CARDS.jwk]}),
    "one key": written(CARDS.jwk),
    "a key set with signers of certificates besides": written({"keys": [jwk(EC), CARDS.jwk]}),
    "a key set with a key of no use": written({"keys": [{**CARDS.jwk, "use": "enc"}, CARDS.jwk]}),
    "a directory": written({"time": "2021-05-01T00:00:00Z", "issuerInfo": [{"issuer": {"iss": ISS}, "keys": [CARDS.jwk]}]}),
    "Gatepost's own list": written(own({"id": "vci", "kind": "shc", "iss": ISS, "keys": [dict(CARDS.jwk)]})),
}


@pytest.mark.parametrize("case", CARD_FILES)
def test_issuers_of_cards_are_believed_from(case: str) -> None:
    assert verdict_of(CARDS.text(card()), read_trust(CARD_FILES[case], "file")) is Verdict.VALID


@pytest.mark.parametrize("case", [*DCC_FILES, *CARD_FILES])
def test_a_list_is_named_by_its_id_or_by_its_file(case: str) -> None:
    data = (DCC_FILES | CARD_FILES)[case]
    assert read_trust(data, "/etc/gatepost/trust/file.json").documents == ("list" if b'"schema"' in data else "file.json",)


USAGES: dict[str, dict[str, Any]] = {
    "a certificate": german(ec_document_signer([TESTS_ONLY])),
    "a Swedish list": swedish(jwk(EC), **{b64(EC.key_id): [TESTS_ONLY]}),
    "a Dutch list": dutch(EC, usage=["t"]),
}


@pytest.mark.parametrize("case", USAGES)
def test_a_constraint_on_what_a_key_signs_is_kept_from(case: str) -> None:
    ((signer,),) = read_trust(written(USAGES[case]), "file").document_signers.values()
    assert signer.may_sign == {Group.TEST}


def test_the_name_of_a_key_is_the_lists_where_a_list_gives_one() -> None:
    trust = read_trust(written(german(EC, kid=b64(b"another."))), "file")
    assert set(trust.document_signers) == {b"another."}


def test_an_entry_of_no_use_is_left_out_of_a_list() -> None:
    broken = german(EC)["certificates"] + [{"rawData": "AAAA"}, {}, 7, german(RSA, certificateType="CSCA")["certificates"][0]]
    assert set(read_trust(written({"certificates": broken}), "file").document_signers) == {EC.key_id}


def test_an_issuer_without_a_key_is_left_out_of_a_directory() -> None:
    good = {"issuer": {"iss": ISS}, "keys": [CARDS.jwk]}
    entries = [{"issuer": {"iss": "https://x.example"}, "keys": []}, {"issuer": 7}, {"issuer": {"iss": "http://x"}}, good]
    trust = read_trust(written({"time": "2021-05-01T00:00:00Z", "issuerInfo": entries}), "file")
    assert set(trust.card_issuers) == {ISS}
    assert trust.issued_at == 1619827200 * 1_000_000


def test_lists_of_different_kinds_are_one() -> None:
    trust = combine(*(read_trust(data, "file") for data in (*DCC_FILES.values(), *CARD_FILES.values())))
    assert verdict_of(EC.text(dcc()), trust) is Verdict.VALID
    assert verdict_of(CARDS.text(card()), trust) is Verdict.VALID
    assert trust.issued_at == 1619827200 * 1_000_000
    assert combine(trust, trust) == trust


def test_of_two_lists_of_revoked_cards_the_stricter_holds() -> None:
    crl = {"kid": "k", "method": "rid", "ctr": 1}
    lists = [read_trust(written(crl | {"rids": rids}), "file") for rids in (["a.1", "b.5"], ["a", "b.9", "c.1"])]
    assert combine(*lists).revoked_cards == {"k": {"a": None, "b": 9_000_000, "c": 1_000_000}}
    assert combine(*lists) == combine(*reversed(lists))


SMALL_RSA = jwk(RSA) | {"n": base64url(b"\xc1" * 128)}
MISTAKES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "neither a certificate nor JSON"),
    "a text": (b"trust me", "neither a certificate nor JSON"),
    "too large": (b" " * (8 * 1024 * 1024 + 1), "too large"),
    "a list": (b"[]", "expected `object`"),
    "a number": (b"7", "expected `object`"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "a member twice": (b'{"keys": [], "keys": []}', "twice"),
    "a broken PEM": (pem(EC)[:-80] + b"-----END CERTIFICATE-----\n", "holds a certificate that cannot be used"),
    "a PEM of something else": (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "certificate"),
    "a key on a curve that is not known": (
        EC.certificate.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648cf3d030107")),
        "of a kind that is not known here",
    ),
    "a certificate of another version": (
        EC.certificate.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1),
        "version",
    ),
    "a broken certificate in base64": (b64(EC.certificate).encode()[:99], "a certificate is not base64"),
    "a broken DER": (EC.certificate[:100], "holds a certificate that cannot be used"),
    "bytes after a DER": (EC.certificate + b"\0", "holds a certificate that cannot be used"),
    "a key set that is empty": (b'{"keys": []}', "no key in it"),
    "a key set that is none": (b'{"keys": 7}', "keys does not hold"),
    "a key set of numbers": (b'{"keys": [7]}', "a key is no JSON object"),
    "a private key": (written({"keys": [{**CARDS.jwk, "d": "AAAA"}]}), "private key"),
    "a secret": (b'{"kty": "oct", "k": "AAAA", "kid": "x"}', "private key"),
    "a point off the curve": (written({"keys": [{**CARDS.jwk, "x": CARDS.jwk["y"]}]}), "cannot be used"),
    "a German list that is none": (b'{"certificates": 7}', "certificates does not hold"),
    "a German list that is empty": (b'{"certificates": []}', "it is empty"),
    "a German list of broken entries": (b'{"certificates": [{"kid": "AAAA"}]}', "'rawData' is missing"),
    "a Swedish list that is none": (b'{"dsc_trust_list": {"SE": 7}}', "dsc_trust_list does not hold"),
    "a Swedish key of another kind": (written(swedish({"kty": "OKP", "kid": "AAAA"})), "its kind is 'OKP'"),
    "a Swedish key that is too small": (written(swedish(SMALL_RSA)), "2048 to 4096 bits"),
    "a Dutch list that is none": (b'{"eu_keys": []}', "eu_keys does not hold"),
    "a Dutch key of no usage": (written(dutch(EC, usage=["x"])), "'x' is not a valid Group"),
    "an envelope with something else": (b'{"payload": "!!"}', "payload is not base64"),
    "an envelope with nonsense": (written({"payload": b64(b"nonsense")}), "neither a certificate nor JSON"),
    "a directory that is none": (b'{"issuerInfo": 7}', "the issuers are no list"),
    "a directory of nobody": (b'{"issuerInfo": []}', "no issuer in this directory"),
    "a directory without a date": (written({"issuerInfo": [{"issuer": {"iss": ISS}, "keys": [CARDS.jwk]}]}), "time: a date"),
    "an allow-list that is none": (b'{"participating_issuers": {}}', "the issuers are no list"),
    "an allow-list by http": (b'{"participating_issuers": [{"iss": "http://x.example"}]}', "https address"),
    "a list of revoked cards that is none": (b'{"rids": 7}', "must have the members 'kid' and 'rids'"),
    "another method": (b'{"rids": [], "kid": "k", "method": "x"}', "method is 'x'"),
    "a card twice": (b'{"rids": ["a", "a.1"], "kid": "k", "method": "rid"}', "'a' is there twice"),
    "an id that is too long": (written({"rids": ["a" * 25], "kid": "k", "method": "rid"}), "is no id of a card"),
    "own list, broken certificate": (
        written(own({"id": "eu", "kind": "dcc", "certificates": ["AAAA"]})),
        "issuer 'eu': holds a certificate that cannot be used",
    ),
    "own list, no base64": (written(own({"id": "eu", "kind": "dcc", "certificates": ["!"]})), "is not base64"),
    "own list, broken key": (written(own({"id": "x", "kind": "shc", "iss": ISS, "keys": [{"kty": "EC"}]})), "issuer 'x'"),
    "own list, issuer by http": (
        written(own({"id": "x", "kind": "shc", "iss": "http://x", "keys": [dict(CARDS.jwk)]})),
        "https address",
    ),
    "own list, mark too short": (written(own(revoked_certificates=["00"])), "revoked_certificates[0]"),
    "own list, a certificate's prefix": (
        written(own({"id": "x", "kind": "health_token", "map": {}, "prefixes": ["HC1:"]})),
        "a health certificate",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_that_names_it(mistake: str) -> None:
    data, words = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        read_trust(data, "trust.json")
    assert str(caught.value).startswith("trust.json: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_thumbprint_is_that_of_the_example_in_rfc_7638() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha"
        "jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    example = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(example) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert isinstance(public_key(example), rsa.RSAPublicKey)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("depth", [100, 900, 940, 960, 970, 980, 990, 5000])
@pytest.mark.parametrize("member", ["alg", "kid", "schema", "method", "iss"])
def test_however_deep_a_member_is_nested_there_is_one_short_sentence(member: str, depth: int) -> None:
    for around in (b'{"kty": "EC", "%s": %s}', b'{"schema": 1, "%s": %s}', b'{"rids": [], "kid": "k", "%s": %s}'):
        with pytest.raises(UsageError) as caught:
            read_trust(around % (member.encode(), nested(depth)), "file")
        assert len(str(caught.value)) <= 300


def test_what_a_hostile_file_says_is_cut_short() -> None:
    with pytest.raises(UsageError) as caught:
        read_trust(written({"kty": "EC", "kid": "a\nb" * 9, "crv": "x" * 100_000}), "file")
    assert str(caught.value).startswith("file: the key 'a\\nb")
    assert len(str(caught.value)) == 300


@given(st.binary(max_size=200))
def test_base64url_is_read_back(data: bytes) -> None:
    assert unpadded(base64url(data)) == data


@pytest.mark.parametrize("text", ["A", "AA=", "A+", "A/", "A A", "é", "\n", None, 7], ids=repr)
def test_what_is_not_base64url_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        unpadded(text)


members = st.sampled_from(
    [
        *("keys", "kty", "kid", "certificates", "rawData", "dsc_trust_list", "eu_keys", "payload", "issuerInfo", "issuer"),
        *("participating_issuers", "rids", "method", "iss", "x5c", "time", "crls", "SE", "eku", "schema", "issuers"),
    ]
)
leaves = st.none() | st.integers() | st.text(max_size=6) | st.sampled_from([ISS, "rid", "EC", "AAAA", b64(EC.certificate)])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=4))


@given(st.binary(max_size=300) | trees.map(written))
def test_no_bytes_whatever_raise_anything_but_a_usage_error(data: bytes) -> None:
    with contextlib.suppress(UsageError):
        read_trust(data, "file")


good_files = st.sampled_from([*DCC_FILES.values(), *CARD_FILES.values(), EC.certificate])


@given(good_files, st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 3))
def test_no_damage_to_a_good_file_raises_anything_but_a_usage_error(
    data: bytes, place: int, inserted: bytes, removed: int
) -> None:
    at = place % len(data)
    with contextlib.suppress(UsageError):
        read_trust(data[:at] + inserted + data[at + removed :], "file")
