"""The gateway to a service that answers for token health codes, over HTTP.

    POST <url>   {"token": "..."}   ->   200 {"status": "green", "valid_s": 300, "name": "王*芳", "id": "310***1234"}
                                    ->   400, 404, 410 or 422: it knows no such token

The token travels in the body alone, and neither it nor the answer is ever logged. One worker thread owns the
session; a caller waits for its answer until the deadline and no longer. What is then still under way is cut at
the socket, so that an issuer that sends a byte now and then cannot hold up the next visitor.
"""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoResult
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
import requests
from msgspec import Meta
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from kiosk.errors import ServiceRefused, ServiceUnavailable
from kiosk.evidence import HealthStatus, IssuerAnswer
from kiosk.holder import MAX_NAME, Holder, masked_holder
from kiosk.units import Seconds

MAX_ANSWER = 16 * 1024
"""Bytes of an answer beyond which it is none."""
REFUSED = frozenset({400, 404, 410, 422})
"""Answers that speak of the token, which is made up or no more; 401, 403, 429 and the like speak of us."""
JOIN_S = 2.0


class _Answer(msgspec.Struct, frozen=True):
    # Several vendors' gateways answer with a number.
    status: str | int
    valid_s: Annotated[float, Meta(ge=0)] | None = None
    name: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    id: Annotated[str, Meta(max_length=MAX_NAME)] | None = None

    @property
    def person(self) -> Holder | None:
        """Whose the code is, as far as it says."""
        return None if not self.name and not self.id else masked_holder(self.name or "", self.id)


@dataclass(frozen=True, slots=True)
class _Question:
    token: str = field(repr=False)
    deadline: float
    answer: "Future[IssuerAnswer]" = field(default_factory=Future)


class HttpHealthIssuer:
    """A kiosk.ports.HealthIssuer over HTTP. `resolve` from any thread; questions are asked one after another."""

    def __init__(
        self,
        url: str,
        statuses: Mapping[str, HealthStatus],
        *,
        no_answer: Collection[str] = (),
        ca_file: str | None = None,
    ) -> None:
        """Ask at `url`; `statuses` maps its answers to ours; `ca_file` replaces the usual authorities.

        With a status among `no_answer` it says that it could not find out.
        """
        self._url = url
        self._statuses = dict(statuses)
        self._no_answer = frozenset(no_answer)
        self._wire = _CuttableAdapter()
        self._session = requests.Session()
        # Neither a proxy nor a password file of the account that happens to run the kiosk.
        self._session.trust_env = False
        self._session.verify = ca_file if ca_file is not None else True
        self._session.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._wire)
        # Full means that one question is being asked and another waits: more would only wait longer.
        self._questions: queue.Queue[_Question | None] = queue.Queue(maxsize=1)
        self._closed = threading.Event()
        self._worker = threading.Thread(target=self._work, name="health-issuer", daemon=True)
        self._worker.start()

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        """Ask the issuer what a token stands for. Returns or raises within `timeout_s`.

        A status that is not mapped is UNKNOWN, and so is a refusal of the token. Raises ServiceUnavailable for
        anything that is no answer, ServiceRefused where asking again at once would bring the same.
        """
        question = _Question(token, time.monotonic() + timeout_s)
        try:
            if self._closed.is_set():
                raise ServiceUnavailable("the gateway to the health-code issuer is closed")
            self._questions.put(question, timeout=timeout_s)
            return question.answer.result(max(0.0, question.deadline - time.monotonic()))
        except queue.Full:
            raise ServiceUnavailable("the health-code issuer still owes earlier answers") from None
        except NoResult:
            # Not yet begun: it never will be. Begun: the worker gets its thread back.
            if not question.answer.cancel():
                self._wire.cut(question)
            raise ServiceUnavailable(f"the health-code issuer gave no answer within {timeout_s:g} s") from None

    def close(self) -> None:
        """Cut what is under way and let go of the connections. Idempotent."""
        self._closed.set()
        with contextlib.suppress(queue.Full):
            self._questions.put_nowait(None)
        self._wire.shut()
        if self._worker is not threading.current_thread():
            self._worker.join(JOIN_S)
        self._session.close()

    def _work(self) -> None:
        while not self._closed.is_set():
            question = self._questions.get()
            if question is None or not question.answer.set_running_or_notify_cancel():
                continue
            self._wire.begin(question, question.deadline)
            try:
                question.answer.set_result(self._exchange(question))
            except Exception as error:  # noqa: BLE001 - it is the asker's, whatever it is; the worker lives on
                question.answer.set_exception(error)
            finally:
                self._wire.end()
        with contextlib.suppress(queue.Empty):
            while (left := self._questions.get_nowait()) is not None:
                left.answer.set_exception(ServiceUnavailable("the gateway to the health-code issuer is closed"))

    def _exchange(self, question: _Question) -> IssuerAnswer:
        remaining = question.deadline - time.monotonic()
        if remaining <= 0:
            raise ServiceUnavailable("the health-code issuer was asked too late")
        failure = ""
        status, body = 0, b""
        try:
            response = self._session.post(
                self._url,
                json={"token": question.token},
                timeout=remaining,
                allow_redirects=False,
                stream=True,
            )
            with response:
                status, body = response.status_code, response.raw.read(MAX_ANSWER + 1, decode_content=False)
        except (requests.RequestException, HTTPError, ValueError) as error:
            failure = type(error).__name__
        if failure:
            # Raised out here, because the library's error holds the request, and with it the token.
            raise ServiceUnavailable(f"the health-code issuer cannot be asked ({failure})")
        if status in REFUSED:
            return IssuerAnswer(HealthStatus.UNKNOWN)
        if status != requests.codes.ok:
            refusal = ServiceUnavailable if status >= requests.codes.server_error else ServiceRefused
            raise refusal(f"the health-code issuer answered with HTTP {status}")
        if len(body) > MAX_ANSWER:
            raise ServiceRefused("the health-code issuer's answer is too long")
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (msgspec.MsgspecError, ValueError):
            raise ServiceRefused("the health-code issuer's answer is not what was agreed") from None
        if str(answer.status) in self._no_answer:
            raise ServiceUnavailable("the health-code issuer says that it could not find out")
        found = self._statuses.get(str(answer.status), HealthStatus.UNKNOWN)
        return IssuerAnswer(found, answer.person, None if answer.valid_s is None else Seconds(answer.valid_s))


class _CuttableAdapter(HTTPAdapter):
    """Requests' transport, whose one connection another thread can cut at any stage, the handshake included."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._current: object = None
        self._deadline = 0.0
        self._open = True
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool)
        adapter = self

        class Plain(_Watched, HTTPConnection):
            watcher = adapter

        class Secure(_Watched, HTTPSConnection):
            watcher = adapter

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def begin(self, question: object, deadline: float) -> None:
        """From now on `cut(question)` cuts, and a connection made after the deadline is cut at once."""
        with self._lock:
            self._current, self._deadline = question, deadline

    def end(self) -> None:
        """The question is done: nobody may cut on its account."""
        with self._lock:
            self._current = None

    def cut(self, question: object) -> None:
        """End the connection if that question is still under way."""
        with self._lock:
            if self._current is question:
                self._shut_down()

    def shut(self) -> None:
        """End the connection, and each that would still be made."""
        with self._lock:
            self._open = False
            self._shut_down()

    def adopt(self, connection: socket.socket) -> None:
        """Keep a handle on a new connection. TLS takes over the socket itself, but not a duplicate."""
        with self._lock:
            self._let_go()
            self._handle = connection.dup()
            if not self._open or time.monotonic() >= self._deadline:
                self._shut_down()

    def abandon(self) -> None:
        """Let go of the handle, so that the connection can end."""
        with self._lock:
            self._let_go()

    def _shut_down(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _Watched(HTTPConnection):
    """A connection that shows its socket to the adapter from the first moment."""

    watcher: _CuttableAdapter

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self.watcher.adopt(connection)
        return connection

    def close(self) -> None:
        self.watcher.abandon()
        super().close()
