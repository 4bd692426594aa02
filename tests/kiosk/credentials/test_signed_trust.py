"""One signed document of all that a site trusts."""

import base64
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bench.specimens import NOW, card, card_signer, dcc, ec_document_signer
from kiosk.credentials import examine, read_trust
from kiosk.credentials.bounded import MAX_JSON
from kiosk.credentials.signed_trust import CONTEXT, TrustDocument, read, write
from kiosk.credentials.trust_document import wall_time
from kiosk.errors import UsageError
from kiosk.evidence import Credential, Verdict
from kiosk.units import WallTime
from tests.kiosk.runtimes import trust_document

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
SIGNER, CARDS = ec_document_signer(), card_signer()
FILES = {
    "signer.der": SIGNER.certificate,
    "keys.json": json.dumps({"keys": [dict(CARDS.jwk)]}).encode(),
    "own.json": json.dumps(trust_document()).encode(),
}
DOCUMENT = TrustDocument("site-trust", 7, datetime(2026, 11, 5, tzinfo=UTC), FILES)


def signed(document: TrustDocument = DOCUMENT) -> bytes:
    return write(document, KEY.sign, PUBLIC)


def by_hand(**members: object) -> bytes:
    said = {"id": "d", "version": 1, "issued_at": "2026-01-01T00:00:00Z", "files": [file("a", b"{}")], **members}
    statement = json.dumps(said)
    signature = base64.b64encode(KEY.sign(CONTEXT + statement.encode())).decode()
    return json.dumps({"gatepost_trust": 1, "statement": statement, "key": PUBLIC.hex(), "signature": signature}).encode()


def file(name: str, data: bytes) -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(zlib.compress(data)).decode()}


def test_a_document_trusts_all_that_its_files_do() -> None:
    found = read_trust(signed(), "trust.json")
    at = WallTime(round(NOW.timestamp() * 1_000_000))
    for text in (SIGNER.text(dcc()), CARDS.text(card())):
        checked = examine(text.encode(), found, at)
        assert isinstance(checked, Credential)
        assert checked.verdict is Verdict.VALID
    assert [issuer.id for issuer in found.pass_issuers.values()] == ["passes"]
    assert found.documents == ("site-trust@7",)
    assert found.signed_by == PUBLIC.hex()


def test_it_is_as_old_as_the_oldest_in_it_and_dates_what_has_no_date() -> None:
    assert read_trust(signed(), "t").issued_at == wall_time(datetime(2026, 11, 1, tzinfo=UTC))
    undated = replace(DOCUMENT, files={"signer.der": SIGNER.certificate})
    assert read_trust(signed(undated), "t").issued_at == wall_time(DOCUMENT.issued_at)


@given(st.data())
def test_a_change_of_any_one_character_is_found(data: st.DataObject) -> None:
    text = signed(replace(DOCUMENT, files={"own.json": FILES["own.json"]})).decode()
    tree = json.loads(text)
    member = data.draw(st.sampled_from(["statement", "signature", "key"]))
    place = data.draw(st.integers(0, len(tree[member]) - 1))
    other = data.draw(st.sampled_from("0123456789abcdefA+/=").filter(lambda one: one != tree[member][place]))
    tree[member] = tree[member][:place] + other + tree[member][place + 1 :]
    try:
        changed = read_trust(json.dumps(tree).encode(), "t")
    except UsageError:
        return
    # Base64 may spell the same signature in another way.
    assert changed == read_trust(text.encode(), "t")


BROKEN: dict[str, tuple[bytes, str]] = {
    "another form": (signed().replace(b'"gatepost_trust":1', b'"gatepost_trust":2'), "is of form 2"),
    "a bomb": (by_hand(files=[file("a", bytes(MAX_JSON + 1))]), "a in it cannot be unpacked: it is larger"),
    "two of a name": (by_hand(files=[file("a", b"{}"), file("a", b"[]")]), "two of its files have the same name"),
    "one in another": (by_hand(files=[file("a", signed())]), "holds a trust document within it"),
    "no compression": (by_hand(files=[{"name": "a", "data": "AAAA"}]), "cannot be unpacked"),
    "no files": (by_hand(files=[]), "is no trust document"),
    "no version": (by_hand(version=0), "is no trust document"),
    "a file that is none": (by_hand(files=[file("a.txt", b"hello")]), "t: a.txt: is neither a certificate nor JSON"),
    "not signed": (signed().replace(b'"signature":"', b'"signature":"AAAA'), "is not as it was signed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_with_a_document_is_one_sentence(case: str) -> None:
    data, sentence = BROKEN[case]
    with pytest.raises(UsageError, match=sentence) as caught:
        read_trust(data, "t")
    assert "\n" not in str(caught.value)


def test_what_is_written_is_read_again() -> None:
    tree: dict[str, Any] = json.loads(signed())
    assert read(tree, "t") == replace(DOCUMENT, key=PUBLIC.hex())
