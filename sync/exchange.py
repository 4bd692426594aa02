"""One exchange with the central server about one log: a bounded answer within a bounded time, or ServiceUnavailable."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.events import Head
from sync import wire
from sync.chain import Pending
from sync.identity import Papers
from sync.line import Answer, Line

if TYPE_CHECKING:
    from requests import Session

BATCH_BYTES = 3 * 1024 * 1024
"""Requests stay below the server's limit (wire.MAX_BODY) with room for the envelope."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, and how many events it is about."""

    status: int
    body: bytes
    events: int = 0


class Exchange:
    """A kiosk's way to the central server at `url`, for one thread at a time; signed as soon as its `papers` say who it is.

    An exchange takes `timeout_s` at most, and no longer than until `ends` (of `monotonic`) where that is given.
    """

    def __init__(
        self,
        url: str,
        device: str,
        *,
        papers: Papers | None = None,
        timeout_s: float = 5.0,
        simulated: bool = False,
        proxy: str | None = None,
        verify: bool | str = True,
        session: "Session | None" = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = Line(
            url,
            device,
            papers=papers,
            timeout_s=timeout_s,
            simulated=simulated,
            proxy=proxy,
            verify=verify,
            session=session,
            monotonic=monotonic,
        )

    def upload(self, pending: Pending, ends: float | None = None) -> Reply:
        """Send the first of these events, as many as fit one request. Raises ServiceUnavailable."""
        bodies = _within([wire.encode_event(event) for event in pending.events])
        body = wire.encode_upload(pending.after.next_seq, pending.after.hash, bodies)
        answer = self._ask("POST", pending.after, "", body, ends)
        return Reply(answer.status, answer.body, len(bodies))

    def standing(self, log: Head, ends: float | None = None) -> Reply:
        """Ask where the server's copy of a log ends. Raises ServiceUnavailable."""
        answer = self._ask("GET", log, f"?compound={log.compound}", b"", ends)
        return Reply(answer.status, answer.body)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._line.close()

    def _ask(self, method: str, log: Head, query: str, body: bytes, ends: float | None) -> Answer:
        target = f"/api/v1/logs/{log.device}/{log.log_id}{query}"
        return self._line.ask(method, target, log.compound, body, self._line.deadline(ends))


def _within(bodies: list[bytes]) -> list[bytes]:
    """As many of the first events as fit one request; at least one."""
    size = 0
    for count, body in enumerate(bodies):
        size += len(body) + 1
        if count and size > BATCH_BYTES:
            return bodies[:count]
    return bodies
