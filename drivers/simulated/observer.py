"""The observer's end of a simulated world: lets the visitors come and hears what became of them."""

from pathlib import Path

from drivers.simulated.protocol import (
    AddVisitor,
    AllDone,
    Begin,
    Finish,
    PinEdge,
    ScreenTouched,
    VisitorReport,
    enter,
)
from drivers.simulated.script import VisitorScript

Seen = PinEdge | ScreenTouched | VisitorReport | AllDone


class Observer:
    """Watches one world. Every method raises DeviceLost once the world is gone.

    It must be read: an observer with some hundred unread events is let go.
    """

    def __init__(self, socket_path: Path | str) -> None:
        """Connect. Raises DeviceLost when there is no world."""
        self._channel, self._welcome = enter(socket_path, "observer")

    @property
    def shm(self) -> str:
        """The name of the shared memory with the camera's pictures."""
        return self._welcome.shm

    def begin(self) -> None:
        """Let the first visitor come."""
        self._channel.send(Begin())

    def add(self, visitor: VisitorScript) -> None:
        """Put one more visitor at the end."""
        self._channel.send(AddVisitor(visitor))

    def finish(self) -> None:
        """No more are added."""
        self._channel.send(Finish())

    def receive(self, timeout_s: float | None = None) -> Seen | None:
        """Wait for the next event; None when none came in time."""
        record = self._channel.receive(timeout_s)
        return record if isinstance(record, Seen) else None

    def close(self) -> None:
        """Stop watching; a thread that waits in `receive` wakes. Idempotent."""
        self._channel.close()
