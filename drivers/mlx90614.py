"""The MLX90614 infrared thermometer: what a unit is, what it measures, and how far its answers can be believed.

Registers, flags and ranges are from the Melexis MLX90614 data sheet; the bytes are `drivers.smbus`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.filter_setting import CONFIG, ConfigCell, Filter
from drivers.smbus import Bus, WordLink, word_of
from kiosk.errors import DeviceFault
from kiosk.units import Celsius

ADDRESS = 0x5A
AMBIENT = 0x06
OBJECT = 0x07
FLAGS = 0xF0
EMISSIVITY = 0x24
"""EEPROM cell 0x04, only ever read: a part whose value is not the factory's was tampered with."""
IDENTITY = (0x3C, 0x3D, 0x3E, 0x3F)
"""EEPROM cells 0x1C to 0x1F."""
ERROR_FLAG = 0x8000
OBJECT_RANGE = range(0x27AD, 0x7FFF + 1)
"""Raw values that an object temperature may have: -70.01 to 382.19 degrees."""
AMBIENT_RANGE = range(0x2DE4, 0x4DC4 + 1)
"""Raw values of the chip's own range, -38.2 to +125 degrees."""
KELVIN_PER_LSB = 0.02
ZERO_CELSIUS_K = 273.15
REPEATS = 4
"""Without a usable PEC a value counts once it was read twice in a row, within this many reads."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit says of itself. `pec_right`: its read checksums can be relied upon. `emissivity`: 0xFFFF is 1."""

    identity: str
    config: int
    pec_right: bool
    emissivity: int = 0xFFFF

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


def to_celsius(raw: int) -> Celsius:
    """Turn a raw temperature into degrees."""
    return Celsius(raw * KELVIN_PER_LSB - ZERO_CELSIUS_K)


@dataclass(frozen=True, slots=True)
class Flags:
    """The chip's own state: a write to its EEPROM goes on, its EEPROM is broken, it has not yet started."""

    busy: bool
    dead: bool
    starting: bool


class Mlx90614:
    """One unit on a bus. Every method raises DeviceLost (no answer) or DeviceFault (a wrong answer)."""

    def __init__(
        self,
        bus: Bus,
        address: int = ADDRESS,
        *,
        pause: Callable[[float], object] = time.sleep,
        free: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take a place on a bus; `free` frees it when it is stuck, and says whether it could."""
        self._link = WordLink(bus, address, pause=pause, free=free)
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
        answers = [(command, self._link.read(command)) for command in (*IDENTITY, CONFIG, EMISSIVITY)]
        right = [self._link.pec_is_right(command, answer) for command, answer in answers]
        if any(right) != all(right):
            raise DeviceFault("the thermometer's checksum is right only at times: the bus is disturbed")
        words = [word_of(answer) for _, answer in answers]
        if not all(right) and words != [word_of(self._link.read(command)) for command, _ in answers]:
            raise DeviceFault("the thermometer says something else each time it is asked")
        *identity, config, emissivity = words
        name = "".join(f"{word:04x}" for word in reversed(identity))
        self._unit = Unit(name, config, pec_right=all(right), emissivity=emissivity)
        return self._unit

    def flags(self) -> Flags:
        """Read the chip's own state. Bits 7, 5 and 4 of the flags; the last is active low."""
        word = self._word(FLAGS)
        return Flags(busy=bool(word & 0x80), dead=bool(word & 0x20), starting=not word & 0x10)

    def set_filter(self, wanted: Filter) -> int:
        """Store a filter and return the configuration; the chip takes it up at its next power-on."""
        config = ConfigCell(self._link).change(wanted)
        self._unit = None
        return config

    def read(self) -> RawPair:
        """Read object and ambient temperature, checked by PEC or repetition, error flag and range."""
        return RawPair(self._temperature(OBJECT, OBJECT_RANGE), self._temperature(AMBIENT, AMBIENT_RANGE))

    def close(self) -> None:
        """Let go of the bus. Idempotent."""
        self._link.close()

    def _temperature(self, command: int, valid: range) -> int:
        word = self._word(command)
        # 0xFFFF, what an absent pull-up or a unit asleep reads as, has the error flag set too.
        if word & ERROR_FLAG:
            raise DeviceFault("the thermometer flags its value as an error")
        if word not in valid:
            raise DeviceFault(f"the thermometer's value {word:#06x} is out of range")
        return word

    def _word(self, command: int) -> int:
        return self._checked(command) if self.unit.pec_right else self._repeated(command)

    def _checked(self, command: int) -> int:
        answer = self._link.read(command)
        if not self._link.pec_is_right(command, answer):
            raise DeviceFault("the thermometer's answer has a wrong checksum")
        return word_of(answer)

    def _repeated(self, command: int) -> int:
        previous = word_of(self._link.read(command))
        for _ in range(REPEATS - 1):
            word = word_of(self._link.read(command))
            if word == previous:
                return word
            previous = word
        raise DeviceFault("the thermometer does not repeat its value")
