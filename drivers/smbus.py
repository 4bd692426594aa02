"""Words over the SMBus, byte by byte, with their checksum, and what is done about a bus that does not answer.

A read is one combined transaction: the command is written, then low byte, high byte and PEC are read. A write is the
command, low byte, high byte and PEC in one message. Source: SMBus 2.0, 5.4 and 5.5.
"""

import errno
from collections.abc import Callable
from typing import Protocol

from smbus2 import SMBus, i2c_msg

from kiosk.errors import DeviceLost

RETRY_AFTER_S = (0.0015, 0.036)
"""Reads that follow each other at once are sometimes not acknowledged; a little later they are. A device that has lost
its place in a transfer begins anew once the clock has been low for 25 to 35 ms (SMBus 2.0, T_TIMEOUT)."""
NOT_ACKNOWLEDGED = frozenset({errno.EREMOTEIO, errno.ENXIO})
STUCK = frozenset({errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY})
"""What Linux says of a bus on which somebody holds the data line low (i2c-bcm2835, i2c-designware, i2c-algo-bit)."""


class Bus(Protocol):
    """What is used of `smbus2.SMBus`."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Carry out one combined transaction. Raises OSError."""

    def close(self) -> None:
        """Let go of the bus."""


def _crc_table() -> tuple[int, ...]:
    """Build CRC-8 with polynomial x^8 + x^2 + x + 1 (0x07), a byte at a time. Source: SMBus 2.0, 5.4.1.1."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
        table.append(crc)
    return tuple(table)


_CRC = _crc_table()


def pec(wire: bytes) -> int:
    """Return the packet error code of all bytes on the wire, addresses included."""
    crc = 0
    for byte in wire:
        crc = _CRC[crc ^ byte]
    return crc


def read_pec(address: int, command: int, low: int, high: int) -> int:
    """Return the PEC that belongs to a word read by `command`."""
    return pec(bytes((address << 1, command, address << 1 | 1, low, high)))


def write_frame(address: int, command: int, word: int) -> bytes:
    """Return the bytes after the address that write a word: command, low byte, high byte, PEC."""
    body = bytes((command, *word.to_bytes(2, "little")))
    return body + bytes((pec(bytes((address << 1,)) + body),))


def open_bus(number: int) -> Bus:
    """Open `/dev/i2c-N`. Raises DeviceLost when it is not there or may not be used."""
    try:
        return SMBus(number)
    except OSError as error:
        raise DeviceLost(f"the I2C bus {number} cannot be opened: {error.strerror or error}") from error


class WordLink:
    """Words of one device on a bus. Every method raises DeviceLost when there is no answer, and never another error.

    `free` is called once when the bus is stuck, and says whether it is free again (`drivers.bus_recovery`).
    """

    def __init__(
        self,
        bus: Bus,
        address: int,
        *,
        pause: Callable[[float], object],
        free: Callable[[], bool],
    ) -> None:
        self._bus = bus
        self.address = address
        self._pause = pause
        self._free = free

    def read(self, command: int) -> bytes:
        """Return low byte, high byte and PEC as they came."""
        answer = i2c_msg.read(self.address, 3)
        self._transfer(i2c_msg.write(self.address, [command]), answer)
        return bytes(answer)

    def write(self, command: int, word: int) -> None:
        """Write a word."""
        self._transfer(i2c_msg.write(self.address, write_frame(self.address, command, word)))

    def pec_is_right(self, command: int, answer: bytes) -> bool:
        """Whether an answer carries the checksum that belongs to it."""
        return read_pec(self.address, command, answer[0], answer[1]) == answer[2]

    def pause(self, seconds: float) -> None:
        """Leave the bus alone for so long."""
        self._pause(seconds)

    def close(self) -> None:
        """Let go of the bus. Idempotent."""
        self._bus.close()

    def _transfer(self, *messages: i2c_msg) -> None:
        waits = iter(RETRY_AFTER_S)
        freed = False
        while True:
            try:
                return self._bus.i2c_rdwr(*messages)
            except OSError as error:
                if error.errno in STUCK and not freed:
                    freed = True
                    if self._free():
                        continue
                    raise DeviceLost("the thermometer's bus is stuck: somebody holds its data line low") from error
                if error.errno not in NOT_ACKNOWLEDGED:
                    raise DeviceLost(f"the thermometer's bus fails: {error.strerror or error}") from error
                if (wait := next(waits, None)) is None:
                    raise DeviceLost("the thermometer does not answer") from error
                self._pause(wait)


def word_of(answer: bytes) -> int:
    """The word in an answer."""
    return int.from_bytes(answer[:2], "little")
