"""Signatures: what a device signs is believed, and nothing else is: no byte of it may differ."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from sync.signing import DEVICE, ENROLMENT, WINDOW_US, BadSignature, Headers, Message, Signer, Verified, verify
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "signatures.json").read_text(encoding="utf-8"))
NOW_US = 1_795_521_600_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "riverside/gate-1-0123abcd"
TARGET = "/api/v1/logs/gate-1-0123abcd/00c0ffee?compound=riverside"
BODY = b'{"wire":1}'
SIGNER = Signer(KEY, NAME, DEVICE)
Lines = tuple[tuple[str, str], ...]


def signed(body: bytes = BODY, method: str = "POST", target: str = TARGET) -> Lines:
    told = {COMPOUND_HEADER: "riverside", SIMULATED_HEADER: "0"}
    return tuple(SIGNER.sign(Message(method, target, told), body, NOW_US).items())


def known(key_id: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if key_id == NAME else None


def read(lines: Lines, method: str = "POST", target: str = TARGET, tag: str = DEVICE) -> Verified:
    return verify(Message(method, target, Headers(lines)), tag, known)


def test_what_was_signed_is_believed_with_its_time_and_its_body() -> None:
    found = read(signed())
    assert (found.key_id, found.created_us) == (NAME, NOW_US)
    assert found.is_of(BODY)
    assert not found.is_of(BODY + b" ")
    assert not found.is_of(b"")


def test_an_empty_body_is_signed_as_well() -> None:
    found = read(signed(b"", "GET"), "GET")
    assert found.is_of(b"")
    assert not found.is_of(b"x")


@pytest.mark.parametrize(
    ("apart_us", "fresh"), [(0, True), (WINDOW_US, True), (-WINDOW_US, True), (WINDOW_US + 1, False), (-WINDOW_US - 1, False)]
)
def test_it_is_fresh_for_five_minutes_either_way(apart_us: int, fresh: bool) -> None:
    assert read(signed()).is_fresh(NOW_US + apart_us) is fresh


@given(st.data())
def test_no_byte_of_what_is_signed_may_differ(data: st.DataObject) -> None:
    lines = list(signed())
    what = data.draw(st.sampled_from(["method", "target", "body", *[name for name, _ in lines]]))
    method, target, body = "POST", TARGET, BODY
    if what == "method":
        method = data.draw(st.sampled_from(["GET", "PUT", "DELETE", "POSTS", "post"]))
    elif what == "target":
        target = _changed(data, TARGET)
    elif what == "body":
        body = _changed(data, BODY.decode()).encode()
    else:
        number = [name for name, _ in lines].index(what)
        lines[number] = (what, _changed(data, lines[number][1]))
    try:
        believed = read(tuple(lines), method, target)
    except BadSignature:
        return
    if what in ("Signature", "Signature-Input"):
        # Another spelling of the same: base64 has spare bits, structured fields have spare blanks.
        assert (believed.key_id, believed.created_us) == (NAME, NOW_US)
        assert believed.is_of(body)
        return
    assert what == "body"
    assert not believed.is_of(body)


def _changed(data: st.DataObject, text: str) -> str:
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=0x21, max_codepoint=0x7E).filter(lambda one: one != text[place]))
    return data.draw(st.sampled_from([text[:place] + other + text[place + 1 :], text[:place] + text[place + 1 :]]))


@given(
    st.sampled_from([COMPOUND_HEADER, SIMULATED_HEADER, "Content-Digest"]), st.text("abc019-:=", max_size=12), st.booleans()
)
def test_a_second_line_of_a_signed_header_is_refused(name: str, text: str, first: bool) -> None:
    more = ((name.lower(), text),)
    with pytest.raises(BadSignature):
        read(more + signed() if first else signed() + more)


@given(st.lists(st.tuples(st.sampled_from(["Signature", "Signature-Input", "Content-Digest", "X"]), st.text(max_size=80))))
def test_whatever_comes_as_a_signature_is_refused_and_breaks_nothing(lines: list[tuple[str, str]]) -> None:
    with pytest.raises(BadSignature):
        read(tuple(lines))


@pytest.mark.parametrize("missing", ["Content-Digest", COMPOUND_HEADER, SIMULATED_HEADER, "Signature", "Signature-Input"])
def test_nothing_may_be_missing(missing: str) -> None:
    with pytest.raises(BadSignature):
        read(tuple(line for line in signed() if line[0] != missing))


def test_a_signature_that_leaves_something_out_is_refused() -> None:
    fields = dict(signed())
    fields["Signature-Input"] = fields["Signature-Input"].replace(' "@path"', "")
    base = "\n".join(line for line in _base(fields, "POST", TARGET).split("\n") if not line.startswith('"@path"'))
    fields["Signature"] = f"gatepost=:{base64.b64encode(KEY.sign(base.encode())).decode()}:"
    with pytest.raises(BadSignature):
        read(tuple(fields.items()))


def test_an_unknown_key_and_another_purpose_are_refused() -> None:
    with pytest.raises(BadSignature):
        verify(Message("POST", TARGET, Headers(signed())), DEVICE, lambda _: None)
    with pytest.raises(BadSignature):
        verify(Message("POST", TARGET, Headers(signed())), DEVICE, lambda _: Ed25519PrivateKey.generate().public_key())
    with pytest.raises(BadSignature):
        read(signed(), tag=ENROLMENT)


def test_what_the_search_for_a_key_raises_is_raised() -> None:
    def search(_: str) -> Ed25519PublicKey:
        raise TimeoutError("the database")

    with pytest.raises(TimeoutError):
        verify(Message("POST", TARGET, Headers(signed())), DEVICE, search)


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda vector: vector["about"])
def test_the_vectors_hold_and_the_base_is_the_standards(vector: dict[str, Any]) -> None:
    """Checked without the library: the base written by hand from RFC 9421, the digest from RFC 9530."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"]))
    body = vector["body"].encode()
    signer = Signer(key, vector["key_id"], vector["tag"])
    headers = signer.sign(Message(vector["method"], vector["target"], vector["headers"]), body, vector["now_us"])
    assert headers == vector["signed"]
    assert headers["Content-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    base = _base(headers, vector["method"], vector["target"])
    assert base == vector["base"]
    signature = base64.b64decode(headers["Signature"].removeprefix("gatepost=:").removesuffix(":"))
    key.public_key().verify(signature, base.encode())
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, base.encode() + b"\n")


def _base(headers: dict[str, str], method: str, target: str) -> str:
    """RFC 9421, 2.5, for the components that are covered here."""
    path, _, query = target.partition("?")
    parameters = headers["Signature-Input"].removeprefix("gatepost=")
    named: dict[str, Callable[[], str]] = {
        "@method": lambda: method,
        "@path": lambda: path,
        "@query": lambda: f"?{query}",
        "content-digest": lambda: headers["Content-Digest"],
        "gatepost-compound": lambda: headers[COMPOUND_HEADER],
        "gatepost-simulated": lambda: headers[SIMULATED_HEADER],
    }
    lines = [f'"{name}": {text()}' for name, text in named.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}'])
