"""The errors that cross rooms. Each is also the built-in kind that a reader would expect."""

from kiosk.model import EventId


class GatepostError(Exception):
    """The root of every error of ours."""


class UsageError(GatepostError, ValueError):
    """Bad usage, configuration or trust file: one clear sentence, exit status 2."""


class AlreadySaid(UsageError):
    """Bad usage that a process of ours has explained on our standard error itself."""


class DeviceLost(GatepostError, OSError):
    """A device or process does not answer; trying again later may help."""


class DeviceFault(GatepostError, OSError):
    """A device answers, but wrongly: a bad checksum, an error flag, a value out of range."""


class LogUnusable(GatepostError, OSError):
    """The durable log cannot take the event: nothing may open on its account."""


class Unacknowledged(LogUnusable):
    """The log goes on without its disk, and nobody has vouched for this event in time: nothing may open on its account.

    `event` is its id if it has its place in the log, so that others may come to know it later; None if it has none.
    """

    def __init__(self, reason: str, event: EventId | None = None) -> None:
        """Say why."""
        super().__init__(reason)
        self.event = event


class ServiceUnavailable(GatepostError, OSError):
    """A network service gave no usable answer in time; trying again later may help."""


class ServiceRefused(ServiceUnavailable):
    """A network service answered, but not what was agreed, or not to us: asking again at once does not help."""
