"""One card for all parts, in the order of its life. `make image` has built what they need."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.board import BUILT
from tests.image.card import Card
from tests.image.site import HostSite

RUN = BUILT / "run"
CARD_MIB = 4096
"""A power of two: raspi3b takes no other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the image."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.hardware)


@pytest.fixture(scope="session")
def run() -> Path:
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir()
    return RUN


@pytest.fixture(scope="session")
def card(run: Path) -> Card:
    return Card.copied(BUILT / "card.img", run / "card.img", CARD_MIB)


@pytest.fixture(scope="session")
def site(run: Path, card: Card, unused_tcp_port: int) -> Iterator[HostSite]:
    site = HostSite(run / "site", unused_tcp_port)
    try:
        site.prepare(card)
        yield site
    finally:
        site.close()


@pytest.fixture(scope="session")
def unused_tcp_port() -> int:
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        port: int = end.getsockname()[1]
        return port
