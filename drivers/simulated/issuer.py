"""A simulated health-code service: a real HTTP server that answers for opaque tokens from a table.

    POST /   {"token": "..."}   ->   200 {"status": "green"}
                                ->   404 for a token that it can never have given out

It knows nothing of the gate: the gateway that asks it is the one that asks a real issuer.
"""

import contextlib
import json
import random
import socket
import string
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from typing import Any

import msgspec

from kiosk.lines import get_logger

Answers = Mapping[str, str | tuple[str, float]]
"""Token to status, or to a status and the seconds that its answer takes."""
ABSENT = "absent"
"""The answer for a token of the right form that the service never gave out; no gateway should map it to a colour."""
TOKEN_CHARACTERS = 24
MAX_QUESTION = 4096
IDLE_S = 60.0
"""How long a connection may stay silent."""
JOIN_S = 5.0

_log = get_logger()


class TableFile(Mapping[str, str | tuple[str, float]]):
    """A table in a JSON file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises OSError or msgspec.MsgspecError."""
        self._path = path
        self._stamp = 0
        self._answers: dict[str, str | tuple[str, float]] = {}
        self._refresh()

    def __getitem__(self, token: str) -> str | tuple[str, float]:
        self._refresh()
        return self._answers[token]

    def __iter__(self) -> Iterator[str]:
        self._refresh()
        return iter(self._answers)

    def __len__(self) -> int:
        self._refresh()
        return len(self._answers)

    def _refresh(self) -> None:
        stamp = self._path.stat().st_mtime_ns
        if stamp != self._stamp:
            self._answers = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str | tuple[str, float]])
            self._stamp = stamp


def opaque_token(chance: random.Random) -> str:
    """Make a token as an issuer would print it: nothing can be read from it."""
    return "".join(chance.choices(string.ascii_letters + string.digits, k=TOKEN_CHARACTERS))


def _is_opaque(token: object) -> bool:
    return isinstance(token, str) and len(token) == TOKEN_CHARACTERS and token.isascii() and token.isalnum()


def run_issuer(
    table: Answers,
    port: int,
    on_ready: Callable[[str], None],
    stop: threading.Event,
    *,
    latency_s: Callable[[], float] = lambda: 0.0,
    outage: threading.Event | None = None,
) -> None:
    """Serve on loopback until `stop` is set; `on_ready` gets the URL once connections are taken.

    `table` is read at every question, so its owner may add to it. `latency_s` is asked for each answer's delay
    (besides the token's own); while `outage` is set every answer is 503. Raises OSError when the port is taken.
    """
    with _Server(port, table, latency_s, outage, stop) as server:
        accepting = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="issuer-accept", daemon=True
        )
        accepting.start()
        try:
            on_ready(f"http://127.0.0.1:{server.server_port}/")
            stop.wait()
        finally:
            stop.set()
            server.shutdown()
            accepting.join(JOIN_S)
            server.hang_up()


class _Server(ThreadingHTTPServer):
    # Closing waits for the handlers, which `hang_up` has woken: none outlives the service.
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(
        self,
        port: int,
        table: Answers,
        latency_s: Callable[[], float],
        outage: threading.Event | None,
        stop: threading.Event,
    ) -> None:
        self.table = table
        self.latency_s = latency_s
        self.outage = outage
        self.stop = stop
        self._live: set[socket.socket] = set()
        self._live_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._live_lock:
            self._live.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._live_lock:
            self._live.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection, so that its handler comes back."""
        with self._live_lock:
            for connection in self._live:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's
        """Report anything but a client that went away."""
        if not isinstance(sys.exception(), OSError):
            _log.exception("question not answered")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    # Headers and body leave as one segment; without this, Nagle and delayed ACK add 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, request: Any, client_address: Any, server: BaseServer) -> None:
        assert isinstance(server, _Server)  # noqa: S101 - narrows the type for the checker
        self.issuer = server
        super().__init__(request, client_address, server)

    def do_POST(self) -> None:
        """Answer one question."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= MAX_QUESTION):
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "the question has no usable length"}, close=True)
            return
        try:
            token = json.loads(self.rfile.read(int(length)))["token"]
            known = self.issuer.table.get(token, ABSENT if _is_opaque(token) else None)
        except (ValueError, KeyError, TypeError, RecursionError):
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "the question is not {'token': text}"})
            return
        if known is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there is no such token"})
            return
        status, takes_s = (known, 0.0) if isinstance(known, str) else known
        if self.issuer.stop.wait(takes_s + self.issuer.latency_s()):
            self.close_connection = True
            return
        if self.issuer.outage is not None and self.issuer.outage.is_set():
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "out of service"})
            return
        self._answer(HTTPStatus.OK, {"status": status})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep no log: the address line of a question is nobody's business."""

    def _answer(self, status: HTTPStatus, body: Mapping[str, str], *, close: bool = False) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
