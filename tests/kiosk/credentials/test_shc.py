"""SMART Health Cards, layer by layer, with cards made for the purpose."""

import json
import string
import zlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.bench.specimens import ISS, NOW, Tree, base64url, card, deflate, digits, dose
from kiosk.credentials import TrustList, combine
from kiosk.credentials.shc import MAX_INFLATED
from kiosk.evidence import CredentialKind, Finding, FindingKind, Verdict
from tests.examples import examples
from tests.kiosk.credentials.shc_checking import JWS, OTHER, SIGNER, TRUST, checked, directory, trusted

HOUR = timedelta(hours=1)


def lab(code: str = "260415000", **members: object) -> Tree:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94558-4"}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": "2021-05-31",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code}]},
    } | members


def test_a_card_says_who_was_vaccinated_when() -> None:
    found = checked(SIGNER.text(card()))
    assert (found.kind, found.verdict, found.issuer, found.detail) == (CredentialKind.SHC, Verdict.VALID, ISS, "")
    assert found.key_id == SIGNER.jwk["kid"]
    doses = [Finding(FindingKind.VACCINE_DOSE, "2021-01-01", 151), Finding(FindingKind.VACCINE_DOSE, "2021-01-29", 123)]
    assert found.findings == tuple(doses)
    assert found.person is not None
    assert (found.person.family, found.person.given, found.person.birth_date) == ("ANYPERSON", "JOHN", "1951-01-20")
    assert "ANYPERSON" not in repr(found).upper()


def test_the_jws_of_a_card_is_as_good_as_its_code() -> None:
    assert checked(SIGNER.jws(card())).verdict is Verdict.VALID


COVID_LAB = ("health-card", "covid19", "laboratory")


NEWER = ("health-card",)


FOUND: dict[str, tuple[Tree, tuple[FindingKind, ...]]] = {
    "a negative test": (card(lab(), types=COVID_LAB), (FindingKind.TEST,)),
    "a positive test": (card(lab("260373001"), types=COVID_LAB), (FindingKind.POSITIVE_TEST,)),
    "a test in LOINC's words": (card(lab("LA6577-6"), types=COVID_LAB), (FindingKind.TEST,)),
    "a test without a known result": (card(lab("1"), types=COVID_LAB), ()),
    "a test not yet final": (card(lab(status="preliminary"), types=COVID_LAB), ()),
    "a test of types that leave it out": (card(lab(), types=("health-card", "covid19")), ()),
    "a dose of types that leave the disease out": (card(types=("health-card", "immunization")), ()),
    "a dose of types that leave the kind out": (card(types=("health-card", "covid19")), ()),
    "a dose of a newer card, by its code": (card(types=NEWER), (FindingKind.VACCINE_DOSE,) * 2),
    "another vaccine of a newer card": (
        card(dose("2021-01-01", vaccineCode={"coding": [{"code": "140"}]}), types=NEWER),
        (),
    ),
    "a test of a newer card, by its code": (card(lab(), types=NEWER), (FindingKind.TEST,)),
    "a dose that was not given": (card(dose("2021-01-01", status="not-done")), ()),
    "types besides": (card(types=("health-card", "covid19", "immunization", "x")), (FindingKind.VACCINE_DOSE,) * 2),
    "a resource of no interest": (card(dose("2021-01-01"), {"resourceType": "Location"}), (FindingKind.VACCINE_DOSE,)),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_counts_is_about_covid_19_and_done(case: str) -> None:
    payload, kinds = FOUND[case]
    found = checked(SIGNER.text(payload))
    assert (found.verdict, tuple(finding.kind for finding in found.findings)) == (Verdict.VALID, kinds)
    assert bool(found.detail) == (kinds == ())


def patient(**members: object) -> Tree:
    payload = card()
    payload["vc"]["credentialSubject"]["fhirBundle"]["entry"][0]["resource"] |= members
    return payload


def bundle(**members: object) -> Tree:
    payload = card()
    payload["vc"]["credentialSubject"]["fhirBundle"] |= members
    return payload


def entries(*found: object) -> Tree:
    return bundle(entry=list(found))


MALFORMED_CONTENT: dict[str, Tree] = {
    "no credential": card(vc=None),
    "no type of a health card": card(types=("covid19", "immunization")),
    "types that are no list": card(vc={"type": "x", "credentialSubject": {}}),
    "no bundle": card(vc={"type": [], "credentialSubject": {"fhirVersion": "4.0.1"}}),
    "an issuer by http": card(iss="http://issuer.example/cards"),
    "an issuer with a slash at its end": card(iss=ISS + "/"),
    "an issuer that is no address": card(iss="issuer"),
    "an issuer that is a number": card(iss=7),
    "no beginning": card(nbf=None),
    "a beginning in milliseconds": card(nbf=NOW.timestamp() * 1000),
    "an end in milliseconds": card(exp=NOW.timestamp() * 1000),
    "an end before its beginning": card(exp=NOW.timestamp() - 7200),
    "a bundle that is none": bundle(resourceType="Patient"),
    "entries that are no list": bundle(entry={"0": 1}),
    "too many entries": entries(*({"fullUrl": f"resource:{n}", "resource": {"resourceType": "X"}} for n in range(65))),
    "an entry without a resource": entries({"fullUrl": "resource:0"}),
    "a long address": entries({"fullUrl": "https://x.example/0", "resource": {"resourceType": "Patient"}}),
    "one address twice": entries(*[{"fullUrl": "resource:0", "resource": {"resourceType": "Patient"}}] * 2),
    "no patient": entries({"fullUrl": "resource:0", "resource": {"resourceType": "Location"}}),
    "two patients": card(dose("2021-01-01"), {"resourceType": "Patient", "name": [{"family": "Other"}]}),
    "a patient without a name": patient(name=None),
    "a name that is a number": patient(name=[{"family": 7}]),
    "given names that are no list": patient(name=[{"given": "John"}]),
    "an endless name": patient(name=[{"family": "a" * 201}]),
    "a birth date that is none": patient(birthDate="20.01.1951"),
    "metadata that is a text": patient(meta="text"),
    "metadata besides security": patient(meta={"id": "x", "security": [{"code": "IAL2"}]}),
    "a security label that is none": patient(meta={"security": [{"badKey": "IAL2"}]}),
    "somebody else's dose": card(dose("2021-01-01", patient={"reference": "resource:1"})),
    "a dose without a code": card(dose("2021-01-01", vaccineCode={"text": "x"})),
    "a dose of a status that FHIR does not have": card(dose("2021-01-01", status="Completed")),
    "a dose without a date": card(dose("2021-01-01", occurrenceDateTime=None)),
    "a dose at a date that is none": card(dose("01-01-2021")),
    "a dose with two dates": card(dose("2021-01-01", occurrenceString="New Year")),
    "an empty text": card(dose("2021-01-01", lotNumber="")),
    "an empty list": card(dose("2021-01-01", performer=[])),
    "an empty object": card(dose("2021-01-01", performer=[{"actor": {}}])),
    "a test at no date": card(lab(effectiveDateTime=None), types=COVID_LAB),
    "an id for revocation that is none": {**card(), "vc": {**card()["vc"], "rid": "no good!"}},
}


@pytest.mark.parametrize("case", MALFORMED_CONTENT)
def test_a_card_is_malformed_with(case: str) -> None:
    found = checked(SIGNER.text(MALFORMED_CONTENT[case]))
    assert (found.verdict, found.person, found.findings, found.issuer) == (Verdict.MALFORMED, None, (), None)
    assert found.detail


PAYLOAD = json.dumps(card(), separators=(",", ":")).encode()


def with_part(number: int, text: str) -> str:
    pieces = JWS.split(".")
    pieces[number] = text
    return digits(".".join(pieces))


MALFORMED: dict[str, Callable[[], str]] = {
    "no slash": lambda: digits(JWS, "shc:"),
    "nothing": lambda: "shc:/",
    "an odd number of digits": lambda: digits(JWS) + "5",
    "letters": lambda: digits(JWS) + "ab",
    "digits for no character": lambda: digits(JWS) + "78",
    "white space after it": lambda: digits(JWS) + " ",
    "two points of three": lambda: digits(JWS.rpartition(".")[0]),
    "three points": lambda: digits(JWS + ".AA"),
    "nothing signed": lambda: with_part(1, ""),
    "one character of base64": lambda: with_part(0, "A"),
    "a header that is no JSON": lambda: with_part(0, base64url(b"header")),
    "a header that is a list": lambda: with_part(0, base64url(b"[]")),
    "no algorithm": lambda: digits(SIGNER.jws(card(), alg=None)),
    "no key": lambda: digits(SIGNER.jws(card(), kid=None)),
    "a key that is no name": lambda: digits(SIGNER.jws(card(), kid="Anyperson, John")),
    "an endless name of a key": lambda: digits(SIGNER.jws(card(), kid="a" * 65)),
    "no packing": lambda: digits(SIGNER.jws(card(), zip=None)),
    "a payload in zlib's frame": lambda: with_part(1, base64url(zlib.compress(PAYLOAD))),
    "a payload that ends early": lambda: with_part(1, base64url(deflate(PAYLOAD)[:-3])),
    "a payload that goes on": lambda: with_part(1, base64url(deflate(PAYLOAD) + b"\0")),
    "a bomb": lambda: with_part(1, base64url(deflate(b"{" + b" " * MAX_INFLATED + b"}"))),
    "white space around the payload": lambda: SIGNER.text(b" " + PAYLOAD),
    "a mark of the byte order": lambda: SIGNER.text(b"\xef\xbb\xbf" + PAYLOAD),
    "a payload that is a text": lambda: SIGNER.text(json.dumps(PAYLOAD.decode()).encode()),
    "a payload that is not UTF-8": lambda: SIGNER.text(b'{"\xff":1}'),
    "a member twice": lambda: SIGNER.text(b'{"iss":1,"iss":1}'),
    "no number": lambda: SIGNER.text(b'{"nbf":NaN}'),
    "a number without end": lambda: SIGNER.text(b'{"nbf":' + b"9" * 5000 + b"}"),
    "deep JSON": lambda: SIGNER.text(b"{" + b'"a":[' * 9000 + b"}"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_text_is_malformed_with(case: str) -> None:
    found = checked(MALFORMED[case]())
    assert (found.kind, found.verdict) == (CredentialKind.SHC, Verdict.MALFORMED)


UNSUPPORTED: dict[str, Callable[[], str]] = {
    "another algorithm": lambda: digits(SIGNER.jws(card(), alg="ES384")),
    "no signature at all": lambda: digits(SIGNER.jws(card(), alg="none")),
    "another packing, of a key of any name": lambda: digits(SIGNER.jws(card(), zip="GZ", kid="Anyperson, John")),
    "another packing": lambda: digits(SIGNER.jws(card(), zip="GZ")),
    "a link": lambda: "shlink:/eyJ1cmwiOiJodHRwczovL3guZXhhbXBsZSJ9",
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_this_software_does_not_know_is_unsupported(case: str) -> None:
    assert checked(UNSUPPORTED[case]()).verdict is Verdict.UNSUPPORTED


@pytest.mark.parametrize("length", [0, 63, 65, 70, 72])
def test_a_signature_of_another_length_is_bad(length: int) -> None:
    signature = base64url(b"\1" * length) or "AA"
    assert checked(with_part(2, signature)).verdict is Verdict.BAD_SIGNATURE


def test_a_signature_by_another_key_is_bad() -> None:
    found = checked(digits(OTHER.jws(card(), kid=SIGNER.jwk["kid"])))
    assert (found.verdict, found.person) == (Verdict.BAD_SIGNATURE, None)


ISSUERS: dict[str, tuple[TrustList, Verdict]] = {
    "its key, in a directory": (directory(SIGNER.jwk), Verdict.VALID),
    "one of its keys": (directory(OTHER.jwk, SIGNER.jwk), Verdict.VALID),
    "nobody": (TrustList(), Verdict.UNTRUSTED_ISSUER),
    "another key of the same issuer": (directory(OTHER.jwk), Verdict.UNTRUSTED_ISSUER),
    "the key, but of another issuer": (directory(SIGNER.jwk, iss="https://other.example"), Verdict.UNTRUSTED_ISSUER),
    "a key set alone": (trusted({"keys": [SIGNER.jwk]}), Verdict.VALID),
    "a key set, and its issuer on the allow-list": (
        combine(trusted({"keys": [SIGNER.jwk]}), trusted({"participating_issuers": [{"iss": ISS}]})),
        Verdict.VALID,
    ),
    "a key set, and another issuer on the allow-list": (
        combine(trusted({"keys": [SIGNER.jwk]}), trusted({"participating_issuers": [{"iss": "https://other.example"}]})),
        Verdict.UNTRUSTED_ISSUER,
    ),
    "a key set, and the issuer's own keys": (
        combine(trusted({"keys": [SIGNER.jwk]}), directory(OTHER.jwk)),
        Verdict.UNTRUSTED_ISSUER,
    ),
}


@pytest.mark.parametrize("case", ISSUERS)
def test_a_card_is_believed_from_an_issuer_with_a_key_of_its_own(case: str) -> None:
    trust, verdict = ISSUERS[case]
    found = checked(SIGNER.text(card()), trust)
    assert found.verdict is verdict
    assert (found.person is None) == (verdict is not Verdict.VALID)


@pytest.mark.parametrize(
    ("hours", "tolerance_s", "verdict"),
    [
        (-1.01, 0, Verdict.NOT_YET_VALID),
        (-1.01, 60, Verdict.VALID),
        (-1, 0, Verdict.VALID),
        (1.99, 0, Verdict.VALID),
        (2, 0, Verdict.EXPIRED),
        (2, 60, Verdict.VALID),
    ],
)
def test_a_card_is_in_force_from_its_beginning_to_its_end(hours: float, tolerance_s: float, verdict: Verdict) -> None:
    text = SIGNER.text(card(exp=(NOW + 2 * HOUR).timestamp()))
    assert checked(text, at=NOW + hours * HOUR, tolerance_s=tolerance_s).verdict is verdict


def test_a_card_without_an_end_has_none() -> None:
    assert checked(SIGNER.text(card()), at=NOW + 20_000 * HOUR).verdict is Verdict.VALID


REVOCATIONS: dict[str, tuple[str | None, list[str], Verdict]] = {
    "for good": ("card-1", ["card-1"], Verdict.REVOKED),
    "what began before": ("card-1", [f"card-1.{round(NOW.timestamp())}"], Verdict.REVOKED),
    "what began before long ago": ("card-1", [f"card-1.{round(NOW.timestamp()) - 7200}"], Verdict.VALID),
    "another card": ("card-1", ["card-2"], Verdict.VALID),
    "a card without an id": (None, ["card-1"], Verdict.VALID),
}


@pytest.mark.parametrize("case", REVOCATIONS)
def test_an_issuer_revokes(case: str) -> None:
    card_id, revoked, verdict = REVOCATIONS[case]
    payload = card()
    if card_id is not None:
        payload["vc"]["rid"] = card_id
    crl = {"kid": SIGNER.jwk["kid"], "method": "rid", "ctr": 1, "rids": revoked}
    assert checked(SIGNER.text(payload), combine(TRUST, trusted(crl))).verdict is verdict
    assert checked(SIGNER.text(payload), directory(SIGNER.jwk, crls=[crl])).verdict is verdict


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["vc", "type", "entry", "resource", "resourceType", "fullUrl", "name", "status", "coding", "code"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*card()]), trees, min_size=1))
def test_no_json_whatever_in_a_card_raises(changes: Tree) -> None:
    assert checked(SIGNER.jws(card() | changes)).verdict is not Verdict.BAD_SIGNATURE


@given(st.dictionaries(st.sampled_from([*dose("")]), trees, min_size=1))
@settings(max_examples=examples(2))
def test_no_json_whatever_in_a_resource_raises(changes: Tree) -> None:
    assert checked(SIGNER.jws(card(dose("2021-01-01") | changes))).verdict in (Verdict.VALID, Verdict.MALFORMED)


@given(st.binary(max_size=200), st.text(alphabet=string.ascii_letters + string.digits + "-_.", max_size=200))
def test_no_bytes_whatever_behind_any_layer_raise(data: bytes, text: str) -> None:
    header, payload, signature = JWS.split(".")
    for jws in (text, f"{header}.{base64url(data)}.{signature}", f"{base64url(data)}.{payload}.{signature}", f"eyJ.{text}"):
        assert checked(digits(jws)).verdict is not Verdict.VALID
    for content in (b"shc:/" + data, b"eyJ" + data, b"eyJ." + data, b"shlink:/" + data):
        assert checked(content).verdict is not Verdict.VALID


@given(st.integers(0, 10_000), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_no_character_of_a_card_can_be_changed(place: int, other: str) -> None:
    at = place % len(JWS)
    changed = JWS[:at] + other + JWS[at + 1 :]
    # The last character of each part may have bits that no reader looks at.
    assert checked(digits(changed)).verdict is not Verdict.VALID or changed == JWS or at == len(JWS) - 1
