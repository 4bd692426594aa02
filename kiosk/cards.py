"""The guard's cue cards (门岗提示卡): for every reason what to say, what to do, and whom to call."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.documents import decode_toml
from kiosk.errors import UsageError
from kiosk.model import ReasonCode
from kiosk.policy import Contact

FILE = Path(__file__).parent / "cards.toml"

Line = Annotated[str, Meta(pattern=r"\S", max_length=160)]
"""As long as a card in large type has room for."""


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line in every language."""

    zh: Line
    en: Line
    ja: Line
    ko: Line

    def in_language(self, language: str) -> str:
        """Return the line in a language of LANGUAGES."""
        words: str = getattr(self, language)
        return words


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a guard does about some reasons; several that call for the same share a card."""

    reasons: Annotated[tuple[str, ...], Meta(min_length=1)]
    say: Said
    do: Said
    call: Contact = Contact.NONE


class Cards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All cards that are shipped, and what each contact is called."""

    schema: Literal[1]
    contact: dict[Contact, Said]
    card: tuple[Card, ...]


@cache
def shipped() -> Cards:
    """Return the cards. Raises UsageError where a reason has two, or a contact no name."""
    cards = decode_toml(FILE, Cards)
    codes = [code for card in cards.card for code in card.reasons]
    if twice := {code for code in codes if codes.count(code) > 1}:
        raise UsageError(f"{FILE}: the reason {min(twice)!r} is on two cards; leave it on one")
    if nameless := set(Contact) - cards.contact.keys():
        raise UsageError(f"{FILE}: the contact {min(nameless)!r} has no name; add it under [contact]")
    return cards


def reasons() -> frozenset[ReasonCode]:
    """Return the reasons for which there is a card."""
    return frozenset(ReasonCode(code) for card in shipped().card for code in card.reasons)


def card(reason: ReasonCode) -> Card | None:
    """Return the card for a reason; None for one that only a site's own document gives."""
    return next((card for card in shipped().card if reason in card.reasons), None)
