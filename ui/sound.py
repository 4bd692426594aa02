"""What a sentence sounds like: a recording where there is one, else espeak-ng's voice; how loud, by the hour."""

import io
import shutil
import subprocess
import wave
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from ui.translation import MissingWord, spoken

SYNTHESIZER = "espeak-ng"
PLAYER = ("aplay", "--quiet", "-")
CARDS = Path("/proc/asound/cards")
SYNTHESIS_WITHIN_S = 5.0
LONGEST_S = 20.0
"""A sentence that lasts longer than this is not one of ours."""

Schedule = Sequence[tuple[time, int]]
"""From which local time on which volume in percent, in the order of the day; the last one lasts over midnight."""

_log = get_logger()


class SoundLost(GatepostError, OSError):
    """Nothing can be heard: a program or the sound card is missing, or does not do its work."""


@dataclass(frozen=True, slots=True)
class Timbre:
    """One of espeak-ng's voices: its name, its speed in words a minute, its pitch from 0 to 99."""

    voice: str
    speed: int
    pitch: int


TIMBRES: Mapping[str, Timbre] = MappingProxyType(
    {
        "zh": Timbre("cmn-latn-pinyin", 165, 50),
        "en": Timbre("en-gb", 150, 50),
        "ja": Timbre("ja", 160, 50),
        "ko": Timbre("ko", 170, 50),
    }
)
"""Calm announcements. espeak-ng counts words of one length in every language, hence the different speeds."""


def volume_at(schedule: Schedule, now: time) -> int:
    """Return the volume in percent at this time of the day."""
    begun = [volume for begins, volume in schedule if begins <= now]
    return begun[-1] if begun else schedule[-1][1]


class Lack(StrEnum):
    """What a machine may lack to be heard."""

    SYNTHESIZER = "synthesizer"
    PLAYER = "player"
    CARD = "card"


def lacks(cards: Path = CARDS) -> frozenset[Lack]:
    """Return what this machine lacks to be heard."""
    programs = {Lack.SYNTHESIZER: SYNTHESIZER, Lack.PLAYER: PLAYER[0]}
    missing = {lack for lack, program in programs.items() if shutil.which(program) is None}
    try:
        found = cards.read_text(encoding="utf-8")
    except OSError:
        found = ""
    if not found.strip() or "no soundcards" in found:
        missing.add(Lack.CARD)
    return frozenset(missing)


def synthesis(key: str, language: str, volume: int) -> bytes:
    """Return a sentence as espeak-ng says it, as a WAV file. Raises MissingWord, or SoundLost."""
    sentence = spoken(language).get(key)
    if sentence is None:
        raise MissingWord(f"nothing is written to be said for {key!r} in {language!r}")
    timbre = TIMBRES[language]
    loudness = ["-a", str(volume), "-s", str(timbre.speed), "-p", str(timbre.pitch)]
    # -z: no pause after the last sentence. The sentence goes in by standard input, where it can be no option.
    argv = [SYNTHESIZER, "-v", timbre.voice, *loudness, "-z", "--stdin", "--stdout"]
    try:
        done = subprocess.run(argv, input=sentence.encode(), capture_output=True, timeout=SYNTHESIS_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SoundLost(f"{SYNTHESIZER}: {reason_of(error)}") from error
    if done.returncode != 0 or not done.stdout:
        raise SoundLost(f"{SYNTHESIZER}: {last_words(done.stderr)}")
    return done.stdout


def reason_of(error: OSError | subprocess.TimeoutExpired) -> str:
    """Say why a program could not do its work."""
    return error.strerror or str(error) if isinstance(error, OSError) else "it does not end"


def last_words(said: bytes) -> str:
    """Return the last line of what a program said on its standard error."""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it gave no reason"


def recording(path: Path, volume: int) -> bytes:
    """Return a recording at a volume, as a WAV file: 16 bits, at most LONGEST_S. Raises ValueError when it is no such."""
    try:
        with wave.open(str(path), "rb") as file:
            form = file.getparams()
            if form.sampwidth != 2 or form.nframes > LONGEST_S * form.framerate:
                raise ValueError(f"it has to be of 16 bits and no longer than {LONGEST_S:.0f} s")
            samples = array("h", file.readframes(form.nframes))
    except (OSError, EOFError, wave.Error) as error:
        raise ValueError(str(error) or "it is cut off") from error
    softer = array("h", (sample * volume // 100 for sample in samples)) if volume < 100 else samples
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams(form)
        file.writeframes(softer.tobytes())
    return written.getvalue()


class Sounds:
    """The sound of every sentence. `recordings`: a folder with `LANGUAGE/KEY.wav`, which go before espeak-ng."""

    def __init__(self, recordings: Path | None = None) -> None:
        self._recordings = recordings
        self._unfit: set[Path] = set()

    def of(self, key: str, language: str, volume: int) -> bytes:
        """Return a sentence as a WAV file. Raises MissingWord, or SoundLost."""
        if self._recordings is not None:
            path = self._recordings / language / f"{key}.wav"
            if path not in self._unfit and path.exists():
                try:
                    return recording(path, volume)
                except ValueError as error:
                    self._unfit.add(path)
                    _log.warning("recording unfit", file=str(path), reason=str(error))
        return synthesis(key, language, volume)
