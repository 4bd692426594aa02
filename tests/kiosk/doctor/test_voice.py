"""The voice's line: what is missing, what to do, and when it does not matter."""

import wave
from collections.abc import Set
from pathlib import Path

import pytest

from kiosk.doctor import voice
from kiosk.doctor.findings import Finding, State
from ui.narration import KEYS
from ui.sound import Lack
from ui.translation import LANGUAGES

ALL = len(KEYS) * len(LANGUAGES)
NOTHING: Set[Lack] = frozenset()


def examined(lack: Set[Lack] = NOTHING, recordings: Path | None = None, *, silent: bool = False) -> Finding:
    (one,) = voice.examine(recordings, silent=silent, lacking=lambda: lack)
    return one


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Every sentence recorded."""
    for language in LANGUAGES:
        (tmp_path / language).mkdir()
        for key in KEYS:
            with wave.open(str(tmp_path / language / f"{key}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(bytes(80))
    return tmp_path


def test_a_machine_that_lacks_nothing_speaks() -> None:
    found = examined()
    assert (found.state, found.advice) == (State.FIT, "")
    assert found.measured == {"lacks": [], "sentences": ALL, "recorded": 0}


@pytest.mark.parametrize(
    ("lack", "said", "advised"),
    [
        (Lack.SYNTHESIZER, "espeak-ng is not installed", "apt install espeak-ng"),
        (Lack.PLAYER, "aplay is not installed", "apt install alsa-utils"),
        (Lack.CARD, "no sound card", "volume to 0"),
    ],
    ids=str,
)
def test_what_is_missing_is_named_with_what_to_do(lack: Lack, said: str, advised: str) -> None:
    found = examined({lack})
    assert (found.state, found.in_order) == (State.ABSENT, False)
    assert said in found.detail
    assert advised in found.advice


def test_with_every_sentence_recorded_nobody_misses_the_synthetic_voice(recordings: Path) -> None:
    found = examined({Lack.SYNTHESIZER}, recordings)
    assert found.state is State.FIT
    assert found.measured["recorded"] == ALL


def test_recordings_with_gaps_are_named_and_matter_only_without_a_synthetic_voice(recordings: Path) -> None:
    (recordings / "ja" / "parked.wav").unlink()
    (recordings / "zh" / "answer.admit.wav").write_bytes(b"no sound")
    spoken = examined(recordings=recordings)
    assert (spoken.state, spoken.measured["recorded"]) == (State.FIT, ALL - 2)
    assert "zh/answer.admit.wav, ja/parked.wav" in spoken.advice
    mute = examined({Lack.SYNTHESIZER}, recordings)
    assert (mute.state, mute.in_order) == (State.UNFIT, False)
    assert "ja/parked.wav" in mute.advice


def test_a_screen_that_shall_be_silent_needs_nothing() -> None:
    found = examined(set(Lack), silent=True)
    assert (found.state, found.in_order, found.advice) == (State.ABSENT, True, "")
