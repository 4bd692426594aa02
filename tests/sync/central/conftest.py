"""The databases that a central server may have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.bench.cluster import Cluster
from sync.central.store import Store
from tests.sync.central.kiosks import NOON_US


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'central.sqlite'}"
    found: Cluster = request.getfixturevalue("cluster")
    return found.new()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url, wall_us=lambda: NOON_US)
    yield opened
    opened.close()
