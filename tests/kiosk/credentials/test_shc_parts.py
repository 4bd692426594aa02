"""A card too long for one code comes in several: collected in any order, shown to nobody."""

from itertools import permutations

import pytest

from kiosk.bench.specimens import card, digits, dose, parts
from kiosk.credentials import CardPart, CardParts, examine, examine_parts
from kiosk.credentials.shc import MAX_ALONE, MAX_PART, MAX_PARTS
from kiosk.evidence import Verdict
from tests.kiosk.credentials.shc_checking import JWS, OTHER, SIGNER, TRUST, checked, wall


def long_card() -> str:
    """Return a JWS that one code cannot hold."""
    doses = (dose("2021-01-01", lotNumber=f"{number * 7919 % 10**9:x}{number**9:x}") for number in range(40))
    return SIGNER.jws(card(*doses))


LONG = long_card()


PARTS = [text.encode() for text in parts(LONG)]


def part(text: bytes) -> CardPart:
    found = examine(text, TRUST, wall())
    assert isinstance(found, CardPart)
    return found


def collected(*texts: bytes) -> CardParts:
    found = CardParts()
    for text in texts:
        found = found.with_part(part(text))
    return found


@pytest.mark.parametrize("order", list(permutations(range(len(PARTS)))), ids=repr)
def test_parts_make_a_card_in_whatever_order_and_however_often_they_are_seen(order: tuple[int, ...]) -> None:
    assert len(LONG) > MAX_ALONE
    assert len(PARTS) > 1
    seen = [PARTS[number] for number in order]
    assert not collected(*seen[:-1], seen[0]).complete
    found = examine_parts(collected(*seen, *seen), TRUST, wall())
    assert (found.verdict, len(found.findings)) == (Verdict.VALID, 40)


def test_a_part_of_another_card_begins_anew() -> None:
    another = [text.encode() for text in parts(OTHER.jws(card(*(dose("2021-01-01") for _ in range(9)))) + "A" * MAX_ALONE)]
    mixed = collected(another[0], *PARTS)
    assert mixed.complete
    assert examine_parts(mixed, TRUST, wall()).verdict is Verdict.VALID


def test_an_incomplete_card_is_malformed() -> None:
    assert examine_parts(collected(PARTS[0]), TRUST, wall()).verdict is Verdict.MALFORMED
    assert examine_parts(CardParts(), TRUST, wall()).verdict is Verdict.MALFORMED


def test_a_card_in_more_parts_than_it_needs_is_malformed() -> None:
    half = len(JWS) // 2
    halves = [digits(JWS[:half], "shc:/1/2/").encode(), digits(JWS[half:], "shc:/2/2/").encode()]
    assert examine_parts(collected(*halves), TRUST, wall()).verdict is Verdict.MALFORMED


NO_PARTS = {
    "one of one": digits(JWS, "shc:/1/1/"),
    "three of two": digits(JWS[:100], "shc:/3/2/"),
    "none of two": digits(JWS[:100], "shc:/0/2/"),
    "of too many": digits(JWS[:100], f"shc:/1/{MAX_PARTS + 1}/"),
    "too long": digits("A" * (MAX_PART + 1), "shc:/1/2/"),
    "a whole card that is too long": digits("A" * (MAX_ALONE + 1)),
}


@pytest.mark.parametrize("case", NO_PARTS)
def test_no_card_is_divided_so(case: str) -> None:
    assert checked(NO_PARTS[case]).verdict is Verdict.MALFORMED


def test_what_a_part_holds_is_never_shown() -> None:
    assert PARTS[0].decode()[20:40] not in repr(part(PARTS[0]))
    assert LONG[:20] not in repr(part(PARTS[0])) + repr(collected(PARTS[0]))
