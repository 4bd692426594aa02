"""Gives memory back to the system: what was needed once, while everything was made ready, another process can use."""

import ctypes
from collections.abc import Callable


def _trimmer() -> Callable[[int], int] | None:
    """Return malloc_trim(3), which glibc has and others have not."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return trim


_trim = _trimmer()


def give_back() -> None:
    """Give back all that is free. Takes a few milliseconds: not while anybody waits."""
    if _trim is not None:
        _trim(0)
