"""What residents read is there in every language."""

import re
import string

import pytest

from sync.central.forms.words import WORDS as FORM_WORDS
from sync.central.residents.consents import State, Why
from sync.central.residents.words import WORDS
from sync.central.words import LANGUAGES


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_and_names_the_same_places(language: str) -> None:
    mine, chinese = WORDS[language], WORDS["zh"]
    assert {(section, key) for section, words in mine.items() for key in words} == {
        (section, key) for section, words in chinese.items() for key in words
    }
    for section, words in mine.items():
        for key, text in words.items():
            assert text == text.strip() != ""
            assert places(text) == places(chinese[section][key]), (section, key)
    assert set(Why) <= set(mine["bad"])
    assert {f"host_{state}" for state in State} <= set(FORM_WORDS[language]["sent"])


@pytest.mark.parametrize("language", ["zh", "ja", "ko"])
def test_no_text_was_left_in_english(language: str) -> None:
    for words in WORDS[language].values():
        for text in words.values():
            assert re.search(r"[^\x00-\x7f]", text), text
