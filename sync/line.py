"""The line to the central server: bounded in size and time, to the pinned server alone, signed by the server's clock.

Every failure is ServiceUnavailable; one that has a name is Obstructed (`sync.obstacles`).
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kiosk.errors import ServiceUnavailable
from kiosk.garbage import loading
from sync import wire
from sync.enrolment_wire import TIME_PATH, Why, decode_refusal, decode_time
from sync.obstacles import REFUSALS, Obstacle, Obstructed, in_the_way, is_page

if TYPE_CHECKING:
    from requests import Response, Session

    from sync.identity import Papers

    # Costs time to import, and only a kiosk that is enrolled has one.
    from sync.signing import Signer

LEAST_S = 0.05
"""What an exchange has even where its caller's time is over."""
PIECE = 64 * 1024
REFUSING = (401, 403)


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer."""

    status: int
    body: bytes


class Line:
    """A way to the server at `url`, for one thread at a time; any other may `hang_up`. `agent` is the kiosk's own name.

    It is signed as soon as `papers` say who this kiosk is, and then goes to the server of their CA alone. Until then
    `verify` is the file of the CA to be believed, or True for the system's. `proxy` passes connections with TLS on.

    The connections are made with the first exchange, by the thread that asks: what speaks HTTP takes a fifth of a second
    to load at a Pi 4's pace, and a gate that starts again shall not wait for it.
    """

    def __init__(
        self,
        url: str,
        agent: str,
        *,
        papers: "Papers | None" = None,
        timeout_s: float = 5.0,
        simulated: bool = False,
        proxy: str | None = None,
        verify: bool | str = True,
        session: "Session | None" = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._papers = papers
        self._prefix = urlsplit(self._url).path
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._ahead_us: int | None = None  # how far the server's clock is ahead of our monotonic one
        self._proxy = proxy
        self._verify = verify
        self._session = session
        self._opened = False
        self._headers = {
            "User-Agent": f"gatepost/{agent}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        self._answering: Response | None = None
        self._hung_up = False
        self._simulated = simulated
        if simulated:
            self._headers[wire.SIMULATED_HEADER] = "1"

    def pin(self, ca: Path) -> None:
        """Believe only the server whose certificate is by this CA."""
        self._verify = str(ca)

    def deadline(self, ends: float | None = None) -> float:
        """When an exchange that begins now has to be over; no later than `ends`, but for a moment."""
        latest = self._monotonic() + self._timeout_s
        return latest if ends is None else min(latest, max(ends, self._monotonic() + LEAST_S))

    def ask(
        self, method: str, target: str, compound: str, body: bytes, deadline: float, *, limit: int = wire.MAX_ANSWER
    ) -> Answer:
        """One exchange, over by `deadline`, with an answer of `limit` bytes at most. Raises ServiceUnavailable."""
        from sync.identity import PapersUnusable

        try:
            signer = None if self._papers is None else self._papers.signer()
        except PapersUnusable as error:
            raise Obstructed(Obstacle.IDENTITY) from error
        if self._papers is None or signer is None:
            return _heard(self._exchange(method, target, {wire.COMPOUND_HEADER: compound}, body, deadline, limit))
        if (ca := self._papers.ca) is not None:
            self.pin(ca)
        return self.ask_signed(signer, method, target, compound, body, deadline, limit=limit)

    def ask_signed(
        self,
        signer: "Signer",
        method: str,
        target: str,
        compound: str,
        body: bytes,
        deadline: float,
        *,
        limit: int = wire.MAX_ANSWER,
    ) -> Answer:
        """One signed exchange; again with the server's time learned anew when it finds the signature stale.

        Raises ServiceUnavailable.
        """
        from sync.signing import Message

        again = False
        while True:
            headers = {wire.COMPOUND_HEADER: compound, wire.SIMULATED_HEADER: "1" if self._simulated else "0"}
            headers = signer.sign(Message(method, self._prefix + target, headers), body, self._server_us(deadline))
            answer = self._exchange(method, target, headers, body, deadline, limit)
            if again or answer.status != 401 or decode_refusal(answer.body).reason != Why.STALE:
                return _heard(answer)
            self._ahead_us = None
            again = True

    def hang_up(self) -> None:
        """End what is under way, and let nothing begin any more. Any thread may do so."""
        self._hung_up = True
        answering = self._answering
        if answering is not None:
            with suppress(OSError, RuntimeError, ValueError):
                answering.raw.shutdown()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        if self._session is not None:
            self._session.close()

    def _connections(self) -> "Session":
        if self._session is None:
            with loading():
                from requests import Session

            self._session = Session()
        if not self._opened:
            self._session.trust_env = False  # neither a proxy nor a .netrc of the machine's comes between
            if self._proxy is not None:
                # It passes TLS on; whom to believe stays as it is.
                self._session.proxies = {"https": self._proxy}
            self._session.headers.update(self._headers)
            self._opened = True
        self._session.verify = self._verify
        return self._session

    def _server_us(self, deadline: float) -> int:
        """The server's time in microseconds since 1970, asked for once: this kiosk's own may never have been set."""
        if self._ahead_us is None:
            before = self._monotonic()
            answer = _heard(self._exchange("GET", TIME_PATH, {}, b"", deadline, wire.MAX_ANSWER))
            if answer.status != HTTPStatus.OK:
                raise ServiceUnavailable(f"the server does not tell its time (status {answer.status})")
            try:
                told = decode_time(answer.body)
            except wire.NotOnTheWire as error:
                raise ServiceUnavailable(str(error)) from error
            self._ahead_us = told.time_us - int((before + self._monotonic()) / 2 * 1_000_000)
        return self._ahead_us + int(self._monotonic() * 1_000_000)

    def _exchange(
        self, method: str, target: str, headers: dict[str, str], body: bytes, deadline: float, limit: int
    ) -> Answer:
        from urllib3.exceptions import HTTPError

        if self._hung_up:
            raise ServiceUnavailable("the kiosk has hung up")
        patience = max(LEAST_S, deadline - self._monotonic())
        try:
            with self._connections().request(
                method,
                self._url + target,
                data=body,
                headers=headers,
                timeout=(min(patience, self._timeout_s), patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._answering = response
                answer = Answer(response.status_code, self._read(response, deadline, limit))
        except ServiceUnavailable:
            raise
        except (HTTPError, OSError) as error:  # all of requests' own are OSErrors
            if (obstacle := in_the_way(error, pinned=self._verify is not True)) is not None:
                raise Obstructed(obstacle) from error
            raise ServiceUnavailable(f"the server does not answer: {type(error).__name__}") from error
        finally:
            self._answering = None
        if is_page(answer.status, response.headers.get("Content-Type", ""), answer.body):
            raise Obstructed(Obstacle.CAPTIVE_PORTAL)
        return answer

    def _read(self, response: "Response", deadline: float, limit: int) -> bytes:
        """Read the answer piece by piece, so that neither its size nor its pace is the server's choice."""
        answer = bytearray()
        while not self._hung_up and (piece := response.raw.read1(PIECE)):
            answer += piece
            if len(answer) > limit:
                raise ServiceUnavailable("the server's answer is too long")
            if self._monotonic() > deadline:
                raise ServiceUnavailable("the server's answer took too long")
        if self._hung_up:
            raise ServiceUnavailable("the kiosk has hung up")
        return bytes(answer)


def _heard(answer: Answer) -> Answer:
    """Pass an answer on, unless the server refuses whoever asks. Raises Obstructed."""
    if answer.status in REFUSING:
        reason = decode_refusal(answer.body).reason
        if reason in tuple(Why) and Why(reason) in REFUSALS:
            raise Obstructed(REFUSALS[Why(reason)])
    return answer
