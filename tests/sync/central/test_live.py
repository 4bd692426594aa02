"""The live page's events over HTTP: who hears what, and that nobody keeps the server from ending."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.model import Answer, GateOutcome
from sync.central.board import BEAT_S, LISTENERS
from sync.central.staff.door import COOKIE
from tests.sync.central.kiosks import PAST_US, KioskLog
from tests.sync.central.serving import WAIT_S, Running, server


class Listener:
    """Server-sent events, one by one, as a browser reads them."""

    def __init__(self, running: Running, path: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = running.session.get(running.url + path, headers=named, stream=True, timeout=WAIT_S)
        self._lines = self.answer.iter_lines(chunk_size=1)

    def next(self) -> dict[str, str]:
        """The next event; its comment, if any, under ''."""
        found: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return found
            name, _, value = line.decode().partition(":")
            found[name] = value.removeprefix(" ")
        raise EOFError

    def passages(self) -> tuple[str, dict[str, Any]]:
        """The next event that is not a sign of life: its id and data."""
        while True:
            event = self.next()
            if event.get("event") == "passages":
                return event["id"], json.loads(event["data"])

    def ended(self) -> bool:
        """Whether the stream ends, in order, with nothing more said."""
        try:
            while True:
                if self.next().get("event") == "passages":
                    return False
        except EOFError:
            return True

    def close(self) -> None:
        self.answer.close()


@contextmanager
def listening(running: Running, path: str = "/live?lang=en", **headers: str) -> Iterator[Listener]:
    listener = Listener(running, path, **headers)
    try:
        yield listener
    finally:
        listener.close()


def test_a_stream_begins_with_a_sign_of_life_and_the_whole_state(tmp_path: Path) -> None:
    with server(tmp_path) as central, listening(central) as listener:
        assert listener.answer.headers["Content-Type"].startswith("text/event-stream")
        assert listener.answer.headers["Cache-Control"] == "no-store"
        assert listener.next() == {"": "beat", "event": "beat", "data": ""}
        assert listener.passages()[1] == {"calls": "", "order": [], "rows": {}}


def test_a_passage_is_told_when_it_is_appended_and_again_when_it_is_over(tmp_path: Path) -> None:
    log = KioskLog()
    with server(tmp_path) as central, listening(central) as english, listening(central, "/live?lang=ja") as japanese:
        english.passages()
        japanese.passages()
        admission = log.passage(Answer.ADMIT, "guest_green")
        central.send(log)
        began = time.monotonic()
        for listener, words in ((english, "green health code"), (japanese, "健康コードは緑")):
            told = listener.passages()[1]
            assert len(told["order"]) == 1
            assert words in told["rows"][told["order"][0]]
        # The append itself wakes the listeners, not the next beat.
        assert time.monotonic() - began < BEAT_S / 3
        log.outcome(admission, GateOutcome.PASSED)
        central.send(log, 2)
        told = english.passages()[1]
        assert "Went through" in told["rows"][told["order"][0]]


def test_only_the_new_passage_travels(tmp_path: Path) -> None:
    log = KioskLog()
    with server(tmp_path) as central:
        for number in range(30):
            log.passage(at_us=PAST_US + number)
        central.send(log)
        with listening(central) as listener:
            assert len(listener.passages()[1]["rows"]) == 30
            log.passage(at_us=PAST_US + 100)
            central.send(log, 31)
            told = listener.passages()[1]
            assert len(told["order"]) == 31  # of fifty
            assert list(told["rows"]) == told["order"][:1]


@pytest.mark.parametrize("how", ["header", "query"])
def test_whoever_comes_back_hears_only_what_it_missed(tmp_path: Path, how: str) -> None:
    log = KioskLog()
    log.passage()
    with server(tmp_path) as central:
        central.send(log)
        with listening(central) as listener:
            seen, _ = listener.passages()
        path, headers = ("/live", {"Last_Event_ID": seen}) if how == "header" else (f"/live?seen={seen}", {})
        with listening(central, path, **headers) as listener:
            assert listener.next()[""] == "beat"
            log.passage()
            central.send(log, 2)
            # Had the state that was there been told again, this would be it.
            _, told = listener.passages()
            assert len(told["order"]) == 2


def test_a_page_of_another_build_is_told_everything(tmp_path: Path) -> None:
    log = KioskLog()
    log.passage()
    with server(tmp_path) as central:
        central.send(log)
        with listening(central) as listener:
            seen, _ = listener.passages()
        with listening(central, f"/live?seen=older-{seen.partition('-')[2]}") as listener:
            assert len(listener.passages()[1]["rows"]) == 1


class Stream:
    """A listener on a bare socket: two hundred of them cost nothing."""

    def __init__(self, running: Running, *, deaf: bool = False) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.settimeout(WAIT_S)
        if deaf:
            # So small that the server soon has to wait for us to read.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self._socket.connect(("127.0.0.1", running.port))
        self._socket.sendall(f"GET /live HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={running.cookie}\r\n\r\n".encode())
        self.status = int(self._socket.recv(12, socket.MSG_WAITALL)[9:])

    def close(self) -> None:
        self._socket.close()


def test_listeners_are_bounded_and_a_place_that_is_left_is_free_again(tmp_path: Path) -> None:
    with server(tmp_path) as central, ExitStack() as stack:
        streams = [stack.enter_context(closing(Stream(central))) for _ in range(LISTENERS)]
        assert {stream.status for stream in streams} == {200}
        turned_away = central.get("/live")
        assert (turned_away.status_code, turned_away.json()) == (503, {"error": "too many are listening"})
        assert "Retry-After" in turned_away.headers
        # Everything else goes on as ever.
        assert central.get("/").status_code == 200
        log = KioskLog()
        log.passage()
        central.send(log)
        streams[7].close()
        ends = time.monotonic() + WAIT_S
        while True:
            with closing(Stream(central)) as again:
                if again.status == 200:
                    break
            assert time.monotonic() < ends


def test_the_server_ends_in_order_though_many_listen(tmp_path: Path) -> None:
    with server(tmp_path) as central, ExitStack() as stack:
        listeners = [stack.enter_context(listening(central)) for _ in range(20)]
        for listener in listeners:
            listener.passages()
        central.end()
        # None of them was cut off, as what goes on after the grace is.
        assert all(listener.ended() for listener in listeners)


def test_a_listener_who_does_not_read_keeps_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = KioskLog()
    with server(tmp_path) as central, closing(Stream(central, deaf=True)), listening(central) as other:
        other.passages()
        # Half a megabyte of events in all; the deaf one reads none of it.
        for round_ in range(12):
            for _ in range(50):
                log.passage(at_us=PAST_US + len(log.events))
            central.send(log, round_ * 50 + 1)
            assert len(other.passages()[1]["order"]) == 50
        central.end()
    assert capfd.readouterr().err == ""
