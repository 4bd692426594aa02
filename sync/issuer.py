"""The gateway to a service that answers for token health codes, over HTTP.

    POST <url>   {"token": "..."}   ->   200 {"status": "green", "valid_s": 300, "name": "王*芳", "id": "310***1234"}
                                    ->   400, 404, 410 or 422: it knows no such token

The token travels in the body alone, and neither it nor the answer is ever logged. One worker thread owns the
connection; a caller waits for its answer until the deadline and no longer. What is then still under way is cut at
the socket, so that an issuer that sends a byte now and then cannot hold up the next visitor.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoResult
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from kiosk.errors import ServiceRefused, ServiceUnavailable
from kiosk.evidence import HealthStatus, IssuerAnswer
from kiosk.garbage import loading
from kiosk.holder import MAX_NAME, Holder, masked_holder
from kiosk.units import Seconds
from sync.cutting import Cutter

if TYPE_CHECKING:
    from sync.issuer_http import IssuerHttp

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
        self._ca_file = ca_file
        self._cutter = Cutter()
        # Full means that one question is being asked and another waits: more would only wait longer.
        self._questions: queue.Queue[_Question | None] = queue.Queue(maxsize=1)
        self._closed = threading.Event()
        self._starting = threading.Lock()
        self._worker = threading.Thread(target=self._work, name="health-issuer", daemon=True)

    def start(self) -> None:
        """Load what speaks HTTP, in a thread of its own, before the first question needs it. Idempotent."""
        with self._starting:
            if self._worker.ident is None and not self._closed.is_set():
                self._worker.start()

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        """Ask the issuer what a token stands for. Returns or raises within `timeout_s`.

        A status that is not mapped is UNKNOWN, and so is a refusal of the token. Raises ServiceUnavailable for
        anything that is no answer, ServiceRefused where asking again at once would bring the same.
        """
        question = _Question(token, time.monotonic() + timeout_s)
        self.start()
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
                self._cutter.cut(question)
            raise ServiceUnavailable(f"the health-code issuer gave no answer within {timeout_s:g} s") from None

    def close(self) -> None:
        """Cut what is under way and let go of the connections. Idempotent."""
        with self._starting:
            self._closed.set()
        with contextlib.suppress(queue.Full):
            self._questions.put_nowait(None)
        self._cutter.shut()
        if self._worker.is_alive() and self._worker is not threading.current_thread():
            self._worker.join(JOIN_S)

    def _work(self) -> None:
        # Only here: a gate that starts again is ready before this is loaded.
        with loading():
            from sync.issuer_http import IssuerHttp
        with contextlib.closing(IssuerHttp(self._cutter, self._ca_file)) as http:
            self._answer(http)

    def _answer(self, http: "IssuerHttp") -> None:
        """Ask one question after another until closed."""
        while not self._closed.is_set():
            question = self._questions.get()
            if question is None or not question.answer.set_running_or_notify_cancel():
                continue
            self._cutter.begin(question, question.deadline)
            try:
                question.answer.set_result(self._exchange(http, question))
            except Exception as error:  # noqa: BLE001 - it is the asker's, whatever it is; the worker lives on
                question.answer.set_exception(error)
            finally:
                self._cutter.end()
        with contextlib.suppress(queue.Empty):
            while (left := self._questions.get_nowait()) is not None:
                left.answer.set_exception(ServiceUnavailable("the gateway to the health-code issuer is closed"))

    def _exchange(self, http: "IssuerHttp", question: _Question) -> IssuerAnswer:
        remaining = question.deadline - time.monotonic()
        if remaining <= 0:
            raise ServiceUnavailable("the health-code issuer was asked too late")
        status, body = http.post(self._url, {"token": question.token}, remaining, MAX_ANSWER + 1)
        if status in REFUSED:
            return IssuerAnswer(HealthStatus.UNKNOWN)
        if status != HTTPStatus.OK:
            refusal = ServiceUnavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ServiceRefused
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
