"""The server's HTTP interface for kiosks and for readers of events."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from sync.central.store import Store
from sync.central.web import add_pages
from sync.wire import LOG_ID, MAX_BODY, NAME, WIRE, NotOnTheWire, decode_upload, encode_standing

Name = Annotated[str, Path(pattern=NAME)]
LogId = Annotated[str, Path(pattern=LOG_ID)]
Answer = Callable[..., Any]


def create_app(store: Store, *, simulation_allowed: bool) -> FastAPI:
    """Build the application around an open store."""
    app = FastAPI(title="Gatepost central", docs_url=None, redoc_url=None)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/logs/{device}/{log_id}")
    def standing(device: Name, log_id: LogId, compound: Annotated[str, Query(pattern=NAME)]) -> Response:
        return _json(encode_standing(store.standing(compound, device, log_id)), 200)

    @app.post("/api/v1/logs/{device}/{log_id}")
    async def upload(
        request: Request,
        device: Name,
        log_id: LogId,
        gatepost_compound: Annotated[str, Header(pattern=NAME)],
        gatepost_simulated: Annotated[str, Header()] = "0",
    ) -> Response:
        if gatepost_simulated != "0" and not simulation_allowed:
            return _refuse(403, "this server takes no simulated kiosks")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                return _refuse(413, f"an upload has at most {MAX_BODY} bytes")
        try:
            sent, _ = decode_upload(bytes(body))
        except NotOnTheWire as error:
            return _refuse(400, str(error))
        if sent.wire > WIRE:
            return _refuse(400, f"this server reads wire {WIRE}")
        fitted, now = await run_in_threadpool(store.append, gatepost_compound, device, log_id, sent)
        return _json(encode_standing(now), 200 if fitted else 409)

    @app.get("/api/v1/events")
    def read(after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> dict[str, Any]:
        found = store.since(after, limit)
        return {"events": found, "next": found[-1]["arrival"] if len(found) == limit else None}

    add_pages(app, store)
    return app


def _json(body: bytes, status: int) -> Response:
    return Response(body, status, media_type="application/json")


def _refuse(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)
