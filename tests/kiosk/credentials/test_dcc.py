"""EU Digital COVID Certificates, layer by layer, with certificates made for the purpose."""

import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cbor2 import CBORTag, dumps
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, SECP521R1, EllipticCurve

from kiosk.bench.specimens import NOW, dcc, ec_document_signer, pack, rsa_document_signer
from kiosk.credentials import TrustList, base45, combine
from kiosk.credentials.bounded import cbor
from kiosk.credentials.dcc import MAX_INFLATED, revocation_mark
from kiosk.credentials.dcc_trust import read_certificate
from kiosk.evidence import CredentialKind, Finding, FindingKind, Verdict
from tests.kiosk.credentials.dcc_checking import GOOD, HEADER, OTHER, PAYLOAD, SIGNER, TRUST, checked, entry, message, wall

RSA = rsa_document_signer()


TEST_OID, VACCINATION_OID = "1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.0.1847.2021.1.2"


HOUR = timedelta(hours=1)


TEST = {
    "tg": "840539006",
    "tt": "LP6464-4",
    "sc": "2021-05-31T09:30:00Z",
    "tr": "260415000",
    "co": "AT",
    "is": "x",
    "ci": "t",
}


RECOVERY = {"tg": "840539006", "fr": "2021-05-01", "df": "2021-05-12", "du": "2021-10-28", "co": "AT", "is": "x", "ci": "r"}


def names(**members: object) -> dict[str, Any]:
    return {**dcc()["nam"], **members}


def test_a_certificate_says_who_was_vaccinated_when() -> None:
    found = checked(SIGNER.text(dcc()))
    assert (found.kind, found.verdict, found.issuer, found.detail) == (CredentialKind.DCC, Verdict.VALID, "AT", "")
    assert found.key_id == SIGNER.key_id.hex()
    assert found.expires_at == wall(NOW + 24 * HOUR)
    assert found.findings == (Finding(FindingKind.VACCINATION, "2021-05-18", 14),)
    assert found.person is not None
    assert (found.person.family, found.person.given) == ("MUSTERFRAU GOESSINGER", "GABRIELE")
    assert found.person.birth_date == "1998-02-26"
    assert found.health is None


def test_a_signature_by_an_rsa_key_is_as_good() -> None:
    assert checked(RSA.text(dcc()), read_certificate(RSA.certificate, "rsa")).verdict is Verdict.VALID


FINDINGS: dict[str, tuple[dict[str, Any], tuple[Finding, ...]]] = {
    "one dose of two": ({"v": [entry(dn=1)]}, (Finding(FindingKind.VACCINE_DOSE, "2021-05-18", 14),)),
    "a booster": ({"v": [entry(dn=3)]}, (Finding(FindingKind.VACCINATION, "2021-05-18", 14),)),
    "two entries": (
        {"v": [entry(dn=1, dt="2021-04-01"), entry()]},
        (Finding(FindingKind.VACCINE_DOSE, "2021-04-01", 61), Finding(FindingKind.VACCINATION, "2021-05-18", 14)),
    ),
    "today": ({"v": [entry(dt="2021-06-01")]}, (Finding(FindingKind.VACCINATION, "2021-06-01", 0),)),
    "today, east of here": ({"v": [entry(dt="2021-06-02")]}, (Finding(FindingKind.VACCINATION, "2021-06-02", 0),)),
    "next week": ({"v": [entry(dt="2021-06-08")]}, (Finding(FindingKind.VACCINATION, "2021-06-08", -7, in_force=False),)),
    "another disease": ({"v": [entry(tg="1")]}, ()),
    "a negative test": ({"v": None, "t": [TEST]}, (Finding(FindingKind.TEST, "2021-05-31", 1),)),
    "a positive test": (
        {"v": [], "t": [TEST | {"tr": "260373001"}]},
        (Finding(FindingKind.POSITIVE_TEST, "2021-05-31", 1),),
    ),
    "a test without a result": ({"v": None, "t": [TEST | {"tr": ""}]}, ()),
    "a recovery": ({"v": None, "r": [RECOVERY]}, (Finding(FindingKind.RECOVERY, "2021-05-01", 31),)),
    "a recovery, not for long enough": (
        {"v": None, "r": [RECOVERY | {"df": "2021-06-02"}]},
        (Finding(FindingKind.RECOVERY, "2021-05-01", 31, in_force=False),),
    ),
    "a recovery, on its last day": (
        {"v": None, "r": [RECOVERY | {"du": "2021-06-01"}]},
        (Finding(FindingKind.RECOVERY, "2021-05-01", 31),),
    ),
    "a recovery, too long ago": (
        {"v": None, "r": [RECOVERY | {"du": "2021-05-31"}]},
        (Finding(FindingKind.RECOVERY, "2021-05-01", 31, in_force=False),),
    ),
    "a time as a number": (
        {"v": None, "t": [TEST | {"sc": CBORTag(1, 1622453400)}]},
        (Finding(FindingKind.TEST, "2021-05-31", 1),),
    ),
    "a date in its tag": (
        {"v": None, "t": [TEST | {"sc": CBORTag(0, "2021-05-31T09:30:00Z")}]},
        (Finding(FindingKind.TEST, "2021-05-31", 1),),
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_what_counts_is_what_happened_and_is_in_force(case: str) -> None:
    members, findings = FINDINGS[case]
    found = checked(SIGNER.text(dcc(**members)))
    assert (found.verdict, found.findings) == (Verdict.VALID, findings)
    assert bool(found.detail) == (findings == ())


BIRTHS = {
    "1998-02-26": "1998-02-26",
    "1998-02": "1998-02",
    "1998": "1998",
    "1998-00": "1998",
    "1998-02-00": "1998-02",
    "1998-XX-XX": "1998",
    "1998-02-26T00:00:00": "1998-02-26",
    "": None,
}


@pytest.mark.parametrize("written", BIRTHS)
def test_a_birth_date_is_known_as_far_as_it_is_written(written: str) -> None:
    found = checked(SIGNER.text(dcc(dob=written)))
    assert found.person is not None
    assert found.person.birth_date == BIRTHS[written]


def test_whoever_has_one_name_has_it_as_the_given_one() -> None:
    found = checked(SIGNER.text(dcc(nam={"gn": "Gabriele", "gnt": "GABRIELE"})))
    assert found.person is not None
    assert (found.verdict, found.person.family, found.person.given) == (Verdict.VALID, "", "GABRIELE")


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.2.1", "1.3.0", "1.3"])
def test_versions_1_0_to_1_3_of_the_schema_are_read(version: str) -> None:
    assert checked(SIGNER.text(dcc(ver=version))).verdict is Verdict.VALID


MALFORMED_CONTENT: dict[str, object] = {
    "no map": [1],
    "nothing": None,
    "no version": dcc(ver=None),
    "a version that is none": dcc(ver="one"),
    "no names": dcc(nam=None),
    "no standard name": dcc(nam={"fn": "Musterfrau", "gn": "Gabriele"}),
    "a name that is a number": dcc(nam=names(gn=7)),
    "a name that is a picture": dcc(nam=names(gn="😀")),
    "a name with a control character": dcc(nam=names(fn="a\x1b[2J")),
    "an endless name": dcc(nam=names(fn="a" * 201)),
    "no birth date": dcc(dob=None),
    "a birth date that is none": dcc(dob="26.02.1998"),
    "a birth date that does not exist": dcc(dob="1998-02-30"),
    "born after the issue": dcc(dob="2021-06-02"),
    "born in a later year": dcc(dob="2022"),
    "no statement": dcc(v=None),
    "two kinds of statement": dcc(t=[TEST]),
    "a statement that is no list": dcc(v={"0": entry()}),
    "a statement that is no map": dcc(v=[[1]]),
    "too many statements": dcc(v=[entry()] * 11),
    "a statement without its date": dcc(v=[entry(dt=None)]),
    "a date that is none": dcc(v=[entry(dt="18.05.2021")]),
    "a date that does not exist": dcc(v=[entry(dt="2021-05-32")]),
    "a date that is no number of seconds": dcc(v=[entry(dt=float("inf"))]),
    "no dose": dcc(v=[entry(dn=0)]),
    "half a dose": dcc(v=[entry(dn=1.5)]),
    "a dose that is true": dcc(v=[entry(dn=True)]),
    "a dose that is no number": dcc(v=[entry(dn=float("nan"))]),
    "an endless text": dcc(v=[entry(ma="a" * 401)]),
    "a field named by a number": dcc(v=[{**entry(), 7: "x"}]),
    "a recovery that begins at no date": dcc(v=None, r=[RECOVERY | {"df": "soon"}]),
    "a country that there is not": dcc(v=[entry(co="XY")]),
    "a maker of vaccines whose number is too short": dcc(v=[entry(ma="ORG-99999999")]),
    "a test device that nobody has listed": dcc(v=None, t=[TEST | {"tt": "LP217198-3", "ma": "9999"}]),
    "a test sampled at no number of milliseconds": dcc(v=None, t=[TEST | {"sc": 2**60}]),
}


@pytest.mark.parametrize("case", MALFORMED_CONTENT)
def test_a_certificate_is_malformed_with(case: str) -> None:
    found = checked(SIGNER.text(MALFORMED_CONTENT[case]))
    assert (found.verdict, found.person, found.findings) == (Verdict.MALFORMED, None, ())
    assert found.detail


MALFORMED: dict[str, Callable[[], str | bytes]] = {
    "another version": lambda: GOOD.replace(b"HC1:", b"HC2:"),
    "nothing after the prefix": lambda: b"HC1:",
    "a small letter": lambda: GOOD[:9] + b"a" + GOOD[10:],
    "no compression": lambda: "HC1:" + base45.encode(SIGNER.message(PAYLOAD)),
    "broken compression": lambda: "HC1:" + base45.encode(zlib.compress(SIGNER.message(PAYLOAD))[:-9]),
    "bytes after the compression": lambda: "HC1:" + base45.encode(zlib.compress(SIGNER.message(PAYLOAD)) + b"\0"),
    "a decompression bomb": lambda: "HC1:" + base45.encode(zlib.compress(bytes(2_000_000))),
    "one byte too many": lambda: "HC1:" + base45.encode(zlib.compress(bytes(MAX_INFLATED + 1))),
    "no CBOR": lambda: pack(b"\xff\xff"),
    "bytes after the CBOR": lambda: pack(SIGNER.message(PAYLOAD) + b"\0"),
    "deep CBOR": lambda: pack(b"\x81" * 9000 + b"\0"),
    "deep tags": lambda: pack(b"\xc1" * 9000 + b"\0"),
    "a tag that builds something": lambda: pack(b"\xd8\x23\x64(a+)"),
    "no list": lambda: pack(dumps({1: 2})),
    "a list of three": lambda: message(dumps(HEADER), {}, PAYLOAD),
    "a signature that is a text": lambda: message(dumps(HEADER), {}, PAYLOAD, "signed"),
    "a header that is no map": lambda: message(dumps([1]), {}, PAYLOAD, b""),
    "no algorithm": lambda: pack(SIGNER.message(PAYLOAD, {4: SIGNER.key_id})),
    "a key id that is a text": lambda: pack(SIGNER.message(PAYLOAD, {1: -7, 4: "key"})),
    "an endless key id": lambda: pack(SIGNER.message(PAYLOAD, {1: -7, 4: bytes(65)})),
    "claims that are no map": lambda: pack(SIGNER.message(dumps([1]))),
    "no end": lambda: pack(SIGNER.message(dumps({6: 1, -260: {1: dcc()}}))),
    "an end in milliseconds": lambda: pack(SIGNER.message(dumps({4: 1_700_000_000_000, -260: {1: dcc()}}))),
    "an end that is no number": lambda: pack(SIGNER.message(dumps({4: float("inf"), -260: {1: dcc()}}))),
    "no health certificate": lambda: pack(SIGNER.message(dumps({4: 1_700_000_000}))),
    "a member twice": lambda: pack(SIGNER.message(b"\xa2\x04\x00\x04\x00")),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_text_is_malformed_with(case: str) -> None:
    found = checked(MALFORMED[case]())
    assert (found.kind, found.verdict) == (CredentialKind.DCC, Verdict.MALFORMED)
    assert (found.issuer, found.person, found.findings) == (None, None, ())


UNSUPPORTED: dict[str, Callable[[], str]] = {
    "a later schema": lambda: SIGNER.text(dcc(ver="1.4.0")),
    "another schema": lambda: SIGNER.text(dcc(ver="2.0.0")),
    "another algorithm": lambda: pack(SIGNER.message(PAYLOAD, {1: -8, 4: SIGNER.key_id})),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_newer_than_this_software_is_unsupported(case: str) -> None:
    assert checked(UNSUPPORTED[case]()).verdict is Verdict.UNSUPPORTED


HEADERS: dict[str, tuple[dict[int, object], dict[int, object], Verdict]] = {
    "key in the signed header": (HEADER, {}, Verdict.VALID),
    "key in the other header": ({1: -7}, {4: SIGNER.key_id}, Verdict.VALID),
    "key in both": (HEADER, {4: SIGNER.key_id}, Verdict.VALID),
    "the signed header goes first": (HEADER, {4: OTHER.key_id}, Verdict.VALID),
    "also where it names no key that is known": ({1: -7, 4: b"foo"}, {4: SIGNER.key_id}, Verdict.UNTRUSTED_ISSUER),
    "no key at all": ({1: -7}, {}, Verdict.UNTRUSTED_ISSUER),
    "algorithm in the other header": ({4: SIGNER.key_id}, {1: -7}, Verdict.VALID),
    "algorithm of another kind of key": ({1: -37, 4: SIGNER.key_id}, {}, Verdict.BAD_SIGNATURE),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_name_key_and_algorithm(case: str) -> None:
    protected, unprotected, verdict = HEADERS[case]
    assert checked(pack(SIGNER.message(PAYLOAD, protected, unprotected))).verdict is verdict


@pytest.mark.parametrize("tags", [(), (18,), (61, 18), (55799, 18)])
def test_a_message_may_be_in_its_tags_or_bare(tags: tuple[int, ...]) -> None:
    item: Any = cbor(SIGNER.message(PAYLOAD))
    for tag in reversed(tags):
        item = CBORTag(tag, item)
    assert checked(pack(dumps(item))).verdict is Verdict.VALID


@pytest.mark.parametrize("around", [(" ", ""), ("", " "), ("", "\r\n"), ("\t", " \n")])
def test_white_space_around_a_certificate_is_none_of_it(around: tuple[str, str]) -> None:
    before, after = around
    assert checked(before + GOOD.decode() + after).verdict is Verdict.VALID


def test_a_letter_that_an_issuer_could_not_write_is_no_fault_of_the_holder() -> None:
    names = {**dcc()["nam"], "fn": "M\ufffdller"}
    assert checked(SIGNER.text(dcc(nam=names))).verdict is Verdict.VALID


def test_times_may_be_numbers_and_zones_small_letters() -> None:
    days = {name: CBORTag(1, int(NOW.timestamp()) + by * 86_400) for name, by in (("fr", -90), ("df", -79), ("du", 90))}
    recovered = RECOVERY | days
    (finding,) = checked(SIGNER.text(dcc(v=None, r=[recovered]))).findings
    assert (finding.kind, finding.days, finding.in_force) == (FindingKind.RECOVERY, 90, True)
    (finding,) = checked(SIGNER.text(dcc(v=[], t=[TEST | {"sc": "2021-05-31t10:00:00z"}]))).findings
    assert (finding.kind, finding.on, finding.days) == (FindingKind.TEST, "2021-05-31", 1)


ODD_BUT_GOOD: dict[str, dict[str, object]] = {
    "nowhere in particular": {"v": [entry(co="")]},
    "Kosovo": {"v": [entry(co="XK")]},
    "a maker's number with a digit too many": {"v": [entry(ma="ORG-1000030215")]},
    "a maker by name": {"v": [entry(ma="Bharat-Biotech")]},
    "a dose in the first century": {"v": [entry(dt="0021-01-06")]},
    "a dose at a time of the day": {"v": [entry(dt="2021-03-18T22:54:00+02:00")]},
    "a booster beyond its course": {"v": [entry(dn=3, sd=2)]},
    "five doses": {"v": [entry(dn=number, sd=5) for number in range(1, 6)]},
    "empty lists of the other kinds": {"t": [], "r": []},
    "a test by nobody's device": {"v": [], "t": [TEST | {"ma": ""}]},
    "a sample's time in milliseconds": {"v": None, "t": [TEST | {"sc": 1621344421248}]},
    "a sample's time with a fraction": {"v": None, "t": [TEST | {"sc": "2021-05-31T09:30:00.1234567+02"}]},
    "more than the schema knows": {"meta": {"notarisedOn": "2022-03-15"}},
    "the name as it is written, with nothing after it": {"nam": names(fn="STARK ", fnt="STARK<")},
}
"""As issuers of many countries have really written them."""


@pytest.mark.parametrize("case", ODD_BUT_GOOD)
def test_what_is_odd_but_can_be_understood_is_no_fault(case: str) -> None:
    found = checked(SIGNER.text(dcc(**ODD_BUT_GOOD[case])))
    assert (found.verdict, found.detail) == (Verdict.VALID, "")


def test_a_time_in_milliseconds_is_the_time_that_it_was() -> None:
    (finding,) = checked(SIGNER.text(dcc(v=None, t=[TEST | {"sc": 1622367000000}]))).findings
    assert (finding.on, finding.days) == ("2021-05-30", 2)


def test_claims_may_have_fractions_and_headers_more_than_this_software_asks() -> None:
    claims = dumps({1: "ES", 4: NOW.timestamp() + 0.949, 6: NOW.timestamp() - 0.5, -260: {1: dcc()}})
    text = pack(SIGNER.message(claims, {1: -7, 3: 61, 4: SIGNER.key_id}, {33: b"a chain"}))
    assert checked(text, at=NOW + timedelta(milliseconds=949)).verdict is Verdict.VALID
    assert checked(text, at=NOW + timedelta(milliseconds=950)).verdict is Verdict.EXPIRED


@pytest.mark.parametrize("curve", [SECP256R1(), SECP384R1(), SECP521R1()], ids=lambda curve: curve.name)
def test_a_longer_key_may_sign_with_the_same_digest(curve: EllipticCurve) -> None:
    signer = ec_document_signer(curve=curve)
    assert checked(signer.text(dcc()), read_certificate(signer.certificate, "signer")).verdict is Verdict.VALID


@pytest.mark.parametrize("length", [0, 63, 65, 72, 256])
def test_a_signature_of_another_length_is_bad(length: int) -> None:
    assert checked(message(dumps(HEADER), {}, PAYLOAD, b"\1" * length)).verdict is Verdict.BAD_SIGNATURE


def test_of_keys_with_the_same_id_any_may_have_signed() -> None:
    clash = {SIGNER.key_id: tuple(one for s in (OTHER, RSA, SIGNER) for one in signers(s.certificate))}
    assert checked(SIGNER.text(dcc()), TrustList(document_signers=clash)).verdict is Verdict.VALID
    assert checked(SIGNER.text(dcc()), TrustList(document_signers={SIGNER.key_id: clash[SIGNER.key_id][:2]})).verdict is (
        Verdict.BAD_SIGNATURE
    )


def signers(certificate: bytes) -> tuple[Any, ...]:
    return next(iter(read_certificate(certificate, "").document_signers.values()))


def test_a_key_that_nobody_listed_is_not_believed() -> None:
    found = checked(OTHER.text(dcc()))
    assert (found.verdict, found.key_id) == (Verdict.UNTRUSTED_ISSUER, OTHER.key_id.hex())
    assert (found.issuer, found.person, found.findings, found.expires_at) == (None, None, (), None)


USAGES: dict[str, tuple[tuple[str, ...], bool]] = {
    "none": ((), True),
    "vaccinations": ((VACCINATION_OID,), True),
    "tests": ((TEST_OID,), False),
    "tests and vaccinations": ((TEST_OID, VACCINATION_OID), True),
    "usages of keys at large": (("1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.3.6.1.4.1.311.10.3.12"), True),
    "tests, and usages of keys at large": ((TEST_OID, "1.3.6.1.5.5.7.3.2"), False),
    "another document": (("2.23.136.1.1.14.2",), False),
}


@pytest.mark.parametrize("case", USAGES)
def test_a_key_signs_only_what_its_certificate_is_for(case: str) -> None:
    usages, may = USAGES[case]
    signer = ec_document_signer(usages)
    found = checked(signer.text(dcc()), read_certificate(signer.certificate, "signer"))
    assert found.verdict is (Verdict.VALID if may else Verdict.UNTRUSTED_ISSUER)


@pytest.mark.parametrize(
    ("hours", "verdict"),
    [(-1.01, Verdict.NOT_YET_VALID), (-1, Verdict.VALID), (24, Verdict.VALID), (24.01, Verdict.EXPIRED)],
)
def test_a_certificate_is_in_force_from_its_issue_to_its_end(hours: float, verdict: Verdict) -> None:
    found = checked(SIGNER.text(dcc()), at=NOW + hours * HOUR)
    assert found.verdict is verdict
    assert found.person is not None


@pytest.mark.parametrize(("hours", "verdict"), [(-1.01, Verdict.VALID), (24, Verdict.VALID), (24.02, Verdict.EXPIRED)])
def test_a_tolerance_widens_both_ends(hours: float, verdict: Verdict) -> None:
    assert checked(SIGNER.text(dcc()), at=NOW + hours * HOUR, tolerance_s=60).verdict is verdict


def test_a_certificate_ends_with_that_of_its_signer() -> None:
    early = ec_document_signer(begins=NOW - 3 * HOUR, ends=NOW - 2 * HOUR)
    late = ec_document_signer(begins=NOW + 2 * HOUR)
    for signer, verdict in ((early, Verdict.EXPIRED), (late, Verdict.NOT_YET_VALID)):
        assert checked(signer.text(dcc()), read_certificate(signer.certificate, "signer")).verdict is verdict


def test_a_claim_that_begins_later_than_the_issue_counts() -> None:
    later = dumps({4: 1_700_000_000, 5: 1_690_000_000, 6: 1_600_000_000, -260: {1: dcc()}})
    assert checked(pack(SIGNER.message(later))).verdict is Verdict.NOT_YET_VALID


def test_a_revoked_certificate_is_revoked() -> None:
    marks = TrustList(revoked_certificates=frozenset({revocation_mark("URN:UVCI:01:AT:SPECIMEN#B")}))
    assert checked(SIGNER.text(dcc()), combine(TRUST, marks)).verdict is Verdict.REVOKED
    assert checked(SIGNER.text(dcc(v=[entry(ci="another")])), combine(TRUST, marks)).verdict is Verdict.VALID
