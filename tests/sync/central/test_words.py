import string
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.held_to import NO_FORM, OTHER_VEHICLE
from kiosk.leaving import LEAVING
from kiosk.model import Answer, GateOutcome
from kiosk.overriding import Way
from kiosk.people import VisitorKind
from kiosk.policy.timetable import NOT_IN_FORCE
from kiosk.rulebook import NOT_LISTED
from kiosk.staleness import LIMITS
from kiosk.weighing import MISSING
from sync.central.words import LANGUAGES, WORDS, language_for

POLICIES = [entry for entry in (files("kiosk") / "policies").iterdir() if entry.name.endswith(".toml")]
REASONS = {
    reason for entry in POLICIES for reason in policy.parse(tomllib.loads(entry.read_text("utf-8")), entry.name).reasons
}
RUNTIME = {
    *MISSING.values(),
    LEAVING,
    NOT_LISTED,
    NO_FORM,
    OTHER_VEHICLE,
    NOT_IN_FORCE,
    *Way,
    *(limit.reason for limit in LIMITS),
}


def keys(language: str) -> set[tuple[str, str]]:
    return {(section, key) for section, words in WORDS[language].items() for key in words}


def test_chinese_comes_first() -> None:
    assert list(WORDS) == list(LANGUAGES) == ["zh", "en", "ja", "ko"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    assert keys(language) == keys("zh")
    assert all(text == text.strip() != "" for words in WORDS[language].values() for text in words.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_shipped_policies_and_of_the_model_has_words(language: str) -> None:
    words = WORDS[language]
    assert len(REASONS) > 15
    assert set(words["reason"]) == REASONS | RUNTIME
    assert set(words["answer"]) == set(Answer)
    assert set(words["visitor"]) == set(VisitorKind)
    assert set(words["outcome"]) == set(GateOutcome)


@pytest.mark.parametrize("language", ["zh", "ja", "ko"])
def test_no_translation_was_left_in_english(language: str) -> None:
    english = WORDS["en"]
    for section, words in WORDS[language].items():
        for key, text in words.items():
            assert text != english[section][key], (section, key)
            assert any(character not in string.printable for character in text), (section, key)


@pytest.mark.parametrize("section", ["answer", "outcome", "reason", "visitor"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_codes_read_the_same(language: str, section: str) -> None:
    words = WORDS[language][section]
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("ko", "en", "ko"),
        ("", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("", "fr;q=1, ja;q=0.3, en;q=0.7", "en"),
        ("", "zh-TW", "zh"),
        ("", "kok,de", "zh"),
        ("", "en;q=0, ja", "ja"),
        ("", "*", "zh"),
        ("", "", "zh"),
        ("tlh", "ja", "ja"),
        ("EN-us", "", "en"),
        ("", "en;q=nan, ko;q=x, ja;q=0.1", "ja"),
    ],
)
def test_the_page_speaks_the_readers_language(asked: str, accepted: str, language: str) -> None:
    assert language_for(asked, accepted) == language


@given(st.text(), st.text())
def test_whatever_is_asked_there_is_a_language(asked: str, accepted: str) -> None:
    assert language_for(asked, accepted) in LANGUAGES
