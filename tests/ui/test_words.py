"""The catalogues: every key in every language, nothing too long, nobody accused, everybody offered the guard."""

import re
from collections.abc import Callable
from string import Formatter
from unicodedata import east_asian_width

import pytest

from sync.central.words import WORDS
from tests.ui.key_names import ROOT, families, named, reasons, stopping_reasons
from ui.narration import KEYS
from ui.translation import LANGUAGES, Words, shown, spoken

DIAGNOSES = re.compile(r"发烧|发热|患病|发病|\bfever|\bill\b|\bsick|\binfect|発熱|病気|感染|발열|고열|감염", re.IGNORECASE)
TITLES = {
    r"answer\.\w+": 18,
    r"step\.\w+": 16,
    r"step\.\w+\.\w+": 26,
    r"button\.\w+": 18,
    r"(form|parked|staff|idle)\.title": 36,
    r"guard\.\w+": 36,
    r"simulation": 16,
    r"part\.\w+\.lost": 48,
    r"do\.\w+|hint\.\w+": 62,
    r"reason\..*": 160,
}
"""How many half-width cells there are for what stands in large type on 800x480."""


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def cells(words: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [shown, spoken], ids=["shown", "spoken"])
def test_every_language_says_everything(words: Callable[[str], Words], language: str) -> None:
    assert words(language).keys() == words("zh").keys()
    assert all(text == text.strip() != "" for text in words(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_has_the_same_placeholders_in_every_language(language: str) -> None:
    differing = [key for key in shown("zh") if placeholders(shown(language)[key]) != placeholders(shown("zh")[key])]
    assert differing == []


def test_what_the_model_can_ask_for_has_words() -> None:
    assert len(reasons()) > 20
    assert families() <= shown("zh").keys()


def test_the_screens_name_no_key_without_words() -> None:
    assert named(shown("zh")) <= shown("zh").keys() | spoken("zh").keys()


def test_no_word_is_there_in_vain() -> None:
    assert shown("zh").keys() - families() - named(shown("zh")) == set()


def test_what_is_said_aloud_is_what_can_be_said() -> None:
    assert spoken("zh").keys() == KEYS


@pytest.mark.parametrize("language", ["zh", "ja", "ko"])
def test_no_translation_was_left_in_english(language: str) -> None:
    same = {key for key, text in shown(language).items() if text == shown("en")[key]}
    assert same == {"measured.value"} | {key for key in shown("zh") if key.startswith("language.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_is_stopped_is_offered_the_guard_by_the_buttons_own_words(language: str) -> None:
    words = shown(language)
    keys = {f"reason.{code}" for code in stopping_reasons()} | {
        "reason.other.hold",
        "reason.other.refuse",
        "form.unavailable",
    }
    assert [key for key in sorted(keys) if words["button.guard"] not in words[key]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reading_is_never_called_an_illness(language: str) -> None:
    assert [key for key, text in shown(language).items() if DIAGNOSES.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_colour_of_a_health_code_is_not_for_others_to_read(language: str) -> None:
    colours = re.compile(r"[红黄绿]码|\b(red|yellow|green)\b|赤|黄|緑|적색|황색|녹색|빨간|노란")
    assert [key for key, text in shown(language).items() if colours.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("form", "room"), TITLES.items())
def test_what_is_shown_large_is_short(form: str, room: int, language: str) -> None:
    keys = [key for key in shown(language) if re.fullmatch(form, key) and not key.endswith(".line")]
    assert keys
    assert [(key, cells(shown(language)[key])) for key in keys if cells(shown(language)[key]) > room] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_called_by_its_own_name_everywhere(language: str) -> None:
    assert [shown(language)[f"language.{name}"] for name in LANGUAGES] == ["中文", "English", "日本語", "한국어"]


def test_the_glossarys_terms_are_those_in_use() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    in_use = page.partition("## On the screens")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in in_use.splitlines() if line.startswith("| ")]
    assert rows[0][:4] == ["中文", "English", "日本語", "한국어"]
    assert len(rows) > 10
    for column, language in enumerate(LANGUAGES):
        central = [text for section in WORDS[language].values() for text in section.values()]
        said = "\n".join([*shown(language).values(), *central]).lower()
        assert [row[column] for row in rows[1:] if row[column].lower() not in said] == []
