"""The server's HTTP interface for kiosks, for readers of events and for whoever watches the server itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from sync.central.authentication import Authentication, Caller
from sync.central.board import Board
from sync.central.body import Refused
from sync.central.case_pages import case_routes
from sync.central.device_pages import device_routes
from sync.central.downward import downward_routes
from sync.central.enrolment_routes import Enrolling, enrolment_routes
from sync.central.forms.routes import form_routes
from sync.central.forms.store import Forms
from sync.central.headers import SecurityHeaders
from sync.central.housekeeping import Housekeeping
from sync.central.metrics import Metrics
from sync.central.office import Office
from sync.central.publishing import Documents
from sync.central.residents.web import ResidentPages
from sync.central.store import Store
from sync.central.web import page_routes
from sync.enrolment_wire import Why
from sync.wire import LOG_ID, NAME, WIRE, NotOnTheWire, Standing, decode_upload, encode_standing

MAX_EVENTS = 10_000
"""The most events of one upload; a kiosk that is refused for it sends fewer."""
APPENDING = 4
"""So many uploads are taken in at once; the others wait without keeping readers from their threads."""

Name = Annotated[str, Path(pattern=NAME)]
LogId = Annotated[str, Path(pattern=LOG_ID)]


def create_app(
    store: Store,
    board: Board,
    housekeeping: Housekeeping,
    metrics: Metrics,
    authentication: Authentication,
    enrolling: Enrolling,
    documents: Documents,
    office: Office,
    forms: Forms,
    residents: ResidentPages,
    wall_us: Callable[[], int],
) -> FastAPI:
    """Build the application around an open store, the page's board, the server's chores, its figures, and what comes down."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        store.watch(board.poke)
        reading = asyncio.create_task(board.run(), name="board")
        keeping = asyncio.create_task(housekeeping.run(board.closing), name="housekeeping")
        posting = asyncio.create_task(office.run(), name="office")
        try:
            yield
        finally:
            board.close()
            housekeeping.stop()
            office.close()
            await reading
            await keeping
            await posting

    app = FastAPI(title="Gatepost central", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(SecurityHeaders)
    _add_refusals(app, wall_us)
    _add_logs(app, store, metrics, authentication)
    app.include_router(enrolment_routes(enrolling, authentication, board.closing, wall_us))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> Response:
        if board.closing.is_set():
            return _refusal(503, "the server is on its way down")
        store.check()
        return JSONResponse({"status": "ready"})

    app.include_router(page_routes(board))
    app.include_router(form_routes(forms, residents.consents, board.closing))
    app.include_router(residents.routes(board.closing))
    app.include_router(device_routes(store))
    app.include_router(case_routes(store, wall_us))
    app.include_router(downward_routes(documents, office, authentication))
    return app


def _add_logs(app: FastAPI, store: Store, metrics: Metrics, authentication: Authentication) -> None:
    appending = CapacityLimiter(APPENDING)

    @app.get("/api/v1/logs/{device}/{log_id}")
    def standing(
        device: Name,
        log_id: LogId,
        compound: Annotated[str, Query(pattern=NAME)],
        caller: Annotated[Caller, Depends(authentication)],
    ) -> Response:
        if caller.compound != compound:
            raise Refused(403, "the log is of another compound", Why.NOT_YOURS)
        authentication.admit(caller, device)
        return _standing(store.standing(compound, device, log_id), 200)

    @app.post("/api/v1/logs/{device}/{log_id}")
    async def upload(
        device: Name,
        log_id: LogId,
        gatepost_compound: Annotated[str, Header(pattern=NAME)],
        caller: Annotated[Caller, Depends(authentication)],
    ) -> Response:
        def append() -> tuple[bool, Standing]:
            authentication.admit(caller, device)
            sent, members = decode_upload(caller.body)
            if sent.wire > WIRE:
                raise Refused(400, f"this server reads wire {WIRE}")
            if len(sent.events) > MAX_EVENTS:
                raise Refused(413, f"an upload has at most {MAX_EVENTS} events")
            began = time.monotonic()
            fitted, now = store.append(gatepost_compound, device, log_id, sent, members)
            metrics.uploaded(len(sent.events), fitted, now, time.monotonic() - began)
            return fitted, now

        fitted, now = await to_thread.run_sync(append, limiter=appending)
        return _standing(now, 200 if fitted else 409)

    @app.get("/api/v1/logs")
    def logs() -> dict[str, Any]:
        return {"logs": store.logs()}

    @app.get("/api/v1/events")
    def read(
        compound: Annotated[str, Query(pattern=NAME)],
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> Any:
        found = store.since(compound, after, limit)
        return {"events": found, "next": found[-1]["arrival"] if len(found) == limit else None}


def _add_refusals(app: FastAPI, wall_us: Callable[[], int]) -> None:
    """Everything that is not answered is refused in the same form: one sentence, nothing of what was sent."""

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        # What is left of the body is not waited for.
        headers = {"Connection": "close"}
        if error.why is None:
            return _refusal(error.status, str(error), headers)
        told: dict[str, Any] = {"error": str(error), "reason": error.why}
        if error.why is Why.STALE:
            told["time_us"] = wall_us()
        return JSONResponse(told, error.status, headers=headers)

    @app.exception_handler(NotOnTheWire)
    async def not_on_the_wire(_: Request, error: NotOnTheWire) -> Response:
        return _refusal(400, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        places = sorted({" ".join(map(str, found["loc"])) for found in error.errors()})
        return _refusal(422, f"missing or not as it must be: {', '.join(places)}")

    @app.exception_handler(HTTPException)
    async def elsewhere(_: Request, error: HTTPException) -> Response:
        return _refusal(error.status_code, error.detail, error.headers)

    @app.exception_handler(SQLAlchemyError)
    async def database(_: Request, __: SQLAlchemyError) -> Response:
        # A kiosk keeps what it has and comes again.
        return _refusal(503, "the database cannot be used now")


def _standing(standing: Standing, status: int) -> Response:
    return Response(encode_standing(standing), status, media_type="application/json")


def _refusal(status: int, sentence: str, headers: Any = None) -> Response:
    return JSONResponse({"error": sentence}, status, headers=headers)
