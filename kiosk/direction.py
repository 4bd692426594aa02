"""Which way people go at a gate, as its device is enrolled. Pure."""

from enum import StrEnum


class Direction(StrEnum):
    """Which way people go."""

    IN = "in"
    OUT = "out"
    """An exit: nobody who leaves is asked for anything (`kiosk.leaving`)."""
    BOTH = "both"
    """The kiosk stands outside, and is for those who come in."""
