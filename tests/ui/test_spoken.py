"""The spoken sentences, by espeak-ng itself: each has a sound, of a plausible length, and none is spelled out."""

import io
import re
import subprocess
import wave
from array import array

import polib
import pytest

from ui.sound import SYNTHESIZER, TIMBRES, synthesis
from ui.translation import FOLDER, LANGUAGES, spoken

WRITTEN = {
    "zh": r"(?:[A-Z]?(?:[a-z]+[1-5])+[ ,.?]*)+",
    "en": r"[A-Za-z' ,.?]+",
    "ja": r"[ぁ-ゖァ-ヺー、。? ]+",
    "ko": r"[가-힣 ,.?]+",
}
SYLLABLE = {"zh": "[1-5]", "en": "[aeiouy]+", "ja": "[ぁ-ゖァ-ヺー]", "ko": "[가-힣]"}
SAID_AS = {"zh": "[一-鿿]", "ja": "[ぁ-ゖァ-ヺ一-鿿]"}


def heard(language: str, key: str) -> tuple[float, int]:
    """Return how long a sentence is in seconds, and its loudest sample. The header of a pipe's WAV has no length."""
    with wave.open(io.BytesIO(synthesis(key, language, 100)), "rb") as sound:
        samples = array("h", sound.readframes(sound.getframerate() * 60))
        return len(samples) / sound.getframerate(), max(samples)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_written_as_its_voice_reads_it(language: str) -> None:
    assert [key for key, sentence in spoken(language).items() if not re.fullmatch(WRITTEN[language], sentence)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_heard_for_as_long_as_it_should_take(language: str) -> None:
    for key, sentence in spoken(language).items():
        seconds, peak = heard(language, key)
        syllables = len(re.findall(SYLLABLE[language], sentence))
        assert peak > 2000, key
        assert 0.8 < seconds < 8, (key, seconds)
        assert 0.08 < seconds / syllables < 0.45, (key, seconds, syllables)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_falls_back_on_another_language(language: str) -> None:
    sentences = "\n\n".join(spoken(language).values())
    argv = [SYNTHESIZER, "-q", "-x", "-v", TIMBRES[language].voice, "--stdin"]
    phonemes = subprocess.run(argv, input=sentences.encode(), capture_output=True, check=True).stdout.decode()
    assert len(phonemes) > 500
    # espeak-ng marks the words that it reads in another language: `(en)`.
    assert "(" not in phonemes


@pytest.mark.parametrize(("language", "wrong"), [("zh", "ni hello"), ("ja", "お待ちください")])
def test_that_fallback_would_be_seen(language: str, wrong: str) -> None:
    argv = [SYNTHESIZER, "-q", "-x", "-v", TIMBRES[language].voice, "--stdin"]
    assert "(en)" in subprocess.run(argv, input=wrong.encode(), capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_above_each_sentence_stands_what_it_says(language: str) -> None:
    for entry in polib.pofile(str(FOLDER / f"spoken.{language}.po")):
        assert re.search(SAID_AS[language], entry.comment), entry.msgid
        if language == "zh":
            assert len(re.findall(SAID_AS["zh"], entry.comment)) == len(re.findall("[1-5]", entry.msgstr)), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_is_said_aloud(language: str) -> None:
    number = re.compile("{" if language == "zh" else r"[0-9{]")
    assert [key for key, sentence in spoken(language).items() if number.search(sentence)] == []
