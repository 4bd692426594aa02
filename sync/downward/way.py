"""A kiosk's way to what comes down: bounded answers within bounded times, or ServiceUnavailable; and it can hang up."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec
import requests
from requests import RequestException, Session
from urllib3.exceptions import HTTPError

from kiosk.errors import ServiceUnavailable
from sync import wire
from sync.downward.message import MAX_NEWS, News
from sync.downward.publication import MAX_PAGE, Document, GivenBack, Page

PIECE = 64 * 1024

Answer = TypeVar("Answer")


class Way:
    """One kiosk's way to the central server at `url`, for one thread; any other may `hang_up`.

    An exchange takes `timeout_s` at most, and one that waits for news as much longer as it asked to wait.
    """

    def __init__(
        self,
        url: str,
        compound: str,
        device: str,
        session: Session,
        *,
        timeout_s: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._asker = {"compound": compound, "device": device}
        self._session = session
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._answering: requests.Response | None = None
        self._hung_up = False

    def documents(self, since: int, nonce: str) -> Page:
        """Ask for all that changed since a number. Raises ServiceUnavailable."""
        asked = {"since": str(since), "nonce": nonce}
        return _decoded(self._exchange("GET", "documents", asked, limit=MAX_PAGE), Page)

    def give_back(self, documents: Sequence[Document]) -> None:
        """Give back what the server has lost. Raises ServiceUnavailable."""
        body = msgspec.json.encode(GivenBack(documents=[one.sent for one in documents]))
        self._exchange("POST", "documents", {}, limit=wire.MAX_ANSWER, body=body)

    def news(self, after: str, number: int, wait_s: float) -> News:
        """Wait for news. Raises ServiceUnavailable."""
        asked = {"after": after, "number": str(number), "wait": f"{wait_s:g}"}
        return _decoded(self._exchange("GET", "now", asked, limit=MAX_NEWS, wait_s=wait_s), News)

    def hang_up(self) -> None:
        """End what is under way, and let nothing begin any more. Any thread may do so."""
        self._hung_up = True
        answering = self._answering
        if answering is not None:
            with suppress(OSError, RuntimeError, ValueError):
                answering.raw.shutdown()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._session.close()

    def _exchange(
        self, method: str, path: str, asked: dict[str, str], *, limit: int, body: bytes = b"", wait_s: float = 0.0
    ) -> bytes:
        patience = self._timeout_s + wait_s
        deadline = self._monotonic() + patience
        try:
            with self._session.request(
                method,
                f"{self._url}/api/v1/{path}",
                params={**self._asker, **asked},
                data=body,
                headers={wire.COMPOUND_HEADER: self._asker["compound"]},
                timeout=(self._timeout_s, patience),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._answering = response
                answer = self._read(response, deadline, limit)
                if response.status_code != requests.codes.ok:
                    raise ServiceUnavailable(f"the server answers with status {response.status_code}")
                return answer
        except ServiceUnavailable:
            raise
        except (RequestException, HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the server does not answer: {type(error).__name__}") from error
        finally:
            self._answering = None

    def _read(self, response: requests.Response, deadline: float, limit: int) -> bytes:
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


def _decoded(answer: bytes, form: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(answer, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceUnavailable("the server's answer is none of this protocol") from error
