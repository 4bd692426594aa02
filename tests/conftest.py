"""What every test may use."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from kiosk.bench.cluster import Cluster, postgresql

# Whoever works on it waits for fewer examples, and new ones each time; continuous integration tries more, always the same.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=50, derandomize=True, print_blob=True)
settings.register_profile("deep", parent=settings.get_profile("default"), max_examples=2000)
# A mutant is noticed or not: nobody wants the smallest example, and there are thousands of them.
settings.register_profile(
    "mutants", parent=settings.get_profile("default"), max_examples=15, database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import stay to the end: nobody need look through them for rubbish."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session")
def any_cluster() -> Iterator[Cluster | str]:
    with postgresql(durable=False) as found:
        yield found


@pytest.fixture
def cluster(any_cluster: Cluster | str) -> Cluster:
    if isinstance(any_cluster, str):
        pytest.skip(any_cluster)
    return any_cluster
