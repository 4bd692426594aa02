"""What systemd hears of a process, on a socket such as systemd's own."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.service_manager import WatchedStop, stop_event, tell

SELDOM_S = 3600.0


class Systemd:
    """The end that systemd listens at."""

    def __init__(self, address: str) -> None:
        self.environment = {"NOTIFY_SOCKET": address.replace("\0", "@")}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["a path", "an abstract name"])
def systemd(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Systemd]:
    there = Systemd(str(tmp_path / "notify") if request.param == "a path" else f"\0{tmp_path}/notify")
    yield there
    there.close()


def test_what_is_told_arrives(systemd: Systemd) -> None:
    tell("READY=1", systemd.environment)
    assert systemd.heard() == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_without_systemd_nothing_is_told_and_nothing_fails(environment: dict[str, str]) -> None:
    tell("READY=1", environment)


@pytest.mark.parametrize("within", [None, "0", "soon", "-5"])
def test_without_a_watchdog_the_event_is_a_plain_one(within: str | None) -> None:
    assert type(stop_event({} if within is None else {"WATCHDOG_USEC": within})) is threading.Event


def test_a_loop_that_turns_tells_the_watchdog(systemd: Systemd) -> None:
    stop = stop_event({**systemd.environment, "WATCHDOG_USEC": "10000000"})
    assert isinstance(stop, WatchedStop)
    assert not stop.is_set()
    assert systemd.heard() == ["WATCHDOG=1"]


def test_a_loop_that_turns_often_tells_it_seldom(systemd: Systemd) -> None:
    stop = WatchedStop(SELDOM_S, systemd.environment)
    assert [stop.is_set() for _ in range(100)] == [False] * 100
    assert systemd.heard() == ["WATCHDOG=1"]


def test_a_loop_that_waits_is_well_too(systemd: Systemd) -> None:
    stop = WatchedStop(0.0, systemd.environment)
    assert not stop.wait(0.01)
    assert set(systemd.heard()) == {"WATCHDOG=1"}


def test_what_another_thread_asks_proves_nothing_of_the_loop(systemd: Systemd) -> None:
    stop = WatchedStop(0.0, systemd.environment)
    other = threading.Thread(target=lambda: (stop.is_set(), stop.wait(0.0)))
    other.start()
    other.join()
    assert systemd.heard() == []


@pytest.mark.parametrize("timeout", [None, 60.0])
def test_whoever_waits_is_woken_by_the_wish_to_stop(timeout: float | None) -> None:
    stop = WatchedStop(SELDOM_S, {})
    asking = threading.Timer(0.0, stop.set)
    asking.start()
    assert stop.wait(timeout)
    assert stop.is_set()
    asking.join()
