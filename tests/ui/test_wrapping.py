"""Where lines break, in four languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.translation import LANGUAGES, shown
from ui.wrapping import LINE_HEIGHT, NEVER_FIRST, NEVER_LAST, fit, phrases, pieces

WORDS = sorted({text for language in LANGUAGES for text in shown(language).values() if "{" not in text})


def width_of(piece: str) -> float:
    """A font whose ideographs are square and whose letters are half as wide."""
    return sum(1.0 if ord(character) > 0x1100 else 0.5 for character in piece)


def lines_of(text: str, width: float, size: int = 10) -> tuple[str, ...]:
    return fit(text, width_of, width, 1000, size, size).lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("请将额头靠近测温口，并出示二维码", 110, ("请将额头靠近测温口，", "并出示二维码")),
        ("欢迎", 1000, ("欢迎",)),
        ("暂不放行", 20, ("暂不", "放行")),
        ("コードを枠の中にかざしてください", 90, ("コードを枠の中に", "かざしてください")),
        ("どうぞお通りください", 80, ("どうぞ", "お通りください")),
        ("脇に寄ってご記入いただけます", 90, ("脇に寄って", "ご記入いただけます")),
        ("健康コードをかざしてください", 90, ("健康コードを", "かざしてください")),
        ("「警備員を呼ぶ」を押してください", 90, ("「警備員を呼ぶ」を", "押してください")),
        ("需要复测请按“呼叫门卫”", 75, ("需要复测请按", "“呼叫门卫”")),
        ("코드를 틀 안에 맞춰 주세요", 80, ("코드를 틀 안에", "맞춰 주세요")),
        ("Hold up your pass or health code", 95, ("Hold up your pass", "or health code")),
    ],
    ids=[
        "clauses",
        "one line",
        "characters",
        "phrases",
        "not after an honorific",
        "before an honorific",
        "after a particle",
        "a button's name",
        "a quotation",
        "words of hangul",
        "words",
    ],
)
def test_a_line_ends_where_its_reader_would_pause(text: str, width: float, lines: tuple[str, ...]) -> None:
    assert lines_of(text, width) == lines


def test_one_word_is_not_left_alone_on_a_line_when_the_lines_can_be_even() -> None:
    assert lines_of("The guard has not answered yet", 130) == ("The guard has", "not answered yet")
    assert "When done," not in lines_of("When done, come back and hold up the pass on your phone", 260)


@given(st.sampled_from(WORDS), st.floats(60, 900))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: float) -> None:
    fitted = fit(text, width_of, width, 10_000, 20, 5)
    assert "".join(fitted.lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    if fitted.whole:
        assert all(width_of(line) * fitted.size <= width + 0.001 for line in fitted.lines)


@given(st.sampled_from(WORDS), st.floats(60, 900))
def test_no_line_begins_with_what_ends_or_ends_with_what_begins(text: str, width: float) -> None:
    for line in fit(text, width_of, width, 10_000, 20, 5).lines[1:]:
        assert line[0] not in NEVER_FIRST
    for line in fit(text, width_of, width, 10_000, 20, 5).lines[:-1]:
        assert line[-1] not in NEVER_LAST


@given(st.sampled_from(WORDS))
def test_pieces_and_phrases_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert "".join(phrases(text)) == text


@given(st.sampled_from(WORDS), st.floats(100, 800), st.floats(20, 400), st.integers(12, 90))
def test_words_are_as_large_as_fits_and_no_smaller_than_legible(text: str, width: float, height: float, largest: int) -> None:
    fitted = fit(text, width_of, width, height, largest, 10)
    assert 10 <= fitted.size <= largest
    if fitted.whole:
        assert len(fitted.lines) * LINE_HEIGHT * fitted.size <= height + 0.001
    else:
        assert fitted.size == 10
