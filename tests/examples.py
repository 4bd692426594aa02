"""How often a property is tried: the profile's number of examples (see conftest.py), or a share of it."""

from hypothesis import settings


def examples(times: float) -> int:
    """So many times the profile's number: more where an example costs nothing, fewer where it costs a file or a process."""
    return max(1, round(settings().max_examples * times))
