"""The thermometer chip of the simulated world: registers, filter and noise, answering in bytes.

Noise, jitter and the conversion window are assumptions of this model alone; the estimator does not use them, but
for a noise of about the same size.
"""

import errno
import math
import os
import random
from collections.abc import Callable, Sequence

from drivers.filter_setting import CONFIG
from drivers.mlx90614 import AMBIENT, EMISSIVITY, FLAGS, IDENTITY, OBJECT
from drivers.simulated.protocol import Segment
from drivers.simulated.script import SensorScript
from drivers.smbus import read_pec, write_frame

PERIOD_S = 0.085
PERIOD_JITTER_S = 0.002
WINDOW_S = 0.040
"""The part of a period in which the object is measured; the chip's own temperature takes the rest."""
NOISE_C = 0.05
AMBIENT_NOISE_C = 0.01
CLOSE_S = 0.001
"""Transactions closer than this are sometimes not acknowledged."""
FORGET_S = 1.0
"""Updates older than this leave no trace in any filter worth simulating one by one."""
IIR_WEIGHT = (1 / 2, 1 / 4, 1 / 6, 1 / 8, 1.0, 4 / 5, 2 / 3, 4 / 7)
IDENTITY_WORDS = (0x3A1B, 0x5C0D, 0x9E27, 0x41F6)
EEPROM = {0x20: 0x9993, 0x21: 0x62E3, 0x22: 0x0201, 0x23: 0xF71C, EMISSIVITY: 0xFFFF, 0x2E: 0xBE5A}
"""Cells that may be written beside the configuration, with values as they come from the factory."""
STORED_AFTER_S = 0.005
"""Neither erase nor write is over sooner, and meanwhile the chip's EEPROM answers nobody."""
NOT_BUSY, BUSY = 0x0010, 0x0090
CLOCKS_TO_LET_GO = 5
"""So many bits were left of the byte in which a transfer was cut off."""


class SensorChip:
    """An MLX90614 that sees `scene(t)` and hangs in air of `ambient(t)`, both in degrees at a monotonic time."""

    def __init__(
        self,
        script: SensorScript,
        seed: int,
        *,
        scene: Callable[[float], float],
        ambient: Callable[[float], float],
        unplugged: Callable[[float], bool] = lambda _: False,
        period_s: float = PERIOD_S,
    ) -> None:
        # Not for secrets: the same seed shall give the same noise.
        self._lot = random.Random(f"{seed}/sensor")  # noqa: S311
        self._script = script
        self._scene = scene
        self._ambient = ambient
        self._unplugged = unplugged
        self._period_s = period_s
        self._weight = IIR_WEIGHT[script.config & 0x7]
        self._filtered: float | None = None
        self._next_at: float | None = None
        self._busy_until = -math.inf
        self._words = {FLAGS: NOT_BUSY, **dict(zip(IDENTITY, IDENTITY_WORDS, strict=True))}
        self._cells = {**EEPROM, CONFIG: script.config}
        self._storing_until = -math.inf
        self._begun_at: float | None = None
        self._clocks = 0
        self.holds = False
        """Whether it holds the bus's data line low."""
        self.written: list[int] = []
        """The commands of all writes that it took."""

    @property
    def cells(self) -> dict[int, int]:
        """What the EEPROM holds, by the command that reads it."""
        return dict(self._cells)

    def power_cycle(self) -> None:
        """Lose and get back the supply: only then a stored filter is taken up."""
        self._weight = IIR_WEIGHT[self._cells[CONFIG] & 0x7]
        self._filtered = self._next_at = None
        self.holds = False

    def clock(self) -> None:
        """See one clock of whoever wants the bus back."""
        self._clocks += 1
        self.holds = self.holds and self._clocks < CLOCKS_TO_LET_GO

    def transfer(self, segments: Sequence[Segment], now: float) -> tuple[bytes, ...]:
        """Read or write one word. Raises OSError: EREMOTEIO not acknowledged, ETIMEDOUT the data line is held low."""
        close = now < self._busy_until
        self._busy_until = now + CLOSE_S
        if not self._script.present or self._unplugged(now) or (close and self._lot.random() < self._script.nack):
            raise _os_error(errno.EREMOTEIO)
        fault = self._fault(now)
        self._stick(fault)
        if fault == "nack":
            raise _os_error(errno.EREMOTEIO)
        self._update(now)
        address = self._script.address
        match segments:
            case [Segment(address=written, write=command, read=0), Segment(address=asked, read=3)] if (
                written == asked == address and len(command) == 1
            ):
                return (self._answer(command[0], fault, now),)
            case [Segment(address=written, write=frame, read=0)] if written == address and len(frame) == 4:
                self._store(frame, now)
                return ()
            case _:
                raise _os_error(errno.EREMOTEIO)

    def _fault(self, now: float) -> str | None:
        if self._begun_at is None:
            self._begun_at = now
        since = now - self._begun_at
        return next((one.kind for one in self._script.faults if one.after_s <= since < one.after_s + one.for_s), None)

    def _stick(self, fault: str | None) -> None:
        """Hold the data line from the fault's beginning until it is clocked, or the fault is over."""
        if fault != "stuck":
            self._clocks, self.holds = 0, False
        elif self._clocks < CLOCKS_TO_LET_GO:
            self.holds = True
            raise _os_error(errno.ETIMEDOUT)

    def _answer(self, command: int, fault: str | None, now: float) -> bytes:
        if command in self._cells and now < self._storing_until:
            raise _os_error(errno.EREMOTEIO)
        word = self._cells.get(command, self._words.get(command))
        if word is None:
            raise _os_error(errno.EREMOTEIO)
        if command == FLAGS and now < self._storing_until:
            word = BUSY
        if command in (OBJECT, AMBIENT) and fault == "error_flag":
            word |= 0x8000
        if fault == "all_ones":
            # Nobody drives the lines, so the checksum reads as ones too.
            return b"\xff\xff\xff"
        low, high = word.to_bytes(2, "little")
        checksum = read_pec(self._script.address, command, low, high)
        return bytes((low, high, checksum if self._script.pec_right and fault != "wrong_pec" else checksum ^ 0x5A))

    def _store(self, frame: bytes, now: float) -> None:
        """Erase a cell (zero), or set bits in it: one that was not erased keeps those it had."""
        command, word = frame[0], int.from_bytes(frame[1:3], "little")
        right = frame == write_frame(self._script.address, command, word)
        if command not in self._cells or not right or now < self._storing_until:
            raise _os_error(errno.EREMOTEIO)
        self.written.append(command)
        self._storing_until = now + STORED_AFTER_S
        self._cells[command] = 0 if word == 0 else self._cells[command] | word

    def _update(self, now: float) -> None:
        """Make up for the values that the chip has produced since it was last asked."""
        if self._next_at is None or now - self._next_at > FORGET_S:
            self._next_at = now - FORGET_S - self._lot.random() * self._period_s
            self._filtered = None
        while self._next_at <= now:
            self._convert(self._next_at)
            self._next_at += self._period_s + self._lot.gauss(0.0, PERIOD_JITTER_S)

    def _convert(self, at: float) -> None:
        # Simpson's rule over the window: exact enough for a ramp that is longer than the window.
        begin, middle = at - WINDOW_S, at - WINDOW_S / 2
        seen = (self._scene(begin) + 4 * self._scene(middle) + self._scene(at)) / 6
        seen += self._lot.gauss(0.0, NOISE_C)
        before = seen if self._filtered is None else self._filtered
        self._filtered = before + self._weight * (seen - before)
        self._words[OBJECT] = _raw(self._filtered)
        self._words[AMBIENT] = _raw(self._ambient(at) + self._lot.gauss(0.0, AMBIENT_NOISE_C))


def _raw(celsius: float) -> int:
    return round((celsius + 273.15) / 0.02)


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
