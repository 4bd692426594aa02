import io
import wave
from array import array
from datetime import time
from pathlib import Path

import pytest

from tests.captured_lines import capture_logs
from ui.sound import Lack, SoundLost, Sounds, lacks, recording, synthesis, volume_at
from ui.translation import MissingWord

DAY_AND_NIGHT = [(time(7), 80), (time(22), 30)]
LOUD = array("h", [0, 10000, -10000, 32767, -32768] * 2000)


def write(path: Path, samples: "array[int]" = LOUD, *, channels: int = 1, width: int = 2, rate: int = 16000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def samples_of(sound: bytes) -> "array[int]":
    with wave.open(io.BytesIO(sound), "rb") as file:
        return array("h", file.readframes(file.getframerate() * 60))


@pytest.mark.parametrize(
    ("now", "volume"),
    [(time(7), 80), (time(21, 59), 80), (time(22), 30), (time(23, 59), 30), (time(0), 30), (time(6, 59), 30)],
    ids=str,
)
def test_the_volume_goes_by_the_hour_and_over_midnight(now: time, volume: int) -> None:
    assert volume_at(DAY_AND_NIGHT, now) == volume


def test_a_recording_goes_before_the_synthetic_voice(tmp_path: Path) -> None:
    write(tmp_path / "ja" / "answer.admit.wav")
    sounds = Sounds(tmp_path)
    assert samples_of(sounds.of("answer.admit", "ja", 100)) == LOUD
    assert sounds.of("answer.admit", "ko", 100) == synthesis("answer.admit", "ko", 100)


def test_a_recording_is_as_loud_as_the_hour_allows(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", channels=2)
    assert samples_of(recording(tmp_path / "a.wav", 30))[:5].tolist() == [0, 3000, -3000, 9830, -9831]


def test_the_synthetic_voice_is_as_loud_as_the_hour_allows() -> None:
    loud, soft = (max(samples_of(synthesis("answer.hold", "zh", volume))) for volume in (80, 20))
    assert soft < loud / 2


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\x00\x00\x00\x00WAVE", b"RIFF" * 50], ids=repr)
def test_a_file_that_is_no_recording_is_told_once_and_the_synthetic_voice_speaks(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "answer.hold.wav").write_bytes(content)
    sounds = Sounds(tmp_path)
    with capture_logs() as logged:
        heard = [sounds.of("answer.hold", "en", 80) for _ in range(2)]
    assert heard == [synthesis("answer.hold", "en", 80)] * 2
    assert [entry["event"] for entry in logged] == ["recording unfit"]


@pytest.mark.parametrize(("width", "rate"), [(1, 16000), (4, 16000), (2, 100)], ids=["8 bits", "32 bits", "too long"])
def test_a_recording_of_another_form_is_unfit(tmp_path: Path, width: int, rate: int) -> None:
    write(tmp_path / "a.wav", width=width, rate=rate)
    with pytest.raises(ValueError, match="16 bits and no longer than 20 s"):
        recording(tmp_path / "a.wav", 100)


def test_a_sentence_that_nobody_wrote_is_missing() -> None:
    with pytest.raises(MissingWord, match=r"'answer\.perhaps' in 'ko'"):
        synthesis("answer.perhaps", "ko", 80)


def test_without_espeak_the_sound_is_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SoundLost, match="espeak-ng: No such file"):
        synthesis("answer.hold", "en", 80)
    assert {Lack.SYNTHESIZER, Lack.PLAYER} <= lacks()


@pytest.mark.parametrize(
    ("cards", "lack"),
    [
        (" 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n", set()),
        ("--- no soundcards ---\n", {Lack.CARD}),
        (None, {Lack.CARD}),
    ],
)
def test_whoever_keeps_the_machine_learns_what_it_lacks(tmp_path: Path, cards: str | None, lack: set[Lack]) -> None:
    if cards is not None:
        (tmp_path / "cards").write_text(cards, encoding="utf-8")
    assert lacks(tmp_path / "cards") & {Lack.CARD} == lack
