import json
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials import PassClaims, Uses, base45, examine, key_id, parse_trust, passes
from kiosk.errors import UsageError
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.people import VisitorKind
from kiosk.units import Seconds, WallTime

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "passes.json").read_text("utf-8"))
CASES = {vector["name"]: vector for vector in VECTORS["passes"]}
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["seed"]))
KEY_ID = key_id(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
TRUST = parse_trust(json.dumps(VECTORS["trust"]).encode(), "vectors")
GUEST = CASES["guest, single use"]
SECOND = 1_000_000


def seconds(count: int) -> WallTime:
    return WallTime(count * SECOND)


def claims_of(vector: dict[str, Any]) -> PassClaims:
    named = vector["claims"]
    return PassClaims(
        bytes.fromhex(named["pass_id"]),
        named["compound"],
        VisitorKind(named["visitor"]),
        seconds(named["not_before"]),
        seconds(named["not_after"]),
        Uses(named["uses"]),
        named["unit"],
        named["holder"],
        named.get("language"),
    )


def checked(text: str | bytes, at: int = GUEST["at"], tolerance_s: float = 0) -> Credential:
    content = text.encode() if isinstance(text, str) else text
    examined = examine(content, TRUST, seconds(at), Seconds(tolerance_s))
    assert isinstance(examined, Credential)
    return examined


texts = st.none() | st.text(min_size=1, max_size=20).map(lambda text: unicodedata.normalize("NFC", text)).filter(
    lambda text: text.isprintable() and text == text.strip() and 1 <= len(text.encode("utf-8", "replace")) <= 20
)
claims = st.builds(
    PassClaims,
    pass_id=st.binary(min_size=12, max_size=12),
    compound=st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
    visitor=st.sampled_from(VisitorKind),
    not_before=st.integers(0, 2**31).map(seconds),
    not_after=st.integers(2**31 + 1, 2**32 - 1).map(seconds),
    uses=st.sampled_from(Uses),
    unit=texts,
    holder=texts,
    language=st.sampled_from([None, "zh", "en", "ja", "ko"]),
)


@pytest.mark.parametrize("name", CASES)
def test_a_pass_gets_its_verdict(name: str) -> None:
    vector = CASES[name]
    credential = checked(vector["text"], vector["at"])
    assert credential.verdict == vector["verdict"]
    assert bool(credential.detail) == (credential.verdict is not Verdict.VALID)


@pytest.mark.parametrize("name", [name for name, vector in CASES.items() if "claims" in vector])
def test_a_pass_is_written_as_in_the_vectors(name: str) -> None:
    vector = CASES[name]
    assert passes.encode(claims_of(vector), KEY.sign, KEY_ID) == vector["text"]


def test_a_valid_pass_says_whose_it_is() -> None:
    credential = checked(CASES["resident, many uses, unit and pseudonym"]["text"])
    assert credential == Credential(
        CredentialKind.PASS,
        Verdict.VALID,
        issuer="tianshan",
        key_id=KEY_ID.hex(),
        holder="r-7f3a",
        visitor=VisitorKind.RESIDENT,
        expires_at=seconds(1585086400),
        serial="01" * 12,
        unit="3号楼1201室",
        single_use=False,
    )
    assert "r-7f3a" not in repr(credential)
    assert checked(GUEST["text"]).single_use


@pytest.mark.parametrize("name", [n for n, v in CASES.items() if v["verdict"] in ("untrusted_issuer", "bad_signature")])
def test_nothing_is_taken_from_a_pass_that_is_not_believed(name: str) -> None:
    credential = checked(CASES[name]["text"])
    assert (credential.visitor, credential.holder, credential.serial, credential.expires_at) == (None,) * 4


def test_a_language_that_no_gate_speaks_is_not_written_and_not_read() -> None:
    spoken = replace(claims_of(GUEST), language="ko")
    assert checked(passes.encode(spoken, KEY.sign, KEY_ID)).language == "ko"
    assert checked(GUEST["text"]).language is None
    with pytest.raises(UsageError, match="language 'fr'"):
        passes.encode(replace(spoken, language="fr"), KEY.sign, KEY_ID)
    payload = bytearray(base45.decode(GUEST["text"].removeprefix("GP1:").encode()))
    payload[20] |= 0xE0
    assert checked("GP1:" + base45.encode(bytes(payload))).verdict is Verdict.UNSUPPORTED


@given(claims)
def test_what_is_written_is_read_back(written: PassClaims) -> None:
    text = passes.encode(written, KEY.sign, KEY_ID)
    found = passes.read(text.encode())
    assert found.claims == written
    assert found.key_id == KEY_ID


@given(claims)
def test_every_pass_fits_a_code_of_version_10_at_level_m(written: PassClaims) -> None:
    longest = replace(written, compound="c" * 63, unit="u" * 20, holder="h" * 20)
    for each in (written, longest):
        text = passes.encode(each, KEY.sign, KEY_ID)
        assert len(text) <= passes.MAX_CHARACTERS
    code = segno.make_qr(passes.encode(longest, KEY.sign, KEY_ID), error="m", boost_error=False)
    assert code.mode == "alphanumeric"
    assert int(code.version) <= 10


def test_no_byte_of_a_pass_can_be_changed() -> None:
    data = base45.decode(GUEST["text"].encode()[4:])
    for at in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            changed = data[:at] + bytes((data[at] ^ flip,)) + data[at + 1 :]
            assert checked("GP1:" + base45.encode(changed)).verdict is not Verdict.VALID


def test_no_character_of_a_pass_can_be_changed() -> None:
    text = GUEST["text"].encode()
    for at in range(len(text)):
        for other in (b"0", b"A", b":", b" ", b"\x00", b"\xff"):
            changed = text[:at] + other + text[at + 1 :]
            if changed != text:
                assert checked_verdict(changed) is not Verdict.VALID


def checked_verdict(content: bytes) -> Verdict:
    return checked(content).verdict


@pytest.mark.parametrize("extra", [b" ", b"\n", b"\0", b"0", b"000"], ids=repr)
def test_nothing_may_stand_around_a_pass(extra: bytes) -> None:
    text = GUEST["text"].encode()
    assert checked(text + extra).verdict is Verdict.MALFORMED
    assert checked(extra + text).verdict is Verdict.MALFORMED


@pytest.mark.parametrize(
    ("at", "verdict"),
    [(-61, "not_yet_valid"), (-60, "valid"), (86400 + 59, "valid"), (86400 + 60, "expired")],
)
def test_a_tolerance_widens_both_ends(at: int, verdict: str) -> None:
    assert checked(GUEST["text"], 1585000000 + at, tolerance_s=60).verdict == verdict


def test_a_pass_for_another_compound_is_not_believed_at_this_gate() -> None:
    content, at = GUEST["text"].encode(), seconds(GUEST["at"])
    assert passes.verify(content, TRUST.for_compound("tianshan-12"), at).verdict is Verdict.VALID
    assert passes.verify(content, TRUST.for_compound("hongqiao-3"), at).verdict is Verdict.UNTRUSTED_ISSUER


def test_a_key_signs_only_for_its_kinds_of_visitor() -> None:
    couriers = json.loads(json.dumps(VECTORS["trust"]))
    couriers["issuers"][0]["visitors"] = ["courier"]
    trust = parse_trust(json.dumps(couriers).encode(), "vectors")
    at = seconds(GUEST["at"])
    assert passes.verify(GUEST["text"].encode(), trust, at).verdict is Verdict.UNTRUSTED_ISSUER
    assert passes.verify(CASES["courier"]["text"].encode(), trust, at).verdict is Verdict.VALID


UNWRITABLE: dict[str, dict[str, Any]] = {
    "a short pass id": {"pass_id": b"1234"},
    "a compound in capitals": {"compound": "Tianshan"},
    "no compound": {"compound": ""},
    "half a second": {"not_before": WallTime(500_000)},
    "before 1970": {"not_before": WallTime(-SECOND)},
    "after 2106": {"not_after": seconds(2**32)},
    "an end before the beginning": {"not_after": seconds(1)},
    "an empty unit": {"unit": ""},
    "a long unit": {"unit": "u" * 21},
    "a unit long in UTF-8": {"unit": "楼" * 7},
    "a holder of two lines": {"holder": "a\nb"},
    "a holder with half a character": {"holder": "\ud800"},
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_a_pass_that_could_not_be_read_is_not_written(case: str) -> None:
    with pytest.raises(UsageError):
        passes.encode(replace(claims_of(GUEST), **UNWRITABLE[case]), KEY.sign, KEY_ID)


def test_a_signer_that_makes_no_signature_is_noticed() -> None:
    with pytest.raises(UsageError):
        passes.encode(claims_of(GUEST), lambda message: b"", KEY_ID)


@given(st.binary(max_size=300))
def test_base45_reads_back_what_it_wrote(data: bytes) -> None:
    assert base45.decode(base45.encode(data).encode()) == data


@given(st.text(alphabet=base45.ALPHABET.decode(), max_size=60))
def test_base45_reads_only_what_it_would_write(text: str) -> None:
    try:
        data = base45.decode(text.encode())
    except ValueError:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_agrees_with_the_examples_of_rfc_9285(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text.encode()) == data


def test_checking_a_pass_takes_less_than_its_share_of_the_visit() -> None:
    content, at = CASES["longest texts"]["text"].encode(), seconds(GUEST["at"])
    fastest = float("inf")
    for _ in range(50):
        began = time.thread_time()
        passes.verify(content, TRUST, at)
        fastest = min(fastest, time.thread_time() - began)
    # The budget is 10 ms on a Pi 4; the thread's own time, and the best of fifty, is not touched by the machine's other work.
    assert fastest < 0.002
