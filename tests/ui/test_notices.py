from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from kiosk import policy
from kiosk.documents import decode_toml
from kiosk.errors import UsageError
from ui import notices
from ui.translation import LANGUAGES, Translator

GOOD = 'schema = 1\n[title]\nzh = "标题"\nen = "Title"\nja = "題"\nko = "제목"\n'
ONE = '[[notice]]\nzh = "一"\nen = "one"\nja = "いち"\nko = "하나"\n'
TWO = '[[notice]]\nzh = "二"\nen = "two"\nja = "に"\nko = "둘"\n'


def document(name: str) -> policy.PolicyDocument:
    path = Path(str(files("kiosk") / "policies" / f"{name}.toml"))
    return policy.parse(decode_toml(path, dict[str, Any]), str(path))


def shipped(name: str) -> notices.Notices:
    """As the screen shows them under the rules that ship under this name."""
    return notices.NoticeBoard().under(document(name).shows)


def read(tmp_path: Path, text: str) -> notices.Notices:
    path = tmp_path / "notices.toml"
    path.write_text(text, encoding="utf-8")
    return notices.read(path)


def test_the_notices_suit_the_rules_in_force() -> None:
    assert shipped("response-level-2").title.zh == "防疫温馨提示"
    assert shipped("normal-times").title.zh == "温馨提示"


@pytest.mark.parametrize("mode", ["response-level-2", "normal-times"])
def test_the_shipped_notices_are_few_and_in_four_languages(mode: str) -> None:
    found = shipped(mode)
    assert 3 <= len(found.notice) <= 8
    for turn in range(len(found.notice)):
        assert len({found.at(turn, language) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_calls_the_buttons_by_their_names(language: str) -> None:
    found = shipped("normal-times")
    said = " ".join(found.at(turn, language)[1] for turn in range(len(found.notice)))
    assert Translator(language, strict=True).text("button.guard") in said


def test_notices_that_the_rules_bring_hang_in_the_place_of_those_that_ship_but_not_of_the_sites_own(tmp_path: Path) -> None:
    ruled = (tuple({language: f"ruled {language}" for language in LANGUAGES}.items()),)
    hung = notices.NoticeBoard().under("normal", ruled)
    assert (hung.at(0, "ja"), hung.title) == ((shipped("normal-times").title.ja, "ruled ja"), shipped("normal-times").title)
    own = read(tmp_path, GOOD + ONE)
    assert notices.NoticeBoard(own).under("normal", ruled) is own


def test_they_come_in_order_and_begin_again(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD + ONE + TWO)
    assert [found.at(turn, "ko") for turn in range(3)] == [("제목", "하나"), ("제목", "둘"), ("제목", "하나")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD, r"must have the key 'notice'|the section or key 'notice' is missing; add it"),
        (GOOD + ONE.replace('ko = "하나"\n', ""), r"\[notice\] number 1 must have the key 'ko'; add it"),
        (GOOD + ONE + TWO.replace('"둘"', '" "'), r"\[notice\] number 2 ko must be words"),
        (GOOD + ONE.replace('"one"', f'"{"x" * 161}"'), r"\[notice\] number 1 en must be words, of 160 characters at most"),
        (GOOD + ONE + 'fr = "un"\n', r"\[notice\] number 1 has no key 'fr'; remove it"),
        (GOOD + ONE * 13, r"\[notice\] must be a list of 1 to 12 entries"),
        (GOOD.replace("schema = 1", "schema = 2") + ONE, r"\[schema\] must be 1"),
        ("notice", r"is not TOML"),
    ],
    ids=lambda text: text[-30:],
)
def test_a_mistake_in_a_sites_own_notices_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "notices.toml"))
    assert "\n" not in str(caught.value)


def test_the_example_in_the_documentation_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "words.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert read(tmp_path, example).at(0, "en")[1] == "The lift is being serviced today. Please take the stairs."
