"""The guard's cue cards on the live page."""

import json
from dataclasses import replace

import pytest

from kiosk.cards import card, shipped
from kiosk.model import ReasonCode
from kiosk.policy import Contact
from sync.central.access import Role
from sync.central.board import snapshot_of
from sync.central.cue_cards import MOST, cue_cards
from sync.central.pages import change, page
from sync.central.passages import OwnCard
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.test_pages import ONE

HELD = replace(ONE, answer="hold", reasons=("temperature_high",), outcome="")


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_is_held_or_refused_has_a_card_in_the_readers_language(language: str) -> None:
    told = card(ReasonCode("temperature_high"))
    assert told is not None
    for answer in ("hold", "refuse"):
        (found,) = cue_cards(replace(HELD, answer=answer), language)
        assert (found["say"], found["do"]) == (told.say.in_language(language), told.do.in_language(language))
        assert found["call"] == shipped().contact[Contact.COMMITTEE].in_language(language)


@pytest.mark.parametrize(
    "passage",
    [ONE, replace(HELD, by_guard=True), replace(HELD, reasons=("use_the_side_gate",)), replace(HELD, answer="??")],
    ids=["let in", "a guard decided", "a reason of the site's own", "an answer of another kind"],
)
def test_nobody_else_has_one(passage: object) -> None:
    assert cue_cards(passage, "en") == ()  # type: ignore[arg-type]  # a Passage, each of them


@pytest.mark.parametrize("reason", ["use_the_side_gate", "temperature_high"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sites_own_document_brings_the_cards_of_its_reasons(language: str, reason: str) -> None:
    words = {each: f"{each} words" for each in LANGUAGES}
    own = OwnCard(reason, words, words, words, Contact.PROPERTY_OFFICE)
    held = replace(HELD, reasons=(reason,), own=(own,))
    (found,) = cue_cards(held, language)
    assert (found["say"], found["do"]) == (f"{language} words", f"{language} words")
    assert found["call"] == shipped().contact[Contact.PROPERTY_OFFICE].in_language(language)
    assert f"<span>{language} words</span>" in page(snapshot_of((held,), None), language, Role.GUARD, packed=False).decode()


def test_reasons_that_share_a_card_show_it_once_and_there_are_few() -> None:
    shared = replace(HELD, reasons=("pass_expired", "pass_revoked"))
    assert len(cue_cards(shared, "en")) == 1
    many = replace(HELD, reasons=("temperature_high", "pass_expired", "health_red", "travel_listed"))
    assert len(cue_cards(many, "en")) == MOST
    assert cue_cards(many, "en")[0] == cue_cards(HELD, "en")[0]


def test_whom_nobody_needs_to_be_called_for_says_no_call() -> None:
    calls_nobody = next(one for one in shipped().card if one.call is Contact.NONE)
    (found,) = cue_cards(replace(HELD, reasons=(calls_nobody.reasons[0],)), "en")
    assert found["call"] == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_and_its_changes_show_the_card_beside_the_visit(language: str) -> None:
    (found,) = cue_cards(HELD, language)
    snapshot = snapshot_of((HELD,), None)
    (data,) = [line for line in change(snapshot, language, "").decode().splitlines() if line.startswith("data: ")]
    (row,) = json.loads(data.removeprefix("data: "))["rows"].values()
    for html in (page(snapshot, language, Role.GUARD, packed=False).decode(), row):
        assert "<details>" in html
        assert WORDS[language]["card"]["title"] in html
        assert found["call"] in html
    assert "<details>" not in page(snapshot_of((ONE,), None), language, Role.GUARD, packed=False).decode()
