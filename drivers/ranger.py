"""How far away a forehead is: a VL53L0X-type time-of-flight ranger on the thermometer's bus, asked without ever waiting.

A ranger is a help and no more: without an answer the thermometer does without a distance. It is used as it is after
power-up: rough, by a few centimetres, which is all that "too far away" asks for. Registers are those of ST's API
(vl53l0x_device.h): IDENTIFICATION_MODEL_ID 0xC0, SYSRANGE_START 0x00, RESULT_RANGE_STATUS 0x14 and the ten bytes after
it, of which the last two are millimetres.
"""

from collections.abc import Callable

from smbus2 import i2c_msg

from drivers.smbus import Bus
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.ports import Clock
from kiosk.units import Monotonic, Seconds

ADDRESS = 0x29
MODEL_ID, MODEL = 0xC0, 0xEE
START, ONE_SHOT = 0x00, 0x01
STATUS, BLOCK = 0x14, 12
READY = 0x01
VALID = 11
"""Of the device range status, bits 6 to 3 of the first byte: a range that is complete."""
NEAREST_MM, FARTHEST_MM = 20, 2000
"""What the part can tell; 8190 and more is what it says when nothing comes back."""
COUNTS_FOR = Seconds(0.5)
"""A distance is forgotten after so long: a head moves."""
AGAIN_AFTER = Seconds(10.0)
"""A ranger that does not answer is asked again after so long."""


class Ranger:
    """The newest distance, one measurement after the other. One thread: the thermometer's."""

    def __init__(self, open_bus: Callable[[], Bus], clock: Clock, address: int = ADDRESS) -> None:
        """`open_bus` opens the bus when it is first needed, and again after a loss; it may raise DeviceLost."""
        self._open_bus = open_bus
        self._clock = clock
        self._address = address
        self._bus: Bus | None = None
        self._ask_at = Monotonic(0.0)
        self._measured: tuple[float, Monotonic] | None = None
        self._edge = Edge("ranger")

    def distance_m(self) -> float | None:
        """Return metres, if they were measured just now. Never raises, and never waits for the part."""
        now = self._clock.monotonic()
        if now >= self._ask_at:
            try:
                self._look(now)
            except (OSError, DeviceLost) as error:
                self._lose(now, str(error))
        if self._measured is None or now - self._measured[1] > COUNTS_FOR:
            return None
        return self._measured[0]

    def close(self) -> None:
        """Let go of the bus. Idempotent."""
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.close()

    def _look(self, now: Monotonic) -> None:
        if self._bus is None:
            self._bus = self._open_bus()
            if (model := self._read(MODEL_ID, 1)[0]) != MODEL:
                raise DeviceLost(f"what answers there is no VL53L0X: it says {model:#04x}")
            self._edge.find(now)
            self._start()
            return
        block = self._read(STATUS, BLOCK)
        if not block[0] & READY:
            return
        millimetres = int.from_bytes(block[10:12], "big")
        valid = (block[0] & 0x78) >> 3 == VALID and NEAREST_MM <= millimetres <= FARTHEST_MM
        self._measured = (millimetres / 1000, now) if valid else None
        self._start()

    def _start(self) -> None:
        self._transfer(i2c_msg.write(self._address, [START, ONE_SHOT]))

    def _read(self, register: int, length: int) -> bytes:
        answer = i2c_msg.read(self._address, length)
        self._transfer(i2c_msg.write(self._address, [register]), answer)
        return bytes(answer)

    def _transfer(self, *messages: i2c_msg) -> None:
        if self._bus is not None:
            self._bus.i2c_rdwr(*messages)

    def _lose(self, now: Monotonic, detail: str) -> None:
        self._edge.lose(now, detail=detail)
        self._measured = None
        self._ask_at = Monotonic(now + AGAIN_AFTER)
        self.close()
