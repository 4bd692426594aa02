"""In which order whole gates are tried: what takes longest begins first, so that nobody waits for it at the end."""

import pytest

LONGEST_FIRST = (
    "test_soak",
    "test_chaos",
    "[bad-codes]",
    "test_privacy",
    "[disk-full]",
    "test_downward",
    "test_bench_clear",
    "test_demo",
    "test_slowed",
    "test_scenarios",
    "test_screen",
)
"""Two minutes down to half a one; whatever is not named here takes seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort them; where two are alike they stay as they are, and with them whatever they share."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((place for place, part in enumerate(LONGEST_FIRST) if part in item.nodeid), len(LONGEST_FIRST))
