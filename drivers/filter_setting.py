"""The thermometer's own filters: the two fields of its configuration that may be changed, and nothing else.

Emissivity, gain and the sensor's wiring are factory calibration: writing them disturbs it for good. So the one thing
here that writes knows one cell, takes the codes of the two filters instead of a word, and keeps every other bit as it
was read. Source: Melexis MLX90614 data sheet, "EEPROM" and "ConfigRegister1".
"""

from dataclasses import dataclass

from drivers.smbus import WordLink, word_of
from kiosk.errors import DeviceFault, DeviceLost, UsageError

CONFIG = 0x25
"""EEPROM (opcode 0x20) cell 0x05."""
FILTER_BITS = 0x0707
"""IIR in bits 2:0, FIR in bits 10:8."""
FIR_CODES = range(4, 8)
"""128 to 1024 samples; the data sheet advises against fewer."""
WRITE_S = 0.020
"""After an erase, and after a write."""
ATTEMPTS = 3
"""A cell that was erased is in nobody's interest: its value is put back with some patience."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Codes of the recursive filter (4: no averaging) and of the transversal one (7: 1024 samples)."""

    iir_code: int
    fir_code: int

    def __post_init__(self) -> None:
        """Refuse what the chip does not have. Raises UsageError."""
        if self.iir_code not in range(8):
            raise UsageError(f"IIR code {self.iir_code}: the chip has codes 0 to 7; 4 is no averaging")
        if self.fir_code not in FIR_CODES:
            raise UsageError(f"FIR code {self.fir_code}: take one of 4 to 7; 7 is 1024 samples")

    def within(self, config: int) -> int:
        """This filter in a configuration whose other bits stay as they are."""
        return config & ~FILTER_BITS | self.fir_code << 8 | self.iir_code


class ConfigCell:
    """The one cell that is ever written."""

    def __init__(self, link: WordLink) -> None:
        self._link = link

    def change(self, wanted: Filter) -> int:
        """Store a filter and return the configuration, which the chip takes up at its next power-on.

        Erases, writes, reads back; when that fails, the former configuration is put back. Raises DeviceLost or
        DeviceFault, which say what the cell holds now.
        """
        before = self.read()
        after = wanted.within(before)
        if after == before:
            return before
        try:
            self._store(after)
        except (DeviceLost, DeviceFault) as error:
            self._put_back(before, error)
            raise DeviceFault(f"the filter could not be stored ({error}); the former configuration is back") from error
        return after

    def read(self) -> int:
        """Read the cell twice: a unit's checksums may be wrong, and what is written next depends on it."""
        first, second = (word_of(self._link.read(CONFIG)) for _ in range(2))
        if first != second or first in (0x0000, 0xFFFF):
            raise DeviceFault("the thermometer's configuration cannot be read with certainty")
        return first

    def _store(self, config: int) -> None:
        for word in (0x0000, config):
            self._link.write(CONFIG, word)
            self._link.pause(WRITE_S)
        if self.read() != config:
            raise DeviceFault("the thermometer's configuration reads otherwise than it was written")

    def _put_back(self, config: int, reason: Exception) -> None:
        for _ in range(ATTEMPTS):
            try:
                self._store(config)
            except (DeviceLost, DeviceFault):
                continue
            return
        raise DeviceFault(
            f"the filter could not be stored ({reason}), nor the former configuration {config:#06x} put back: "
            "do not use this unit, and try again before it loses power"
        ) from reason
