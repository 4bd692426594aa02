"""Read a request's body within bounds of size and time."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from kiosk.errors import GatepostError

WITHIN_S = 30.0
DRAINED = 4
"""So many times the allowed size is read and thrown away, so that who sends too much gets to read the answer."""


class Refused(GatepostError, ValueError):
    """A request that is answered with this status and sentence, and nothing else done."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def read_body(request: Request, limit: int, closing: asyncio.Event, within_s: float = WITHIN_S) -> bytes:
    """Return the body. Raises Refused when it is larger than `limit`, too slow, cut off, or not there at `closing`."""
    reading = asyncio.ensure_future(_read(request, limit))
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


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length <= limit:
                body += chunk
            elif length > limit * DRAINED:
                break
    except ClientDisconnect:
        # Nobody is there to read this.
        raise Refused(400, "the request ended too soon") from None
    if length > limit:
        raise Refused(413, f"a request has at most {limit} bytes")
    return bytes(body)
