"""What a gate's QR code says of a form, read as it was written and in no other way."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import VisitId
from sync.form_link import FormLink, NotALink, read, write

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
LINKS = st.builds(
    FormLink,
    NAMES,
    NAMES,
    st.binary(min_size=8, max_size=8).map(lambda raw: VisitId(raw.hex())),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**32 - 1),
)
LINK = FormLink("riverside", "gate-1-ab12", VisitId("00112233aabbccdd"), bytes(16), 1_800_000_000)


@given(LINKS)
def test_a_link_is_read_as_it_was_written_and_its_signature_is_the_devices(link: FormLink) -> None:
    found = read(write(link, KEY.sign))
    assert found.link == link
    KEY.public_key().verify(found.signature, found.signed)


@given(st.text(max_size=450))
def test_whatever_else_is_in_an_address_is_no_link(text: str) -> None:
    with pytest.raises(NotALink):
        read(text)


@pytest.mark.parametrize("position", range(0, 160, 7))
def test_a_link_that_was_changed_is_none_or_is_signed_by_nobody(position: int) -> None:
    token = write(LINK, KEY.sign)
    position %= len(token)
    changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
    try:
        found = read(changed)
    except NotALink:
        return
    assert (found.link, found.signature) != (LINK, read(token).signature)


def test_a_link_fits_a_code_that_a_phone_reads_off_the_smallest_screen() -> None:
    longest = FormLink("c" * 20, "d" * 24, LINK.visit, LINK.nonce, LINK.expires_s)
    assert len("https://gatepost.example.org/f/" + write(longest, KEY.sign)) <= 251  # version 11 at level M
