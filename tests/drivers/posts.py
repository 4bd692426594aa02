"""A gatekeeper at its post, with mock pins and a clock that the test moves."""

import time

import msgspec
from gpiozero.pins.mock import MockFactory

from drivers.gate import GateLine
from drivers.gatekeeper import Gatekeeper
from kiosk.link import (
    AnyMessage,
    Beat,
    OpenGate,
)
from kiosk.model import EventId
from kiosk.units import Monotonic, Seconds
from tests.drivers.worlds import MovedClock

RELAY, SENSOR = 17, 27
ONE, TWO = EventId("gate/log/1"), EventId("gate/log/2")


def open_gate(admission: EventId, pulse_s: float = 0.8, passage_s: float = 8.0) -> OpenGate:
    """An order to open, of this moment."""
    return OpenGate(admission, Seconds(pulse_s), Seconds(passage_s), Monotonic(time.monotonic()))


class Post:
    """A gatekeeper with mock pins and a clock to move; beats of the core are sent on the way if wanted."""

    def __init__(self) -> None:
        self.factory = MockFactory()
        self.clock = MovedClock()
        self.line = GateLine(self.clock, pin=RELAY, passage_pin=SENSOR, pin_factory=self.factory)
        self.keeper = Gatekeeper(self.line, self.clock)

    @property
    def relay(self) -> bool:
        return bool(self.factory.pin(RELAY).state)

    def say(self, message: AnyMessage) -> list[AnyMessage]:
        """Let the core say something now."""
        if isinstance(message, OpenGate):
            message = msgspec.structs.replace(message, at=self.clock.monotonic())
        return self.keeper.handle(message)

    def wait(self, seconds: float, *, beating: bool = True) -> list[AnyMessage]:
        """Let time pass as the loop does, from deadline to deadline; what the gate said but for beats."""
        end, said = self.clock.at + seconds, self.turn()
        while self.clock.at < end:
            self.clock.at = min(end, max(self.keeper.next_deadline(), self.clock.at + 0.001))
            if beating:
                self.keeper.handle(Beat(self.clock.monotonic()))
            said += self.turn()
        return [message for message in said if not isinstance(message, Beat)]

    def turn(self) -> list[AnyMessage]:
        return self.keeper.passages(self.line.take_passages()) + self.keeper.advance()

    def pass_through(self) -> None:
        self.factory.pin(SENSOR).drive_high()
        self.factory.pin(SENSOR).drive_low()

    def close(self) -> None:
        self.line.close()
        self.factory.reset()


def kinds(messages: list[AnyMessage]) -> list[tuple[type[AnyMessage], EventId | None]]:
    return [(type(message), getattr(message, "admission", None)) for message in messages]
