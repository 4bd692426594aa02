"""How whole gates are shared out: what takes longest begins first, so that nobody waits for it at the end."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

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
TOGETHER = ("test_privacy.py", "test_screen_journeys.py", "test_screen_and_gate.py", "test_live_page.py")
"""Modules whose tests share what is dear to set up: one process does all of each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort them; where two are alike they stay as they are, and with them whatever they share."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((place for place, part in enumerate(LONGEST_FIRST) if part in item.nodeid), len(LONGEST_FIRST))


class Shared(LoadScopeScheduling):
    """Shares out test by test, but for the modules that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module.endswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared:
    """Share out so wherever there are several processes."""
    return Shared(config, log)
