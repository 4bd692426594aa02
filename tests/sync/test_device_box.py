"""What is sealed to one device: it alone reads it, nothing of it shows, and anything else is for nobody."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.device_box import BLOCK, NotForUs, open_box, seal_to
from sync.identity import Papers

OURS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))


def opened(key: Ed25519PrivateKey, box: bytes) -> bytes:
    return open_box(key.private_bytes_raw(), key.public_key().public_bytes_raw(), box)


@given(st.binary(max_size=300))
def test_the_device_reads_what_is_sealed_to_it_and_another_does_not(text: bytes) -> None:
    box = seal_to(OURS.public_key().public_bytes_raw(), text)
    assert opened(OURS, box) == text
    with pytest.raises(NotForUs):
        opened(OTHER, box)


def test_a_box_tells_no_length_and_is_never_the_same_twice() -> None:
    public = OURS.public_key().public_bytes_raw()
    boxes = [seal_to(public, name) for name in (b"a", b"a", b"a" * (BLOCK - 1))]
    assert len({len(box) for box in boxes}) == 1
    assert len(set(boxes)) == 3


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_for_nobody(box: bytes) -> None:
    with pytest.raises(NotForUs):
        opened(OURS, box)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), bytes(33)], ids=["none", "short", "zero", "long"])
def test_a_key_that_is_none_is_sealed_to_by_nobody(key: bytes) -> None:
    with pytest.raises(ValueError, match="no Ed25519 key"):
        seal_to(key, b"name")


def test_a_kiosk_opens_what_is_sealed_to_the_key_of_its_papers(tmp_path: Path) -> None:
    papers = Papers(tmp_path / "identity")
    with pytest.raises(NotForUs, match="no key"):
        papers.unseal(b"box")
    papers.folder.mkdir()
    public = papers.make_key().public_key().public_bytes_raw()
    assert papers.unseal(seal_to(public, b"name")) == b"name"
