"""What the code under test says of itself, kept instead of written."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kiosk.lines import FACTS, NAME

Captured = dict[str, Any]
"""A line's keys, with its `event` and `log_level`."""


class Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Captured] = []

    def emit(self, record: logging.LogRecord) -> None:
        facts = getattr(record, FACTS)
        self.lines.append({**facts, "event": record.msg, "log_level": record.levelname.lower()})


@contextmanager
def capture_logs() -> Iterator[list[Captured]]:
    """The lines of every level that are said meanwhile, in this list and nowhere else."""
    logger, keeper = logging.getLogger(NAME), Keeper()
    level, propagates = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(keeper)
    try:
        yield keeper.lines
    finally:
        logger.removeHandler(keeper)
        logger.setLevel(level)
        logger.propagate = propagates
