import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.types import Message

from sync.central.body import Refused, read_body

LIMIT = 10


def request_of(*messages: Message, then: Callable[[], Awaitable[None]] | None = None) -> Request:
    """A request whose body comes in these messages, and after them nothing."""
    coming = iter(messages)

    async def receive() -> Message:
        for message in coming:
            return message
        if then is not None:
            await then()
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def read(request: Request, closing: asyncio.Event | None = None, within_s: float = 20.0) -> bytes:
    return asyncio.run(read_body(request, LIMIT, closing or asyncio.Event(), within_s))


def refusal(request: Request, closing: asyncio.Event | None = None, within_s: float = 20.0) -> int:
    with pytest.raises(Refused) as caught:
        read(request, closing, within_s)
    return caught.value.status


def test_a_body_is_put_together_up_to_its_limit() -> None:
    assert read(request_of(piece(b"01234"), piece(b"56789", more=False))) == b"0123456789"


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([piece(b"01234"), piece(b"567890", more=False)], 413),
        ([piece(b"0" * 5000)], 413),
        ([piece(b"0"), {"type": "http.disconnect"}], 400),
    ],
    ids=["one byte too many", "far too many and no end", "cut off"],
)
def test_what_is_too_much_or_too_little_is_refused(messages: list[Message], status: int) -> None:
    assert refusal(request_of(*messages)) == status


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    assert refusal(request_of(piece(b"0")), within_s=0.01) == 408


def test_a_body_that_is_not_there_when_the_server_goes_down_is_not_waited_for() -> None:
    closing = asyncio.Event()

    async def close() -> None:
        closing.set()

    assert refusal(request_of(piece(b"0"), then=close), closing) == 503
