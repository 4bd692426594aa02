"""The units that values are in, as types."""

from typing import NewType

Celsius = NewType("Celsius", float)
Seconds = NewType("Seconds", float)
Monotonic = NewType("Monotonic", float)
"""Seconds of CLOCK_MONOTONIC: the same line for every process of one boot. For deadlines and durations."""
WallTime = NewType("WallTime", int)
"""Microseconds since 1970 UTC. For records only, never for deadlines."""
