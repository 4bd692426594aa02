"""The form's words: every key in every language, and for every code."""

import pytest

from sync.central.forms.fields import CATEGORIES, LONGEST, REGIONS, RETURNS, VEHICLES
from sync.central.forms.opening import Why
from sync.central.forms.words import WORDS
from sync.central.words import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    keys = {(section, key) for section, words in WORDS[language].items() for key in words}
    assert keys == {(section, key) for section, words in WORDS["zh"].items() for key in words}
    assert all(text == text.strip() != "" for words in WORDS[language].values() for text in words.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    words = WORDS[language]
    assert set(words["field"]) == set(LONGEST)
    assert set(words["category"]) == set(CATEGORIES)
    assert set(words["region"]) == set(REGIONS)
    assert set(words["vehicle"]) == set(VEHICLES)
    assert set(words["first_return"]) == set(RETURNS)
    assert set(Why) <= set(words["bad"])
