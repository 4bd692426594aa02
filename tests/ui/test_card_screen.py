"""What is shown of a card that is wrong: every language's line in its own shapes, and then the mistake."""

from kiosk.card import WRONG
from ui.card_screen import paragraphs


def test_each_language_has_a_line_and_the_mistake_comes_last() -> None:
    *heads, mistake = paragraphs(WRONG + "gatepost.toml: [gate] has no key 'devise';\nremove it\n")
    assert [f"Gatepost: {line.text}" for line in heads] == WRONG.strip().splitlines()
    assert [line.chinese for line in heads] == [True, False, False, False]
    assert mistake.text == "gatepost.toml: [gate] has no key 'devise'; remove it"
    assert mistake.mistake
    assert not any(line.mistake for line in heads)
