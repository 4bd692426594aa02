"""Read a request's body within bounds of size and time."""

import asyncio
from collections.abc import Coroutine

from starlette.requests import ClientDisconnect, Request

from kiosk.errors import GatepostError
from sync.enrolment_wire import Why

WITHIN_S = 30.0
DRAINED = 4
"""So many times the allowed size is read and thrown away, so that who sends too much gets to read the answer."""


class Refused(GatepostError, ValueError):
    """A request that is answered with this status and sentence, and nothing else done. `why` says it to programs."""

    def __init__(self, status: int, sentence: str, why: Why | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.why = why


async def read_body(request: Request, limit: int, closing: asyncio.Event, within_s: float = WITHIN_S) -> bytes:
    """Return the body. Raises Refused when it is larger than `limit`, too slow, cut off, or not there at `closing`."""
    body, length = await _bounded(_read(request, limit, limit * DRAINED), closing, within_s)
    if length > limit:
        raise Refused(413, f"a request has at most {limit} bytes")
    return body


async def drain(request: Request, limit: int, closing: asyncio.Event, within_s: float = WITHIN_S) -> None:
    """Read so much of a body and keep nothing of it, so that who sends it gets to read the answer. Raises Refused."""
    await _bounded(_read(request, 0, limit), closing, within_s)


async def _bounded(
    work: Coroutine[None, None, tuple[bytes, int]], closing: asyncio.Event, within_s: float
) -> tuple[bytes, int]:
    reading = asyncio.ensure_future(work)
    ending = asyncio.ensure_future(closing.wait())
    try:
        await asyncio.wait({reading, ending}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            return reading.result()
    finally:
        reading.cancel()
        ending.cancel()
    if closing.is_set():
        # Whoever sends this keeps it, and sends it again.
        raise Refused(503, "the server is on its way down")
    raise Refused(408, f"the request took longer than {within_s:g} s")


async def _read(request: Request, keep: int, most: int) -> tuple[bytes, int]:
    """The body as far as it is no longer than `keep`, and how long it was found to be, reading no more than `most`."""
    body = bytearray()
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length <= keep:
                body += chunk
            elif length > most:
                break
    except ClientDisconnect:
        # Nobody is there to read this.
        raise Refused(400, "the request ended too soon") from None
    return bytes(body), length
