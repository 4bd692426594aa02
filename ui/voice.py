"""Speaks to whoever stands at the gate, from a thread of its own: asking it to say something never waits.

At most one sentence of each weight waits for its turn, and takes the place of the lighter ones. The newest wins: an
answer cuts an instruction short, never the other way round. Without espeak-ng, aplay or a sound card the kiosk is
silent: that is logged once, and tried again with the next sentence.
"""

import subprocess
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, time

from kiosk.lines import get_logger
from ui.narration import interrupts, weight
from ui.sound import LONGEST_S, PLAYER, Schedule, SoundLost, Sounds, last_words, reason_of, volume_at
from ui.translation import MissingWord

JOIN_S = 2.0

Sentence = tuple[str, str]
"""A key and its language."""

_log = get_logger()


def local_time() -> time:
    """Return the time of the day where the kiosk stands."""
    return datetime.now().astimezone().time()


class Voice:
    """One voice. `say` from any thread; `start` and `close` by its owner. `player` reads a WAV file from standard input."""

    def __init__(
        self,
        sounds: Sounds,
        schedule: Schedule,
        *,
        player: Sequence[str] = PLAYER,
        now: Callable[[], time] = local_time,
    ) -> None:
        self._sounds = sounds
        self._configured = self._schedule = schedule
        self._player = list(player)
        self._now = now
        self._changed = threading.Condition()
        self._waiting: dict[int, Sentence] = {}
        self._saying: Sentence | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    def go_by(self, volume: Sequence[tuple[str, int]] | None) -> None:
        """Be as loud as was set from afar, by local times such as `22:00`; None: as the kiosk's configuration has it."""
        set_so = None if volume is None else [(time.fromisoformat(begins), percent) for begins, percent in volume]
        self._schedule = set_so or self._configured

    @property
    def available(self) -> bool:
        """Whether the last sentence could be heard; True before the first."""
        return self._trouble is None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def say(self, key: str, language: str) -> None:
        """Have a sentence said, as soon as what is being said lets it. What is being said already is not begun again."""
        with self._changed:
            if self._saying == (key, language):
                return
            rank = weight(key)
            self._waiting = {other: waits for other, waits in self._waiting.items() if other > rank}
            self._waiting[rank] = (key, language)
            self._cut_short()
            self._changed.notify_all()

    def close(self) -> None:
        """Fall silent, and wait for the thread, but not for ever. Idempotent."""
        with self._changed:
            self._closing = True
            self._cut_short()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        while (sentence := self._next()) is not None:
            volume = volume_at(self._schedule, self._now())
            if volume == 0:
                continue
            try:
                if self._speak(*sentence, volume):
                    self._report(None)
            except MissingWord as error:
                _log.error("nothing to say", reason=str(error))
            except OSError as error:
                # SoundLost, or a catalogue that the SD card does not give.
                self._report(str(error))

    def _next(self) -> Sentence | None:
        with self._changed:
            self._saying = None
            self._changed.wait_for(lambda: self._closing or self._waiting)
            if self._closing:
                return None
            self._saying = self._waiting.pop(max(self._waiting))
            return self._saying

    def _speak(self, key: str, language: str, volume: int) -> bool:
        """Say a sentence; whether it was heard to its end. Raises MissingWord, or SoundLost."""
        sound = self._sounds.of(key, language, volume)
        try:
            child = subprocess.Popen(self._player, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        except OSError as error:
            raise SoundLost(f"{self._player[0]}: {reason_of(error)}") from error
        with child:
            with self._changed:
                self._child = child
                self._cut_short()
            try:
                _, said = child.communicate(sound, timeout=LONGEST_S)
            except subprocess.TimeoutExpired as error:
                child.kill()
                raise SoundLost(f"{self._player[0]}: {reason_of(error)}") from error
            finally:
                with self._changed:
                    self._child = None
        if child.returncode > 0:
            raise SoundLost(f"{self._player[0]}: {last_words(said)}")
        # Below 0 a signal ended it, ours as a rule: that says nothing about the card.
        return child.returncode == 0

    def _cut_short(self) -> None:
        if self._child is None or self._saying is None:
            return
        if self._closing or any(interrupts(key, self._saying[0]) for key, _ in self._waiting.values()):
            self._child.kill()

    def _report(self, trouble: str | None) -> None:
        if (trouble is None) is not (self._trouble is None):
            if trouble is not None:
                _log.warning("voice lost", reason=trouble)
            else:
                _log.info("voice back")
        self._trouble = trouble
