"""The guard's cue cards: one for every reason, in every language, without accusation or diagnosis."""

import re
from pathlib import Path

import pytest

from kiosk.cards import Said, card, shipped
from kiosk.model import ReasonCode
from kiosk.policy import LANGUAGES, Contact
from tests.ui.key_names import reasons, stopping_reasons
from tests.ui.test_words import DIAGNOSES
from ui import cards
from ui.translation import shown

LINES: dict[str, Said] = {
    **{f"{one.reasons[0]}.say": one.say for one in shipped().card},
    **{f"{one.reasons[0]}.do": one.do for one in shipped().card},
    **{f"contact.{contact}": said for contact, said in shipped().contact.items()},
}
ALOUD = [line for line in LINES if line.endswith(".say")]


def test_every_reason_has_a_sentence_for_the_visitor_and_a_card_for_the_guard() -> None:
    assert cards.reasons_with_words() == reasons()


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_said_in_four_languages_of_its_own(line: str) -> None:
    said = [LINES[line].in_language(language) for language in LANGUAGES]
    assert len(set(said)) == len(LANGUAGES)
    assert all(text == text.strip() for text in said)
    scripts = {"zh": r"[\u4e00-\u9fff]", "en": r"[A-Za-z]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ko": r"[\uac00-\ud7a3]"}
    assert all(re.search(scripts[language], LINES[line].in_language(language)) for language in LANGUAGES)
    assert not re.search(r"[\u3040-\u30ff\uac00-\ud7a3]", LINES[line].zh)


@pytest.mark.parametrize("line", LINES)
def test_a_card_makes_no_diagnosis(line: str) -> None:
    assert [text for text in map(LINES[line].in_language, LANGUAGES) if DIAGNOSES.search(text)] == []


@pytest.mark.parametrize("line", ALOUD)
def test_what_a_guard_says_aloud_names_no_colour_and_no_place_of_stay(line: str) -> None:
    named = re.compile(r"[红黄绿]码|\b(red|yellow|green)\b|赤|黄|緑|적색|황색|녹색|武汉|湖北|Wuhan|Hubei", re.IGNORECASE)
    assert [text for text in map(LINES[line].in_language, LANGUAGES) if named.search(text)] == []


def test_whoever_is_stopped_for_a_health_matter_is_reported_to_the_committee() -> None:
    for code in ("temperature_high", "health_red", "health_yellow", "travel_listed", "first_return_unregistered"):
        found = card(ReasonCode(code))
        assert found is not None
        assert found.call is Contact.COMMITTEE


def test_whoever_was_measured_high_is_measured_again_before_anything_else() -> None:
    found = card(ReasonCode("temperature_high"))
    assert found is not None
    again = {"zh": "复测", "en": "measure with the clinical thermometer", "ja": "測り直す", "ko": "다시 잽니다"}
    assert all(word in found.do.in_language(language) for language, word in again.items())


def test_an_admission_calls_nobody_and_no_other_reason_shares_its_card() -> None:
    resident = card(ReasonCode("resident"))
    assert resident is not None
    assert resident.call is Contact.NONE
    assert set(resident.reasons) & stopping_reasons() == set()


def test_a_reason_of_a_documents_own_has_no_shipped_card() -> None:
    assert card(ReasonCode("use_the_side_gate")) is None


def test_the_contacts_are_those_of_the_glossary() -> None:
    page = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
    for contact in (Contact.COMMITTEE,):
        assert all(shipped().contact[contact].in_language(language) in page for language in ("zh", "ja", "ko"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_visitor_reads_another_sentence_than_the_guard_says(language: str) -> None:
    for one in shipped().card:
        for code in one.reasons:
            assert shown(language)[f"reason.{code}"] != one.do.in_language(language)
