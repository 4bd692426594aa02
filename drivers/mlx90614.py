"""The MLX90614 infrared thermometer, byte by byte, over any bus that speaks like smbus2.

Registers, ranges and the checksum are from the Melexis MLX90614 data sheet, section "SMBus compatible 2-wire
protocol". A read is one combined transaction: the command is written, then low byte, high byte and PEC are read.
"""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from smbus2 import SMBus, i2c_msg

from kiosk.errors import DeviceFault, DeviceLost
from kiosk.model import Celsius

ADDRESS = 0x5A
AMBIENT = 0x06
OBJECT = 0x07
EEPROM = 0x20
CONFIG = EEPROM | 0x05
IDENTITY = tuple(EEPROM | cell for cell in range(0x1C, 0x20))
ERROR_FLAG = 0x8000
OBJECT_RANGE = range(0x27AD, 0x7FFF + 1)
"""Raw values that an object temperature may have: -70.01 to 382.19 degrees."""
AMBIENT_RANGE = range(0x2DE4, 0x4DC4 + 1)
"""Raw values of the chip's own range, -38.2 to +125 degrees."""
KELVIN_PER_LSB = 0.02
ZERO_CELSIUS_K = 273.15
RETRY_AFTER_S = 0.0015
"""Reads that follow each other at once are sometimes not acknowledged; a little later they are."""
REPEATS = 4
"""Without a usable PEC a value counts once it was read twice in a row, within this many reads."""


class Bus(Protocol):
    """What is used of `smbus2.SMBus`."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Carry out one combined transaction. Raises OSError."""

    def close(self) -> None:
        """Let go of the bus."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit says of itself. `pec_right`: its read checksums can be relied upon."""

    identity: str
    config: int
    pec_right: bool

    @property
    def iir_code(self) -> int:
        """Bits 2:0 of the configuration: the code of the recursive filter; 4 is no averaging."""
        return self.config & 0x7

    @property
    def fir_code(self) -> int:
        """Bits 10:8 of the configuration: the code of the transversal filter; 7 is 1024 taps."""
        return self.config >> 8 & 0x7


@dataclass(frozen=True, slots=True)
class RawPair:
    """Object and ambient as the chip holds them, 0.02 K per step."""

    object: int
    ambient: int

    @property
    def object_c(self) -> Celsius:
        """Object temperature."""
        return to_celsius(self.object)

    @property
    def ambient_c(self) -> Celsius:
        """Ambient temperature, that of the chip itself."""
        return to_celsius(self.ambient)


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


def to_celsius(raw: int) -> Celsius:
    """Turn a raw temperature into degrees."""
    return Celsius(raw * KELVIN_PER_LSB - ZERO_CELSIUS_K)


def open_bus(number: int) -> Bus:
    """Open `/dev/i2c-N`. Raises DeviceLost when it is not there or may not be used."""
    try:
        return SMBus(number)
    except OSError as error:
        raise DeviceLost(f"the I2C bus {number} cannot be opened: {error.strerror or error}") from error


class Mlx90614:
    """One unit on a bus. Every method raises DeviceLost (no answer) or DeviceFault (a wrong answer)."""

    def __init__(self, bus: Bus, address: int = ADDRESS, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._bus = bus
        self._address = address
        self._pause = pause
        self._unit: Unit | None = None

    @property
    def unit(self) -> Unit:
        """The unit as `probe` found it; probed now if it was not."""
        return self._unit or self.probe()

    def probe(self) -> Unit:
        """Read identity and configuration, and find out whether the unit's read PEC is right.

        Some parts return a wrong PEC with every read (see the Linux driver mlx90614.c). A unit whose PEC is
        sometimes right has a disturbed bus instead, and that is a fault.
        """
        answers = [(command, self._transfer(command)) for command in (*IDENTITY, CONFIG)]
        right = [_pec_is_right(self._address, command, answer) for command, answer in answers]
        if any(right) != all(right):
            raise DeviceFault("the thermometer's checksum is right only at times: the bus is disturbed")
        words = [_word(answer) for _, answer in answers]
        if not all(right) and words != [_word(self._transfer(command)) for command, _ in answers]:
            raise DeviceFault("the thermometer says something else each time it is asked")
        identity = "".join(f"{word:04x}" for word in reversed(words[:-1]))
        self._unit = Unit(identity, words[-1], pec_right=all(right))
        return self._unit

    def read(self) -> RawPair:
        """Read object and ambient temperature, checked by PEC or repetition, error flag and range."""
        return RawPair(self._temperature(OBJECT, OBJECT_RANGE), self._temperature(AMBIENT, AMBIENT_RANGE))

    def close(self) -> None:
        """Let go of the bus. Idempotent."""
        self._bus.close()

    def _temperature(self, command: int, valid: range) -> int:
        word = self._checked(command) if self.unit.pec_right else self._repeated(command)
        # 0xFFFF, what an absent pull-up or a unit asleep reads as, has the error flag set too.
        if word & ERROR_FLAG:
            raise DeviceFault("the thermometer flags its value as an error")
        if word not in valid:
            raise DeviceFault(f"the thermometer's value {word:#06x} is out of range")
        return word

    def _checked(self, command: int) -> int:
        answer = self._transfer(command)
        if not _pec_is_right(self._address, command, answer):
            raise DeviceFault("the thermometer's answer has a wrong checksum")
        return _word(answer)

    def _repeated(self, command: int) -> int:
        previous = _word(self._transfer(command))
        for _ in range(REPEATS - 1):
            word = _word(self._transfer(command))
            if word == previous:
                return word
            previous = word
        raise DeviceFault("the thermometer does not repeat its value")

    def _transfer(self, command: int) -> bytes:
        """Return the three bytes of one read; one retry when the unit did not acknowledge."""
        try:
            return self._transact(command)
        except OSError as error:
            if error.errno != errno.EREMOTEIO:
                raise DeviceLost(f"the thermometer's bus fails: {error.strerror or error}") from error
        self._pause(RETRY_AFTER_S)
        try:
            return self._transact(command)
        except OSError as error:
            raise DeviceLost("the thermometer does not answer") from error

    def _transact(self, command: int) -> bytes:
        answer = i2c_msg.read(self._address, 3)
        self._bus.i2c_rdwr(i2c_msg.write(self._address, [command]), answer)
        return bytes(answer)


def _pec_is_right(address: int, command: int, answer: bytes) -> bool:
    return read_pec(address, command, answer[0], answer[1]) == answer[2]


def _word(answer: bytes) -> int:
    return int.from_bytes(answer[:2], "little")
