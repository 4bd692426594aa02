import time
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.central.staff.passwords import USUAL, Cost, Passwords, wrong_with
from tests.sync.central.signed_in import CHEAP, PASSWORD


def test_a_hash_is_argon2id_of_its_own_salt_and_fits_its_password_alone() -> None:
    first, second = CHEAP.hash(PASSWORD), CHEAP.hash(PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert CHEAP.fits(first, PASSWORD)
    assert not CHEAP.fits(first, PASSWORD + " ")
    assert not CHEAP.fits(None, PASSWORD)


def test_the_usual_cost_is_that_of_rfc_9106_and_a_hash_at_another_is_outdated() -> None:
    assert (USUAL.passes, USUAL.memory) == (3, 64 * 1024 * 1024)
    old = CHEAP.hash(PASSWORD)
    assert not CHEAP.outdated(old)
    assert Passwords(Cost(2, 8192)).outdated(old)
    # At whatever cost it was made it fits.
    assert Passwords(Cost(2, 8192)).fits(old, PASSWORD)


def test_one_that_is_typed_on_another_keyboard_is_the_same() -> None:
    assert CHEAP.fits(CHEAP.hash("Gr\u00fc\u00dfe an alle hier"), "Gru\u0308\u00dfe an alle hier")


def test_nobody_s_password_takes_as_much_work_as_a_wrong_one() -> None:
    passwords = Passwords(Cost(2, 8 * 1024 * 1024))
    stored = passwords.hash(PASSWORD)

    def work_s(of: str | None) -> float:
        began = time.thread_time()
        assert not passwords.fits(of, "not this one at all")
        return time.thread_time() - began

    work_s(None)
    nobody, somebody = (median(work_s(of) for _ in range(5)) for of in (None, stored))
    assert 0.5 < nobody / somebody < 2


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("eleven char", "short"),
        ("twelve chars", None),
        ("门岗通门岗通物业公司四个字", None),
        ("x1!" * 86, "long"),
        ("ababababababab", "plain"),
        ("My name is wang!", "plain"),
    ],
)
def test_a_new_password_is_long_and_not_plain(password: str, wrong: str | None) -> None:
    assert wrong_with(password, "wang") == wrong


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_password_or_is_not(typed: str) -> None:
    assert not CHEAP.fits(STORED, typed)
    if wrong_with(typed, "wang") is None:
        assert CHEAP.fits(CHEAP.hash(typed), typed)


STORED = CHEAP.hash(PASSWORD)
