"""The live page over HTTP: the page itself, its events, and the files that it names."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from sync.central.board import Board
from sync.central.boards import Boards
from sync.central.pages import ASSETS, BEAT, BUILD, OVER, change, page
from sync.central.staff.door import Door, SignedIn
from sync.central.staff.pages import HEADERS
from sync.central.words import language_for

RETRY_S = 5
FOREVER = "public, max-age=31536000, immutable"
AcceptLanguage = Annotated[str, Header()]
AcceptEncoding = Annotated[str, Header()]


def page_routes(boards: Boards, door: Door) -> APIRouter:
    """The live page's routes around the boards; the door says whether a listener is signed in still."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def passages(
        person: SignedIn, lang: str = "", accept_language: AcceptLanguage = "", accept_encoding: AcceptEncoding = ""
    ) -> Response:
        packed = _takes_gzip(accept_encoding)
        snapshot = await boards.of(person.scope).current()
        body = page(snapshot, language_for(lang, accept_language), person.account.role, packed=packed)
        headers = {**HEADERS, "Vary": "Accept-Encoding, Accept-Language, Cookie"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type="text/html")

    @router.get("/live")
    async def live(
        request: Request,
        person: SignedIn,
        lang: str = "",
        seen: Annotated[str, Query(max_length=64)] = "",
        accept_language: AcceptLanguage = "",
        last_event_id: Annotated[str, Header(max_length=64)] = "",
    ) -> Response:
        board = boards.of(person.scope)
        stream = _stream(board, language_for(lang, accept_language), last_event_id or seen, lambda: door.still(request))
        return _Live(boards, board, stream)

    @router.get("/static/{build}/{name}")
    async def static(build: str, name: str, accept_encoding: AcceptEncoding = "") -> Response:
        asset = ASSETS.get(name)
        if asset is None:
            return JSONResponse({"error": "there is nothing here"}, 404)
        # A page of an older server may still ask; what it gets is not what it named, so nobody shall keep it.
        headers = {"Cache-Control": FOREVER if build == BUILD else "no-store", "Vary": "Accept-Encoding"}
        if packed := _takes_gzip(accept_encoding):
            headers["Content-Encoding"] = "gzip"
        return Response(asset.packed if packed else asset.body, headers=headers, media_type=asset.type)

    return router


class _Live(StreamingResponse):
    """The page's events for one listener, for as long as both sides last; 503 when no place is free."""

    def __init__(self, boards: Boards, board: Board, stream: AsyncIterator[bytes]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(stream, headers=headers, media_type="text/event-stream")
        self._boards = boards
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._boards.place(self._board) as granted:
            if granted:
                await super().__call__(scope, receive, send)
                return
        full = JSONResponse({"error": "too many are listening"}, 503, headers={"Retry-After": str(RETRY_S)})
        await full(scope, receive, send)


async def _stream(board: Board, language: str, seen: str, still: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """The events for one listener, who is asked for at each beat: somebody signed out hears nothing more."""
    yield BEAT
    build, _, version = seen.partition("-")
    asked_at = time.monotonic()
    async for news in board.changes(version if build == BUILD else ""):
        if time.monotonic() - asked_at >= board.beat_s:
            asked_at = time.monotonic()
            if not await _signed_in(still):
                yield OVER
                return
        yield BEAT if news is None else change(news[0], language, news[1])


async def _signed_in(still: Callable[[], Awaitable[bool]]) -> bool:
    """A database that cannot be asked just now sends nobody away."""
    try:
        return await still()
    except SQLAlchemyError:
        return True


def _takes_gzip(accept_encoding: str) -> bool:
    for part in accept_encoding.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
