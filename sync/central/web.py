"""The live page over HTTP: the page itself, its events, and the files that it names."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sync.central.board import Board
from sync.central.pages import ASSETS, BEAT, BUILD, change, page
from sync.central.words import language_for

RETRY_S = 5
FOREVER = "public, max-age=31536000, immutable"
AcceptLanguage = Annotated[str, Header()]
AcceptEncoding = Annotated[str, Header()]


def page_routes(board: Board) -> APIRouter:
    """The live page's routes around a board."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def passages(
        lang: str = "", accept_language: AcceptLanguage = "", accept_encoding: AcceptEncoding = ""
    ) -> Response:
        packed = _takes_gzip(accept_encoding)
        body = page(await board.current(), language_for(lang, accept_language), packed=packed)
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Accept-Language"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type="text/html")

    @router.get("/live")
    async def live(
        lang: str = "",
        seen: Annotated[str, Query(max_length=64)] = "",
        accept_language: AcceptLanguage = "",
        last_event_id: Annotated[str, Header(max_length=64)] = "",
    ) -> Response:
        return _Live(board, language_for(lang, accept_language), last_event_id or seen)

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

    def __init__(self, board: Board, language: str, seen: str) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(_stream(board, language, seen), headers=headers, media_type="text/event-stream")
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._board.place() as granted:
            if granted:
                await super().__call__(scope, receive, send)
                return
        full = JSONResponse({"error": "too many are listening"}, 503, headers={"Retry-After": str(RETRY_S)})
        await full(scope, receive, send)


async def _stream(board: Board, language: str, seen: str) -> AsyncIterator[bytes]:
    yield BEAT
    build, _, version = seen.partition("-")
    async for news in board.changes(version if build == BUILD else ""):
        yield BEAT if news is None else change(news[0], language, news[1])


def _takes_gzip(accept_encoding: str) -> bool:
    for part in accept_encoding.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
