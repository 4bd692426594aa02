import pytest

from kiosk.model import Answer, ReasonCode
from tests.captured_lines import capture_logs
from ui.translation import LANGUAGES, MissingWord, Translator


def test_the_words_are_those_of_the_language_in_use() -> None:
    translator = Translator("en", strict=True)
    assert translator.text("answer.hold") == "Please wait"
    translator.language = "ja"
    assert translator.text("answer.hold") == "お待ちください"


def test_values_stand_in_their_places() -> None:
    translator = Translator("en", strict=True)
    assert translator.text("measured.value", value="36.5", uncertainty="0.2") == "36.5 °C ± 0.2"
    assert Translator("ko", strict=True).text("staff.wait", seconds=30) == "30초 후에 다시 시도하세요"


@pytest.mark.parametrize("language", ["", "fr", "zh-TW", "../zh"])
def test_a_language_that_is_not_spoken_is_refused(language: str) -> None:
    translator = Translator("ko")
    with pytest.raises(ValueError, match="do not speak"):
        translator.language = language
    assert translator.language == "ko"


def test_a_strict_translator_raises_for_what_is_missing() -> None:
    translator = Translator("en", strict=True)
    with pytest.raises(MissingWord, match=r"'answer\.perhaps' in 'en'"):
        translator.text("answer.perhaps")
    with pytest.raises(MissingWord, match="lack a value"):
        translator.text("staff.wait")


def test_a_running_kiosk_shows_the_key_and_says_so_once() -> None:
    translator = Translator("en")
    with capture_logs() as logged:
        assert [translator.text("answer.perhaps") for _ in range(3)] == ["answer.perhaps"] * 3
        assert translator.text("staff.wait") == "Try again in {seconds} s"
    assert [(entry["event"], entry["key"]) for entry in logged] == [
        ("words missing", "answer.perhaps"),
        ("words missing", "staff.wait"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sites_own_reason_has_a_general_sentence_for_each_answer(language: str) -> None:
    translator = Translator(language, strict=True)
    said = {translator.reason(ReasonCode("quiet_hours"), answer) for answer in Answer}
    assert len(said) == len(Answer)


@pytest.mark.parametrize("code", ["quiet_hours", "pass_expired"])
def test_what_a_sites_own_rules_say_for_a_reason_comes_first(code: str) -> None:
    own = {"zh": "请走侧门。", "en": "Please take the side gate."}
    for language, words in own.items():
        assert Translator(language, strict=True).reason(ReasonCode(code), Answer.HOLD, own) == words


def test_a_reason_that_is_known_has_its_own_sentence() -> None:
    expired = Translator("zh", strict=True).reason(ReasonCode("pass_expired"), Answer.REFUSE)
    assert expired.startswith("通行码已过期。")


def test_values_are_never_taken_for_words() -> None:
    assert Translator("en", strict=True).text("parked.code", code="{phone}") == "Your visit code: {phone}"
