"""The thermometer chip of the simulated world: registers, filter and noise, answering in bytes.

Noise, jitter and the conversion window are assumptions of this model alone; the estimator does not use them, but
for a noise of about the same size.
"""

import errno
import math
import os
import random
from collections.abc import Callable, Sequence

from drivers.mlx90614 import ADDRESS, AMBIENT, CONFIG, IDENTITY, OBJECT, read_pec
from drivers.simulated.protocol import Segment
from drivers.simulated.script import SensorScript

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
        self._words = {
            CONFIG: script.config,
            0x24: 0xFFFF,
            **dict(zip(IDENTITY, IDENTITY_WORDS, strict=True)),
        }

    def transfer(self, segments: Sequence[Segment], now: float) -> tuple[bytes, ...]:
        """Answer a combined read of one word. Raises OSError(EREMOTEIO) for anything that is not acknowledged."""
        close = now < self._busy_until
        self._busy_until = now + CLOSE_S
        if not self._script.present or self._unplugged(now) or (close and self._lot.random() < self._script.nack):
            raise _not_acknowledged()
        self._update(now)
        match segments:
            case [
                Segment(address=written, write=command, read=0),
                Segment(address=asked, read=3),
            ] if written == asked == ADDRESS and len(command) == 1 and command[0] in self._words:
                return (self._answer(command[0]),)
            case _:
                raise _not_acknowledged()

    def _answer(self, command: int) -> bytes:
        low, high = self._words[command].to_bytes(2, "little")
        checksum = read_pec(ADDRESS, command, low, high)
        return bytes((low, high, checksum if self._script.pec_right else checksum ^ 0x5A))

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


def _not_acknowledged() -> OSError:
    return OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
