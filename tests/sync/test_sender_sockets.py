"""The sender over real connections: what a socket can do to it, and what it does not do by itself."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sync import wire
from sync.exchange import Exchange
from sync.sender import Sender
from tests.sync.bare_server import WAIT_S, BareServer
from tests.sync.logs import DEVICE, held, note, opened
from tests.sync.servers import IDLE, ModelServer, Request, turns
from tests.sync.test_issuer import certificate

PATIENCE_S = 0.3


class Line(BareServer):
    """A model server behind a bare socket. While `odd` is set it says these pieces instead, then `drip` until it is left."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.server = ModelServer()
        self.odd: tuple[bytes, ...] | None = None
        self.drip = b""

    def answer(self, connection: socket.socket) -> None:
        request = _read(connection)
        if self.odd is None:
            reply = self.server.answer(request)
            head = f"HTTP/1.1 {reply.status} .\r\nContent-Length: {len(reply.body)}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + reply.body)
            return
        for piece in self.odd:
            connection.sendall(piece)
        while self.drip and not self.stop.wait(0.01):
            connection.sendall(self.drip)


def _read(connection: socket.socket) -> Request:
    with connection.makefile("rb") as stream:
        method, target, _ = stream.readline().decode().split()
        headers = {}
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        body = stream.read(int(headers.get("Content-Length", 0)))
    log_id = target.partition("?")[0].rpartition("/")[2]
    return Request(method, log_id, wire.decode_upload(body)[0] if body else None, body, headers)


@contextmanager
def sending(path: Path, url: str, verify: bool | str = True) -> Iterator[Sender]:
    with opened(path) as log:
        log.append(note(1), visit="v")
        sender = Sender(log, Exchange(url, DEVICE, timeout_s=PATIENCE_S, verify=verify), jitter=lambda: 1.0)
        try:
            yield sender
        finally:
            sender.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


OK = b"HTTP/1.1 200 OK\r\n"
ODD: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    # What is said, and what is dripped after that, a piece every 10 ms.
    "hangs up": ((), b""),
    "is no HTTP": ((b"SSH-2.0-OpenSSH_9.2\r\n",), b""),
    "ends within the head": ((OK + b"Content-Le",), b""),
    "ends within the body": ((OK + b'Content-Length: 100\r\n\r\n{"next_seq": 3',), b""),
    "has a bad chunk": ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",), b""),
    "has a bad length": ((OK + b"Content-Length: 5, 6\r\n\r\n{}",), b""),
    "claims to be compressed": ((OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",), b""),
    "has a head larger than any": ((OK + b"X: x\r\n" * 5000,), b""),
    "has a line longer than any": ((OK + b"X: " + b"x" * 200_000,), b""),
    "says nothing of its end": ((OK + b"\r\n",), b" " * 9000),
    "is larger than any answer": ((OK + b"Content-Length: 999999999\r\n\r\n",), b" " * 9000),
    "comes byte by byte": ((OK + b"Content-Length: 9000\r\n\r\n",), b" "),
    "comes chunk by chunk": ((OK + b"Transfer-Encoding: chunked\r\n\r\n",), b"1\r\n \r\n"),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_answer_ends_in_time_and_costs_nothing(path: Path, case: str) -> None:
    with Line() as line, sending(path, line.url) as sender:
        line.odd, line.drip = ODD[case]
        began = time.monotonic()
        assert turns(sender, 1) == [0.5]
        # Whoever only bounds each piece waits for minutes where it comes byte by byte.
        assert time.monotonic() - began < WAIT_S
        # The other end sees the connection go.
        assert line.left.wait(WAIT_S)
        line.odd = None
        assert turns(sender, 1) == IDLE
        assert line.server.logs == held(path)


def test_silence_is_waited_for_no_longer_than_said(path: Path) -> None:
    with Line() as line, sending(path, line.url) as sender:
        # A connection that is never accepted: the line is still reading the first one.
        with socket.create_connection(("127.0.0.1", int(line.url.rpartition(":")[2]))):
            # Whoever waits for the line to accept it waits for as long as this block lasts.
            assert turns(sender, 1) == [0.5]
            assert sender.flush(0.1) == 2
        assert sender.flush(WAIT_S) == 0
        assert line.server.logs == held(path)


def test_a_port_where_nobody_listens_costs_nothing(path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with sending(path, url) as sender:
        assert turns(sender, 3) == [0.5, 1.0, 2.0]
        assert sender.flush(0.01) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_follows_a_redirect(path: Path, status: int) -> None:
    with Line() as line, Line() as trap, sending(path, line.url) as sender:
        line.odd = (f"HTTP/1.1 {status} .\r\nLocation: {trap.url}/\r\nContent-Length: 0\r\n\r\n".encode(),)
        assert turns(sender, 1) == [0.5]
        assert trap.connections == 0


def test_no_proxy_of_the_machines_comes_between(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Line() as line, Line() as trap, sending(path, line.url) as sender:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert turns(sender, 1) == IDLE
        assert (line.connections, trap.connections) == (1, 0)


def test_events_go_only_to_a_server_whose_certificate_the_sites_authority_vouches_for(path: Path, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with ExitStack() as stack:
        line = stack.enter_context(Line(context))
        with sending(path, line.url) as stranger:
            assert turns(stranger, 1) == [0.5]
        assert line.server.logs == {}
        with sending(path, line.url, verify=str(pem)) as pinned:
            assert turns(pinned, 1) == IDLE
        assert line.server.logs == held(path)
