"""The screen's end of the link, with a core that comes and goes."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from queue import Queue

import pytest

from kiosk.clock import SystemClock
from kiosk.link import Beat, Connection, GuardAsked, Hello, Listener, PartHealth, ViewChanged
from kiosk.model import Part
from kiosk.units import Monotonic
from kiosk.view import View
from tests.ui.views import NOW, collecting, view
from ui.core_link import CoreLink

SOON = 10.0


class Core:
    """A core that says what the test says."""

    def __init__(self, path: Path) -> None:
        self.listener = Listener(path)

    def accept(self) -> Connection:
        connection = self.listener.accept()
        hello = connection.receive(SOON)
        assert isinstance(hello, Hello)
        assert hello.part is Part.SCREEN
        return connection


@pytest.fixture
def shown() -> Queue[View | None]:
    return Queue()


@pytest.fixture
def link(tmp_path: Path, shown: Queue[View | None]) -> Iterator[CoreLink]:
    link = CoreLink(tmp_path / "core.sock", SystemClock(), "1.0")
    link.attach(shown.put)
    assert shown.get(timeout=SOON) is None
    link.start()
    yield link
    link.close()


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    core = Core(tmp_path / "core.sock")
    with closing(core.listener):
        yield core


def test_views_arrive_and_touches_are_told(core: Core, link: CoreLink, shown: Queue[View | None]) -> None:
    with closing(core.accept()) as connection:
        connection.send(ViewChanged(collecting()))
        assert shown.get(timeout=SOON) == collecting()
        link.send(GuardAsked(NOW))
        assert connection.receive(SOON) == GuardAsked(NOW)


def test_a_core_that_goes_is_noticed_and_found_again(core: Core, link: CoreLink, shown: Queue[View | None]) -> None:
    with closing(core.accept()) as connection:
        connection.send(ViewChanged(collecting()))
        assert shown.get(timeout=SOON) is not None
    assert shown.get(timeout=SOON) is None
    link.send(GuardAsked(NOW))
    with closing(core.accept()) as connection:
        connection.send(ViewChanged(view(visit="v2")))
        assert shown.get(timeout=SOON) == view(visit="v2")


def test_a_core_that_falls_silent_is_not_believed_until_it_beats_again(
    core: Core, link: CoreLink, shown: Queue[View | None]
) -> None:
    with closing(core.accept()) as connection:
        connection.send(ViewChanged(collecting()))
        assert shown.get(timeout=SOON) == collecting()
        assert shown.get(timeout=SOON) is None
        connection.send(Beat(Monotonic(1.0)))
        assert shown.get(timeout=SOON) == collecting()


def test_that_nothing_can_be_shown_is_told_to_every_core_until_it_can(core: Core, link: CoreLink) -> None:
    link.trouble("no display")
    with closing(core.accept()) as connection:
        message = connection.receive(SOON)
        assert isinstance(message, PartHealth)
        assert (message.part, message.well, message.detail) == (Part.SCREEN, False, "no display")
        link.trouble("")
        message = connection.receive(SOON)
        assert isinstance(message, PartHealth)
        assert message.well


def test_a_link_that_never_found_a_core_closes_at_once(tmp_path: Path) -> None:
    link = CoreLink(tmp_path / "core.sock", SystemClock(), "1.0")
    link.start()
    link.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "core link"]
