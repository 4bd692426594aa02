"""SMART Health Cards from the tools of their makers: every file's named fault is found, and the good ones pass."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.pictures import read_codes
from kiosk.bench.specimens import ISS, CardSigner, card, card_signer
from kiosk.credentials import TrustList, combine, examine, read_trust
from kiosk.credentials.card_trust import key
from kiosk.credentials.signers import CardIssuer
from kiosk.errors import UsageError
from kiosk.evidence import Credential, FindingKind, Verdict
from tests.kiosk.credentials.vectors import ABSENT, SHC, SHC_AT, examined, together

pytestmark = pytest.mark.skipif(not SHC.exists(), reason=ABSENT)

VALID, MALFORMED, UNSUPPORTED = Verdict.VALID, Verdict.MALFORMED, Verdict.UNSUPPORTED
UNTRUSTED, BAD, EARLY, LATE = Verdict.UNTRUSTED_ISSUER, Verdict.BAD_SIGNATURE, Verdict.NOT_YET_VALID, Verdict.EXPIRED
SPEC_ISS = "https://spec.smarthealth.cards/examples/issuer"
DOSES = (FindingKind.VACCINE_DOSE,) * 2

# A card as the text of a code, or as its JWS.
TEXTS: Mapping[str, Verdict] = {
    "00-d-jws-bad-fhir-metadata.txt": MALFORMED,
    "00-d-jws-der-signature-r-neg.txt": BAD,
    "00-d-jws-der-signature-rs-neg.txt": BAD,
    "00-d-jws-der-signature-s-neg.txt": BAD,
    "00-d-jws-der-signature.txt": BAD,
    "00-d-jws-invalid-signature.txt": BAD,
    "00-d-jws-issuer-kid-mismatch.txt": UNTRUSTED,
    "00-d-jws-issuer-not-valid-with-smart-key.txt": UNTRUSTED,
    "00-d-jws-jws_too_long.txt": MALFORMED,
    "00-d-jws-no_deflate.txt": MALFORMED,
    "00-d-jws-no_jws_header_alg.txt": MALFORMED,
    "00-d-jws-no_jws_header_kid.txt": MALFORMED,
    "00-d-jws-no_jws_header_zip.txt": MALFORMED,
    "00-d-jws-trailing_chars.txt": MALFORMED,
    "00-d-jws-utf8_bom_prefix.txt": MALFORMED,
    "00-d-jws-wrong_jws_header_kid.txt": UNTRUSTED,
    "00-f-qr-code-numeric-value-0-index-out-of-range.txt": MALFORMED,
    "00-f-qr-code-numeric-value-0-number-too-big.txt": MALFORMED,
    "00-f-qr-code-numeric-value-0-odd-count.txt": MALFORMED,
    "00-f-qr-code-numeric-value-0-trailing_chars.txt": MALFORMED,
    "00-f-qr-code-numeric-value-0-wrong-multi-chunk.txt": MALFORMED,
    "00-f-qr-code-numeric-value-0-wrong_qr_header.txt": MALFORMED,
    "1195-byte-qrnumeric.txt": VALID,
}
# Codes that belong together, by what their names begin and end with.
CHUNKED: Mapping[tuple[str, str], Verdict] = {
    ("00-f-qr-code-numeric-value-", "-qr_chunk_too_small.txt"): MALFORMED,
    ("02-f-qr-code-numeric-value-", "-qr_chunk_too_big.txt"): MALFORMED,
}
# Files of one or several cards.
FILES: Mapping[str, tuple[Verdict, ...]] = {
    "00-e-file-bad_jwks.smart-health-card": (UNTRUSTED,),
    "00-e-file-invalid_deflate.smart-health-card": (MALFORMED,),
    "00-e-file-invalid_issuer_url.smart-health-card": (UNTRUSTED,),
    "00-e-file-invalid_issuer_url_http.smart-health-card": (MALFORMED,),
    "00-e-file-issuer_url_with_trailing_slash.smart-health-card": (MALFORMED,),
    "00-e-file-jws_too_long.smart-health-card": (MALFORMED,),
    "00-e-file-multi-jws-issues.smart-health-card": (MALFORMED, VALID),
    "00-e-file-multi-jws.smart-health-card": (VALID, VALID),
    "00-e-file-no_deflate.smart-health-card": (MALFORMED,),
    # Its fault is white space around the file's JSON, which no camera ever sees: the card in it is good.
    "00-e-file-trailing_chars.smart-health-card": (VALID,),
    "00-e-file.wrong-extension": (VALID,),
    "00-fhirhealthcard-multi-jws.json": (VALID, VALID),
    "00-fhirhealthcard-with-resource-link.json": (VALID, VALID),
    "00-fhirhealthcard.json": (VALID,),
}
# Payloads, to be signed here.
PAYLOADS: Mapping[str, tuple[Verdict, tuple[FindingKind, ...]]] = {
    "00-b-jws-payload-expanded-exp_milliseconds.json": (MALFORMED, ()),
    "00-b-jws-payload-expanded-expired.json": (LATE, DOSES),
    "00-b-jws-payload-expanded-missing-coding.json": (MALFORMED, ()),
    "00-b-jws-payload-expanded-missing-covid-vc-type.json": (VALID, ()),
    "00-b-jws-payload-expanded-missing-imm-vc-type.json": (VALID, ()),
    "00-b-jws-payload-expanded-missing-shc-vc-type.json": (MALFORMED, ()),
    "00-b-jws-payload-expanded-nbf_milliseconds.json": (MALFORMED, ()),
    "00-b-jws-payload-expanded-nbf_not_yet_valid.json": (EARLY, DOSES),
    "00-b-jws-payload-expanded-optional-vc-type.json": (VALID, DOSES),
    "00-b-jws-payload-expanded-pre-expired.json": (MALFORMED, ()),
    "00-b-jws-payload-expanded-trailing_chars.json": (MALFORMED, ()),
    "00-b-jws-payload-expanded-unknown-vc-types.json": (VALID, DOSES),
    "covid-lab-jwspayload-missing-lab-vc-type.json": (VALID, ()),
}
# Bundles, to be put into a card and signed here.
BUNDLES: Mapping[str, Verdict] = {
    "00-a-fhirBundle-bad_meta_extra_key.json": MALFORMED,
    "00-a-fhirBundle-bad_meta_non_security.json": MALFORMED,
    "00-a-fhirBundle-bad_meta_wrong_security.json": MALFORMED,
    "00-a-fhirBundle-empty-values.json": MALFORMED,
    "00-a-fhirBundle-occurrence-issues.json": MALFORMED,
    "00-a-fhirBundle-profile-usa.json": MALFORMED,
    "00-a-fhirBundle-status-not-completed.json": MALFORMED,
    # Its fault is white space around a bundle, which is none within a card's JSON.
    "00-a-fhirBundle-trailing_chars.json": VALID,
    "00-a-non-dm-properties.json": MALFORMED,
    "00-a-short-refs.json": MALFORMED,
}
# Pictures that belong together; None: no code can be read in it.
PICTURES: Mapping[tuple[str, ...], Verdict | None] = {
    # The fault of the next two is the symbol's (its version, its segments), which a decoder reads all the same.
    ("test-example-00-g-qr-code-0-bad_qr_version.png",): VALID,
    ("test-example-00-g-qr-code-0-single_qr_segment.png",): VALID,
    ("test-example-00-g-qr-code-0-corrupted.png",): None,
    (
        "test-example-00-g-qr-code-0-qr_chunk_too_small.png",
        "test-example-00-g-qr-code-1-qr_chunk_too_small.png",
    ): MALFORMED,
    ("test-example-00-g-qr-code-0-scaled-23.jpg",): VALID,
    ("test-example-00-g-qr-code-0-scaled-85.jpg",): VALID,
    ("test-example-00-g-qr-code-0-too_many_qr_segment.png",): MALFORMED,
    ("test-example-00-g-qr-code-inflated-to-v22.png",): VALID,
    ("test-invalid-jws-payload.png",): MALFORMED,
    ("shlink-qr.png",): UNSUPPORTED,
}
# Key sets, and the words that name what is wrong with them; None: nothing is.
KEY_SETS: Mapping[str, str | None] = {
    "cert_mismatch.public.json": "its certificate is for another key",
    "private_key.json": "is a private key",
    "wrong_alg_key.json": "its 'alg' is 'ES256K'",
    "wrong_curve_key.json": "its 'crv' is 'P-384'",
    "wrong_kid_key.json": "its 'kid' is not its thumbprint",
    "wrong_kty_key.json": "its 'kty' is 'RSA'",
    "wrong_use_key.json": "its 'use' is 'enc'",
    "badjwks/.well-known/jwks.json": "neither a certificate nor JSON",
    "badcrl/private.json": "is a private key",
    "badcrl/duplicate-rid/.well-known/crl/*.json": "is there twice",
    "badcrl/invalid-method/.well-known/crl/*.json": "method is 'invalid-method'",
    "badcrl/non-base64url-rid/.well-known/crl/*.json": "'base64==' is no id of a card",
    "badcrl/too-long-rid/.well-known/crl/*.json": "is no id of a card",
    # Its version is ahead of the one in the key set: on a gate that has both, the key set is older, and no fault.
    "badcrl/version-mismatch/.well-known/crl/*.json": None,
    "badcrl/version-mismatch/.well-known/jwks.json": None,
    # The fault of the next three is in a certificate chain, which counts for nothing here: the list is the trust.
    "invalid_DNS_SAN.public.json": None,
    "invalid_chain.public.json": None,
    "invalid_no_SAN.public.json": None,
    "issuer.jwks.public.not.smart.json": None,
    "spec-example-issuer.jwks.json": None,
    "test-issuers.json": None,
    "valid_2_chain.public.json": None,
    "valid_key.json": None,
    "valid_key_with_x5c.json": None,
    "valid_keys.json": None,
    "vci_snapshot.json": None,
}


def read(name: str) -> bytes:
    return (SHC / f"test-example-{name}").read_bytes()


def verdict_of(text: bytes) -> Verdict:
    found = examined(text)
    assert isinstance(found, Credential)
    return found.verdict


def own_trust(signer: CardSigner, iss: str) -> TrustList:
    own = key(signer.jwk, "test")
    return TrustList(card_issuers={iss: CardIssuer(iss, "", {own.id: own})})


def test_every_file_is_looked_at() -> None:
    names = {path.name for path in SHC.glob("test-*") if path.is_file()}
    here = {f"test-example-{name}" for table in (TEXTS, FILES, PAYLOADS, BUNDLES) for name in table}
    here |= {name for group in PICTURES for name in group}
    here |= {
        name for begin, end in CHUNKED for name in names if name.startswith(f"test-example-{begin}") and name.endswith(end)
    }
    assert names - here == {"test-issuers.json"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_gets_its_verdict(name: str) -> None:
    assert verdict_of(read(name).removesuffix(b"\n")) is TEXTS[name]


@pytest.mark.parametrize(("begin", "end"), CHUNKED)
def test_codes_that_belong_together_get_their_verdict(begin: str, end: str) -> None:
    paths = sorted(SHC.glob(f"test-example-{begin}*{end}"), key=lambda path: int(path.name.split("-value-")[1].split("-")[0]))
    found = together([path.read_bytes().removesuffix(b"\n") for path in paths])
    assert found is not None
    assert found.verdict is CHUNKED[begin, end]


@pytest.mark.parametrize("name", FILES)
def test_the_cards_of_a_file_get_their_verdicts(name: str) -> None:
    tree = json.loads(read(name))
    cards = tree.get("verifiableCredential") or [
        one["valueString"] for one in tree["parameter"] if one["name"] == "verifiableCredential"
    ]
    assert tuple(verdict_of(jws.encode()) for jws in cards) == FILES[name]


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_gets_its_verdict_once_signed(name: str) -> None:
    text = read(name).decode()
    compact = json.dumps(json.loads(text), separators=(",", ":"))
    # White space at the ends is one of the faults; that within is how the examples are shown.
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    signer = card_signer()
    found = examine(signer.jws((before + compact + after).encode()).encode(), own_trust(signer, SPEC_ISS), SHC_AT)
    assert isinstance(found, Credential)
    verdict, kinds = PAYLOADS[name]
    assert (found.verdict, tuple(finding.kind for finding in found.findings)) == (verdict, kinds)
    assert bool(found.detail) == (verdict is not VALID or not kinds)


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_gets_its_verdict_once_signed(name: str) -> None:
    payload: dict[str, Any] = card()
    payload["vc"]["credentialSubject"]["fhirBundle"] = json.loads(read(name))
    signer = card_signer()
    found = examine(signer.jws(payload).encode(), own_trust(signer, ISS), SHC_AT)
    assert isinstance(found, Credential)
    assert found.verdict is BUNDLES[name], found.detail


@pytest.mark.parametrize("names", PICTURES, ids=lambda names: names[0])
def test_a_picture_gets_its_verdict(names: tuple[str, ...]) -> None:
    texts = [bytes.fromhex(code.bytes_hex) for name in names for code in read_codes(str(SHC / name)).codes]
    found = together(texts) if texts else None
    assert (None if found is None else found.verdict) is PICTURES[names]


@pytest.mark.parametrize("name", KEY_SETS)
def test_the_fault_of_a_trust_file_is_named_in_one_sentence(name: str) -> None:
    (path,) = SHC.glob(name)
    words = KEY_SETS[name]
    if words is None:
        assert read_trust(path.read_bytes(), path.name) != TrustList()
        return
    with pytest.raises(UsageError) as caught:
        read_trust(path.read_bytes(), path.name)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", sorted(SHC.glob("shlink-*.txt")), ids=lambda path: path.name)
def test_a_link_to_a_card_is_never_followed(path: Path) -> None:
    assert verdict_of(path.read_bytes().strip()) in (UNSUPPORTED, MALFORMED)


def test_the_directory_of_real_issuers_believes_their_keys_and_nobody_elses() -> None:
    directory = read_trust((SHC / "vci_snapshot.json").read_bytes(), "vci_snapshot.json")
    assert len(directory.card_issuers) == 650
    assert sum(len(issuer.keys) for issuer in directory.card_issuers.values()) == 961
    assert sum(len(cards) for cards in directory.revoked_cards.values()) == 1343
    text = read("1195-byte-qrnumeric.txt").removesuffix(b"\n")
    both = combine(directory, read_trust((SHC / "spec-example-issuer.jwks.json").read_bytes(), "jwks"))
    found = examine(text, both, SHC_AT)
    assert isinstance(found, Credential)
    assert found.verdict is UNTRUSTED
