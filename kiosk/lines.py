"""What a process says of itself: a line for each thing that happened, with what belongs to it under keys of its own.

The standard library's logging carries the lines, and `kiosk.diagnostics` writes them. Every process of the kiosk says
something, so whatever this module imports delays each start (docs/decisions/0016-little-is-imported.md).
"""

import logging

NAME = "gatepost"
"""The logger that carries our own lines; whatever else is logged is a library's."""
FACTS = "facts"
"""The attribute of a log record under which ours keep their keys."""


class Lines:
    """Says what happened: `lines.warning("process died", status=1)`. Any thread may; it never raises for what it is given."""

    def __init__(self) -> None:
        self._carrier = logging.getLogger(NAME)

    def debug(self, event: str, **facts: object) -> None:
        """Say what only a developer wants to know."""
        self._say(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: object) -> None:
        """Say what went as it should."""
        self._say(logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Say what went wrong and mends itself."""
        self._say(logging.WARNING, event, facts)

    def error(self, event: str, **facts: object) -> None:
        """Say what went wrong and may stay so."""
        self._say(logging.ERROR, event, facts)

    def critical(self, event: str, **facts: object) -> None:
        """Say what ends a thread or the process."""
        self._say(logging.CRITICAL, event, facts)

    def exception(self, event: str, **facts: object) -> None:
        """Say what went wrong, with the kinds and places of the error being handled."""
        self._say(logging.ERROR, event, facts, error_too=True)

    def _say(self, level: int, event: str, facts: dict[str, object], *, error_too: bool = False) -> None:
        if self._carrier.isEnabledFor(level):
            self._carrier.log(level, event, exc_info=error_too, extra={FACTS: facts})


def get_logger() -> Lines:
    """Return what a module says its lines with."""
    return Lines()
