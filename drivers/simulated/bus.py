"""I2C buses of the simulated world: they carry the exact bytes of smbus2 messages."""

import ctypes
import errno
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from smbus2 import i2c_msg

from drivers.simulated.protocol import Segment, Transfer, Transferred, enter
from kiosk.errors import DeviceLost

I2C_M_RD = 0x0001
"""The flag of a reading message (linux/i2c.h)."""


class Chip(Protocol):
    """Something on a bus, in this very process."""

    def transfer(self, segments: Sequence[Segment], now: float) -> tuple[bytes, ...]:
        """Answer one transaction with the bytes of every reading segment. Raises OSError."""


class HoldingChip(Protocol):
    """A chip that may hold the data line low."""

    @property
    def holds(self) -> bool:
        """Whether it does."""

    def clock(self) -> None:
        """See one clock."""


class SimulatedBus:
    """The world's bus behind its socket; used like `smbus2.SMBus`."""

    def __init__(self, socket_path: Path | str) -> None:
        """Connect. Raises DeviceLost when there is no world."""
        self._channel, _ = enter(socket_path, "bus")
        self._lock = threading.Lock()

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Carry out one combined transaction. Raises OSError: EREMOTEIO unacknowledged, EIO without a world."""
        try:
            with self._lock:
                done = self._channel.ask(Transfer(segments_of(i2c_msgs)), Transferred)
        except DeviceLost as error:
            raise OSError(errno.EIO, os.strerror(errno.EIO)) from error
        if done.errno:
            raise OSError(done.errno, os.strerror(done.errno))
        fill(i2c_msgs, done.answers)

    def close(self) -> None:
        """Leave the bus. Idempotent."""
        self._channel.close()


class ChipLines:
    """The lines of a bus with one chip in this process: clocking it lets it go of the data line."""

    def __init__(self, chip: "HoldingChip") -> None:
        self._chip = chip
        self.given_back = False

    def data(self) -> bool:
        """Whether the data line is high."""
        return not self._chip.holds

    def hold_clock(self, low: bool) -> None:
        """Hold the clock low, or let it go."""
        if not low:
            self._chip.clock()

    def hold_data(self, low: bool) -> None:
        """Nobody else looks at the data line."""

    def give_back(self) -> None:
        """Return both lines."""
        self.given_back = True


class ChipBus:
    """A bus with one chip in this process, on whatever time `now` tells: for virtual time."""

    def __init__(self, chip: Chip, now: Callable[[], float]) -> None:
        self._chip = chip
        self._now = now

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Carry out one combined transaction. Raises OSError."""
        fill(i2c_msgs, self._chip.transfer(segments_of(i2c_msgs), self._now()))

    def close(self) -> None:
        """There is nothing to let go of."""


def segments_of(messages: Sequence[i2c_msg]) -> tuple[Segment, ...]:
    """Take smbus2 messages apart. The bytes are those that would go over the wire."""
    return tuple(
        Segment(message.addr, read=message.len)
        if message.flags & I2C_M_RD
        else Segment(message.addr, write=ctypes.string_at(message.buf, message.len))
        for message in messages
    )


def fill(messages: Sequence[i2c_msg], answers: Sequence[bytes]) -> None:
    """Put the bytes read into the reading messages, in order. Raises OSError when they do not fit."""
    reading = [message for message in messages if message.flags & I2C_M_RD]
    if [message.len for message in reading] != [len(answer) for answer in answers]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    for message, answer in zip(reading, answers, strict=True):
        ctypes.memmove(message.buf, answer, len(answer))
