"""Where a command prints for people: a terminal, or a file, in which no line is broken."""

import sys

from rich.console import Console


def standard_output() -> Console:
    """Standard output. Only a terminal has a width that sentences must be broken at."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())
