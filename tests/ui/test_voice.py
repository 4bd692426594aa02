"""The voice, with players that are real programs and sounds that tell when they are asked for."""

import os
import sys
import wave
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import time
from pathlib import Path
from queue import Queue

import pytest

from tests.captured_lines import capture_logs
from ui.sound import PLAYER, SoundLost, Sounds
from ui.translation import LANGUAGES, MissingWord
from ui.voice import Voice

WITHIN_S = 20.0
ALWAYS = [(time(0), 100)]
FOR_EVER = ("tail", "-f", "/dev/null")
AT_ONCE = ("true",)


class RealSounds(Sounds):
    """The real sounds, which tell what is about to be played."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Queue[str] = Queue()

    def of(self, key: str, language: str, volume: int) -> bytes:
        self._asked.put(key)
        return super().of(key, language, volume)

    def next(self) -> str:
        """Wait for the next sentence that is to be played: the one before it has ended."""
        return self._asked.get(timeout=WITHIN_S)

    def others(self) -> list[str]:
        return [self._asked.get() for _ in range(self._asked.qsize())]


class ToldSounds(RealSounds):
    """Sounds of nothing, or of a fault."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.fault = fault

    def of(self, key: str, language: str, volume: int) -> bytes:
        self._asked.put(key)
        if self.fault is not None:
            raise self.fault
        return b"sound"


@contextmanager
def speaking(sounds: Sounds, player: Sequence[str], now: time = time(12)) -> Iterator[Voice]:
    voice = Voice(sounds, ALWAYS, player=player, now=lambda: now)
    voice.start()
    try:
        yield voice
    finally:
        voice.close()


def hear_out(voice: Voice, sounds: ToldSounds) -> None:
    """Have an answer said, and wait for its end: an instruction waits for it."""
    voice.say("answer.refuse", "en")
    assert sounds.next() == "answer.refuse"
    voice.say("do.come_closer", "en")
    assert sounds.next() == "do.come_closer"


def gate(folder: Path) -> tuple[str, ...]:
    """Return a player that plays until the test opens and closes `folder/gate`."""
    os.mkfifo(folder / "gate")
    return ("sh", "-c", 'read line < "$0" || true', str(folder / "gate"))


def let_end(folder: Path) -> None:
    (folder / "gate").write_bytes(b"\n")


def test_an_answer_cuts_an_instruction_short() -> None:
    sounds = ToldSounds()
    with speaking(sounds, FOR_EVER) as voice:
        voice.say("do.measure", "en")
        assert sounds.next() == "do.measure"
        voice.say("answer.admit", "en")
        assert sounds.next() == "answer.admit"


def test_the_newest_instruction_cuts_an_older_one_short() -> None:
    sounds = ToldSounds()
    with speaking(sounds, FOR_EVER) as voice:
        for key in ("do.measure", "do.hold_pass", "hint.too_dark"):
            voice.say(key, "en")
            assert sounds.next() == key


def test_an_instruction_waits_until_the_answer_has_been_heard(tmp_path: Path) -> None:
    sounds = ToldSounds()
    with speaking(sounds, gate(tmp_path)) as voice:
        voice.say("answer.admit", "en")
        assert sounds.next() == "answer.admit"
        voice.say("do.come_closer", "en")
        voice.say("do.measure", "en")
        let_end(tmp_path)
        # Of the two that waited only the newest is left.
        assert sounds.next() == "do.measure"
        assert sounds.others() == []
        let_end(tmp_path)


def test_an_answer_is_the_end_of_what_was_waiting() -> None:
    sounds = ToldSounds()
    with speaking(sounds, FOR_EVER) as voice:
        voice.say("answer.hold", "en")
        assert sounds.next() == "answer.hold"
        voice.say("do.measure", "en")
        voice.say("guard.ringing", "en")
        voice.say("answer.admit", "en")
        assert sounds.next() == "answer.admit"
        voice.say("answer.hold", "en")
        assert sounds.next() == "answer.hold"
        assert sounds.others() == []


def test_the_weightier_of_two_that_wait_comes_first(tmp_path: Path) -> None:
    sounds = ToldSounds()
    with speaking(sounds, gate(tmp_path)) as voice:
        voice.say("answer.hold", "en")
        assert sounds.next() == "answer.hold"
        voice.say("guard.phone", "en")
        voice.say("do.hold_pass", "en")
        let_end(tmp_path)
        assert sounds.next() == "guard.phone"
        let_end(tmp_path)
        assert sounds.next() == "do.hold_pass"
        let_end(tmp_path)


def test_what_is_being_said_is_not_begun_again() -> None:
    sounds = ToldSounds()
    with speaking(sounds, FOR_EVER) as voice:
        voice.say("answer.hold", "en")
        assert sounds.next() == "answer.hold"
        voice.say("answer.hold", "en")
        voice.say("answer.hold", "ja")
        assert sounds.next() == "answer.hold"
        assert sounds.others() == []


def test_at_volume_zero_nothing_is_said() -> None:
    sounds = ToldSounds()
    hours = iter([time(23), time(8)])
    voice = Voice(sounds, [(time(7), 60), (time(22), 0)], player=AT_ONCE, now=lambda: next(hours))
    voice.say("answer.hold", "en")
    voice.say("do.measure", "en")
    voice.start()
    assert sounds.next() == "do.measure"
    voice.close()


def test_it_is_as_loud_as_was_set_from_afar_until_that_is_taken_back() -> None:
    sounds = ToldSounds()
    hours = iter([time(23), time(8), time(23)])
    voice = Voice(sounds, ALWAYS, player=AT_ONCE, now=lambda: next(hours))
    voice.go_by((("07:00", 60), ("22:00", 0)))
    voice.say("answer.hold", "en")
    voice.say("do.measure", "en")
    voice.start()
    assert sounds.next() == "do.measure"
    voice.go_by(None)
    voice.say("answer.refuse", "en")
    assert sounds.next() == "answer.refuse"
    voice.close()


def test_it_ends_with_its_own_child_and_only_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    player = ("sh", "-c", f'exec 3> "$0"; exec {" ".join(FOR_EVER)}', str(tmp_path / "held"))
    with speaking(ToldSounds(), player) as voice:
        voice.say("answer.hold", "en")
        with (tmp_path / "held").open("rb") as held:
            voice.close()
            # The child held the other end for as long as it lived.
            assert held.read() == b""
        voice.close()


@pytest.mark.parametrize(
    ("player", "reason"),
    [
        (("/nowhere/aplay",), "/nowhere/aplay: No such file or directory"),
        (("sh", "-c", "echo no card >&2; exit 1"), "sh: no card"),
        (("false",), "false: it gave no reason"),
    ],
    ids=["no program", "no card", "no reason"],
)
def test_a_player_that_does_not_play_is_silence_with_its_reason(player: Sequence[str], reason: str) -> None:
    sounds = ToldSounds()
    with capture_logs() as logged, speaking(sounds, player) as voice:
        assert voice.available
        hear_out(voice, sounds)
        assert not voice.available
    assert (logged[0]["event"], logged[0]["reason"]) == ("voice lost", reason)


def test_silence_is_told_once_and_so_is_its_end() -> None:
    sounds = ToldSounds(SoundLost("espeak-ng: gone"))
    with capture_logs() as logged, speaking(sounds, AT_ONCE) as voice:
        for key in ("do.measure", "do.hold_pass", "do.fill_form"):
            voice.say(key, "en")
            assert sounds.next() == key
        assert not voice.available
        sounds.fault = None
        hear_out(voice, sounds)
        assert voice.available
        hear_out(voice, sounds)
    assert [entry["event"] for entry in logged] == ["voice lost", "voice back"]


def test_a_sentence_cut_short_says_nothing_about_the_card() -> None:
    sounds = ToldSounds(SoundLost("aplay: no card"))
    with speaking(sounds, FOR_EVER) as voice:
        hear_out(voice, sounds)
        sounds.fault = None
        for key in ("answer.hold", "answer.admit", "answer.refuse"):
            voice.say(key, "en")
            assert sounds.next() == key
        assert not voice.available


def test_a_sentence_that_is_missing_is_logged_and_the_next_is_said() -> None:
    sounds = ToldSounds(MissingWord("nothing is written"))
    with capture_logs() as logged, speaking(sounds, AT_ONCE) as voice:
        voice.say("do.perhaps", "en")
        assert sounds.next() == "do.perhaps"
        voice.say("do.measure", "en")
        assert sounds.next() == "do.measure"
        assert voice.available
    assert logged[0]["event"] == "nothing to say"


def test_the_real_programs_play_every_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """espeak-ng speaks and aplay plays, into a card that writes down what it would sound like."""
    played = tmp_path / "played.wav"
    card = f'pcm.!default {{ type file slave.pcm "null" file "{played}" format "wav" }}\npcm.null {{ type null }}\n'
    (tmp_path / "asound.conf").write_text(card, encoding="utf-8")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    for language in LANGUAGES:
        sounds = RealSounds()
        with speaking(sounds, PLAYER) as voice:
            voice.say("answer.admit", language)
            assert sounds.next() == "answer.admit"
            voice.say("do.nothing", language)
            assert sounds.next() == "do.nothing"
            assert voice.available
        with wave.open(str(played), "rb") as sound:
            samples = array("h", sound.readframes(sound.getnframes()))
        assert max(samples) > 2000, language


def test_asking_never_waits_for_the_voice(tmp_path: Path) -> None:
    """A voice that is busy, or has no thread at all, takes any number of requests and keeps the newest."""
    sounds = ToldSounds()
    voice = Voice(sounds, ALWAYS, player=(sys.executable, "-c", ""), now=lambda: time(12))
    for number in range(1000):
        voice.say(f"do.{number}", "en")
    voice.start()
    assert sounds.next() == "do.999"
    assert sounds.others() == []
    voice.close()
