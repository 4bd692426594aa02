"""One exchange with the central server about one log: a bounded answer within a bounded time, or ServiceUnavailable."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from requests import RequestException, Session
from urllib3.exceptions import HTTPError

from kiosk.errors import ServiceUnavailable
from kiosk.events import Head
from sync import wire
from sync.chain import Pending

BATCH_BYTES = 3 * 1024 * 1024
"""Requests stay below the server's limit (wire.MAX_BODY) with room for the envelope."""
LEAST_S = 0.05
"""What an exchange has even where its caller's time is over."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, and how many events it is about."""

    status: int
    body: bytes
    events: int = 0


def open_session(
    device: str, *, simulated: bool = False, verify: bool | str = True, session: Session | None = None
) -> Session:
    """Return a session for a kiosk's requests to its server: no other way there, and its own name on each of them."""
    session = session or Session()
    session.trust_env = False  # neither a proxy nor a .netrc of the machine's comes between
    session.verify = verify
    session.headers.update(
        {"User-Agent": f"gatepost/{device}", "Content-Type": "application/json", "Accept-Encoding": "identity"}
    )
    if simulated:
        session.headers[wire.SIMULATED_HEADER] = "1"
    return session


class Exchange:
    """A kiosk's way to the central server at `url`, for one thread at a time.

    An exchange takes `timeout_s` at most, and no longer than until `ends` (of `monotonic`) where that is given.
    """

    def __init__(
        self,
        url: str,
        device: str,
        *,
        timeout_s: float = 5.0,
        simulated: bool = False,
        verify: bool | str = True,
        session: Session | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._session = open_session(device, simulated=simulated, verify=verify, session=session)

    def upload(self, pending: Pending, ends: float | None = None) -> Reply:
        """Send the first of these events, as many as fit one request. Raises ServiceUnavailable."""
        bodies = _within([wire.encode_event(event) for event in pending.events])
        body = wire.encode_upload(pending.after.next_seq, pending.after.hash, bodies)
        status, answer = self._request("POST", pending.after, body, ends)
        return Reply(status, answer, len(bodies))

    def standing(self, log: Head, ends: float | None = None) -> Reply:
        """Ask where the server's copy of a log ends. Raises ServiceUnavailable."""
        return Reply(*self._request("GET", log, b"", ends))

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._session.close()

    def _request(self, method: str, log: Head, body: bytes, ends: float | None) -> tuple[int, bytes]:
        deadline = self._monotonic() + self._timeout_s
        if ends is not None:
            deadline = min(deadline, max(ends, self._monotonic() + LEAST_S))
        patience = deadline - self._monotonic()
        try:
            with self._session.request(
                method,
                f"{self._url}/api/v1/logs/{log.device}/{log.log_id}",
                params=None if body else {"compound": log.compound},
                data=body,
                headers={wire.COMPOUND_HEADER: log.compound},
                timeout=(patience, patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code, self._read(response, deadline)
        except ServiceUnavailable:
            raise
        except (RequestException, HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the server does not answer: {type(error).__name__}") from error

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """Read the answer piece by piece, so that neither its size nor its pace is the server's choice."""
        answer = b""
        while piece := response.raw.read1(4096):
            answer += piece
            if len(answer) > wire.MAX_ANSWER:
                raise ServiceUnavailable("the server's answer is too long")
            if self._monotonic() > deadline:
                raise ServiceUnavailable("the server's answer took too long")
        return answer


def _within(bodies: list[bytes]) -> list[bytes]:
    """As many of the first events as fit one request; at least one."""
    size = 0
    for count, body in enumerate(bodies):
        size += len(body) + 1
        if count and size > BATCH_BYTES:
            return bodies[:count]
    return bodies
