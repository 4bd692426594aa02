"""Codes: written and read again, whatever a person does to them in between, and no slip goes unnoticed."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import UsageError
from sync.enrolment_code import LENGTH, NO_CA, EnrolmentCode, fingerprint, read_code

CODES = st.builds(EnrolmentCode, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KNOWN = EnrolmentCode(bytes(range(10)), bytes(range(10, 20)))


def test_a_code_is_seven_groups_of_five() -> None:
    assert str(KNOWN) == "1000G-40R40-M30E2-09185-GR38E-1W812-4GK63"
    # Between version and check it is base 32 (RFC 4648) in Crockford's letters.
    by_rfc = base64.b32encode(KNOWN.secret + KNOWN.ca).decode()
    assert str(KNOWN).replace("-", "")[1:-2] == by_rfc.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", LETTERS))


@given(CODES)
def test_what_is_written_is_read_again(code: EnrolmentCode) -> None:
    assert read_code(str(code)) == code


@given(CODES, st.sampled_from(["", " ", "\t", "-", " - "]), st.booleans())
def test_small_letters_other_groups_and_letters_for_digits_are_understood(code: EnrolmentCode, gap: str, small: bool) -> None:
    typed = gap.join(str(code).split("-")).replace("0", "O").replace("1", "l") + "\n"
    assert read_code(typed.lower() if small else typed) == code


@given(CODES, st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_a_wrong_letter_is_found_before_anybody_is_asked(code: EnrolmentCode, place: int, letter: str) -> None:
    bare = str(code).replace("-", "")
    wrong = bare[:place] + letter + bare[place + 1 :]
    if wrong != bare:
        # 10 bits of a digest: one slip in a thousand gets through, and is no code of any server.
        with suppress(UsageError):
            assert read_code(wrong) != code


def test_two_neighbours_exchanged_are_found() -> None:
    text = str(KNOWN).replace("-", "")
    swapped = [text[:n] + text[n + 1] + text[n] + text[n + 2 :] for n in range(LENGTH - 1) if text[n] != text[n + 1]]
    found = 0
    for wrong in swapped:
        with pytest.raises(UsageError):
            read_code(wrong)
        found += 1
    assert found == len(swapped) > 20


@pytest.mark.parametrize("text", ["", "-", "10001", str(KNOWN) + "0", str(KNOWN)[:-1] + "U", "é" * 35, "0" * 10_000])
def test_what_is_no_code_is_one_sentence_that_repeats_nothing(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_code(text)
    assert len(str(caught.value)) < 120


def test_a_code_of_a_later_version_says_so() -> None:
    with pytest.raises(UsageError, match="newer server"):
        read_code("2" + str(KNOWN)[1:])


def test_it_names_one_ca_and_is_shown_to_nobody_by_accident() -> None:
    code = EnrolmentCode(bytes(10), fingerprint(b"a CA"))
    assert code.is_of(b"a CA")
    assert not code.is_of(b"another CA")
    assert not EnrolmentCode(bytes(10), NO_CA).is_of(b"a CA")
    assert str(code)[:5] not in f"{code!r}"
