import json
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from kiosk.errors import UsageError
from kiosk.evidence import Credential, CredentialKind, Verdict
from kiosk.model import ClockState, Facts, VisitId
from kiosk.records import Stamp, decision_draft
from kiosk.units import Monotonic, WallTime
from sync.log import SqliteLog
from sync.sealing import (
    BLOCK,
    CannotUnseal,
    MonthKey,
    MonthSealer,
    encode_month_keys,
    key_id,
    key_named,
    month_of,
    read_month_keys,
    seal,
    unseal,
)
from tests.kiosk.fakes import NOON, FakeClock
from tests.sync.logs import ADMIT

SECRETS = [PrivateKey(bytes([number]) * 32) for number in (1, 2, 3)]
KEYS = [
    MonthKey(month=month, public_key=bytes(secret.public_key).hex())
    for month, secret in zip(("2026-11", "2026-12", "2027-02"), SECRETS, strict=True)
]
PUBLIC = bytes(SECRETS[0].public_key)
OVERHEAD = 9 + 48


def us(text: str) -> WallTime:
    return WallTime(int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1_000_000)


@given(st.binary(max_size=600))
def test_what_is_sealed_can_be_opened_with_the_private_key_alone(text: bytes) -> None:
    sealed = seal(PUBLIC, text)
    assert unseal(SECRETS[0], sealed) == text
    assert key_named(sealed) == key_id(PUBLIC)
    assert text not in sealed or len(text) < 4
    with pytest.raises(CannotUnseal):
        unseal(SECRETS[1], sealed)


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(PUBLIC, b"Zhang Wei") != seal(PUBLIC, b"Zhang Wei")


@given(st.integers(0, BLOCK - 1), st.integers(0, BLOCK - 1))
def test_the_length_says_nothing_of_short_texts(one: int, other: int) -> None:
    assert len(seal(PUBLIC, b"x" * one)) == len(seal(PUBLIC, b"x" * other)) == OVERHEAD + BLOCK


@given(st.integers(0, OVERHEAD + BLOCK - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(at: int, by: int) -> None:
    sealed = bytearray(seal(PUBLIC, b"Zhang Wei"))
    sealed[at] ^= by
    with pytest.raises(CannotUnseal):
        unseal(SECRETS[0], bytes(sealed))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_as_a_sealed_part(data: bytes) -> None:
    with pytest.raises(CannotUnseal):
        unseal(SECRETS[0], data)


def test_the_form_is_the_one_of_the_vector() -> None:
    # Sealed once with version 1; whatever is changed, what lies in databases must still open.
    vector = json.loads((Path(__file__).parents[1] / "vectors" / "sealed.json").read_text("utf-8"))
    key = PrivateKey(bytes.fromhex(vector["private_key"]))
    for case in vector["cases"]:
        assert unseal(key, bytes.fromhex(case["sealed_hex"])) == case["text"].encode()
        assert key_named(bytes.fromhex(case["sealed_hex"])) == vector["key_id"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-01 00:00:00", 0),
        ("2026-11-30 23:59:59", 0),
        ("2026-12-01 00:00:00", 1),
        ("2027-01-15 00:00:00", 1),
        ("2027-02-01 00:00:00", 2),
        ("2031-01-01 00:00:00", 2),
        ("1970-01-01 00:00:00", 0),
    ],
)
def test_the_key_is_that_of_the_month_or_of_the_nearest_before_it(at: str, expected: int) -> None:
    sealed = MonthSealer(KEYS[::-1]).seal(b"Zhang Wei", us(at))
    assert sealed.key_id == KEYS[expected].id == key_named(sealed.data)
    assert unseal(SECRETS[expected], sealed.data) == b"Zhang Wei"


@given(st.integers(-(2**63), 2**63))
def test_any_clock_has_a_month(at: int) -> None:
    assert "1970-01" <= month_of(WallTime(at)) <= "2099-12"


def test_a_card_that_was_used_holds_nothing_in_clear_that_names_anybody(tmp_path: Path) -> None:
    planted = {
        "holder": "zhang-wei",
        "unit": "3号楼1201室",
        "serial": "0badc0ffee0badc0ffee0bad",
        "token": "abcDEF1234567890",
    }
    shown = Credential(
        CredentialKind.PASS, Verdict.VALID, holder=planted["holder"], unit=planted["unit"], serial=planted["serial"]
    )
    health = Credential(CredentialKind.HEALTH_TOKEN, Verdict.VALID, holder=planted["token"])
    facts, sealer = Facts(admission_pass=shown, health_code=health), MonthSealer(KEYS)
    stamp = Stamp("gate-1", "boot", "1", Monotonic(1.0), NOON, ClockState.SYNCHRONISED, simulated=False)
    path = tmp_path / "log.sqlite"
    with closing(SqliteLog(path, compound="riverside", device="gate-1", clock=FakeClock())) as log:
        for number in range(20):
            visit = VisitId(f"v{number}")
            log.append(decision_draft(stamp, visit, ADMIT, facts, {}, sealer), visit=visit, decision=ADMIT)
        data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"all_well" in data
    for text in planted.values():
        assert text.encode() not in data


def test_a_document_of_month_keys_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(encode_month_keys("riverside", KEYS))
    assert read_month_keys(path, "riverside") == KEYS
    # What a later server adds is passed over.
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "sent": "2031"}), encoding="utf-8")
    assert read_month_keys(path, "riverside") == KEYS


GOOD = {"month_keys": 1, "compound": "riverside", "keys": [{"month": "2026-11", "public_key": KEYS[0].public_key}]}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "is no document of month keys"),
        (b"\xff", "is no document of month keys"),
        (b"[" * 100_000, "is no document of month keys"),
        (b" " * (1024 * 1024 + 1), "is too large"),
        ({**GOOD, "month_keys": 2}, "are of version 2"),
        ({**GOOD, "compound": "lakeside"}, "of lakeside, not of riverside"),
        ({**GOOD, "keys": []}, "is no document of month keys"),
        ({**GOOD, "keys": GOOD["keys"] * 2}, "for the same month"),  # type: ignore[operator]  # it is a list
        ({**GOOD, "keys": [{"month": "2026-13", "public_key": "0" * 64}]}, "is no document of month keys"),
        ({**GOOD, "keys": [{"month": "2026-11", "public_key": "0" * 62}]}, "is no document of month keys"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_document_that_is_none_is_one_sentence(tmp_path: Path, document: object, words: str) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    with pytest.raises(UsageError, match=words) as caught:
        read_month_keys(path, "riverside")
    assert str(caught.value).startswith(str(path))


def test_a_document_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_month_keys(tmp_path / "keys.json", "riverside")


def test_a_key_that_nothing_can_be_sealed_to_is_found_at_the_start() -> None:
    with pytest.raises(UsageError, match="the key of 2026-11 is none"):
        MonthSealer([MonthKey(month="2026-11", public_key="0" * 64)])
