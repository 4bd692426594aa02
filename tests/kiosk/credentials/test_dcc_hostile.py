"""Whatever stands in a certificate's text, at any layer: it is answered, within bounds, and never believed."""

import zlib

import pytest
from cbor2 import CBORTag, dumps
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.bench.specimens import dcc, pack
from kiosk.credentials import base45
from kiosk.credentials.bounded import MAX_DEPTH, Unreadable, cbor, inflate
from kiosk.evidence import Verdict
from tests.examples import examples
from tests.kiosk.credentials.dcc_checking import PAYLOAD, SIGNER, checked, entry


def test_what_is_inflated_has_a_bound_however_much_is_promised() -> None:
    bomb = zlib.compress(bytes(50_000_000))
    with pytest.raises(Unreadable, match="larger"):
        inflate(bomb, 1000)
    assert inflate(zlib.compress(bytes(1000)), 1000) == bytes(1000)


def test_cbor_has_a_depth_that_is_refused() -> None:
    assert cbor(b"\x81" * (MAX_DEPTH - 1) + b"\x00")
    with pytest.raises(Unreadable):
        cbor(b"\x81" * (MAX_DEPTH + 1) + b"\x00")


items = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.integers(-300, 10), inner, max_size=4)
        | st.builds(CBORTag, st.integers(0, 300), inner)
    ),
    max_leaves=12,
)


members = st.sampled_from(["ver", "nam", "dob", "v", "t", "r"])


@given(items)
def test_no_cbor_whatever_in_place_of_the_message_is_valid(item: object) -> None:
    assert checked(pack(dumps(item))).verdict is Verdict.MALFORMED


@given(items)
def test_no_cbor_whatever_in_place_of_the_claims_raises(item: object) -> None:
    assert checked(pack(SIGNER.message(dumps(item)))).verdict is Verdict.MALFORMED


@given(st.dictionaries(members, items, min_size=1))
@settings(max_examples=examples(3))
def test_no_cbor_whatever_in_a_certificate_raises(changes: dict[str, object]) -> None:
    assert checked(SIGNER.text(dcc(**changes))).verdict in (Verdict.MALFORMED, Verdict.UNSUPPORTED, Verdict.VALID)


@given(st.dictionaries(st.sampled_from([*entry()]), items, min_size=1))
@settings(max_examples=examples(3))
def test_no_cbor_whatever_in_a_statement_raises(changes: dict[str, object]) -> None:
    found = checked(SIGNER.text(dcc(v=[entry(**changes)])))
    assert found.verdict in (Verdict.MALFORMED, Verdict.VALID)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_behind_any_layer_raise(data: bytes) -> None:
    for text in (b"HC1:" + data, b"HC1:" + base45.encode(data).encode(), pack(data), pack(SIGNER.message(data))):
        assert checked(text).verdict is Verdict.MALFORMED


@given(st.integers(0, 2000), st.integers(1, 255))
def test_no_byte_of_a_message_can_be_changed_but_for_its_tag(place: int, change: int) -> None:
    data = bytearray(SIGNER.message(PAYLOAD))
    data[1 + place % (len(data) - 1)] ^= change
    assert checked(pack(bytes(data))).verdict is not Verdict.VALID
