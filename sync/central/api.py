"""The server's HTTP interface for kiosks, for readers of events and for whoever watches the server itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from sync.central.authentication import Authentication
from sync.central.boards import Boards
from sync.central.body import Refused
from sync.central.case_pages import case_routes
from sync.central.device_pages import device_routes
from sync.central.downward import downward_routes
from sync.central.enrol_pages import enrol_routes
from sync.central.enrolment_routes import Enrolling, enrolment_routes
from sync.central.forms.routes import form_routes
from sync.central.forms.store import Forms
from sync.central.gate_pages import gate_routes
from sync.central.gates import Orders
from sync.central.headers import SecurityHeaders
from sync.central.housekeeping import Housekeeping
from sync.central.log_routes import log_routes
from sync.central.metrics import Metrics
from sync.central.office import Office
from sync.central.passes.issuing import Passes
from sync.central.passes.routes import pass_routes
from sync.central.publishing import Documents
from sync.central.residents.web import ResidentPages
from sync.central.rules.routes import rules_routes
from sync.central.staff.door import Door, SignedIn
from sync.central.staff.routes import add_turned_away, staff_routes, told_to_people
from sync.central.staff.signing import Signing
from sync.central.store import Store
from sync.central.web import page_routes
from sync.enrolment_wire import Why
from sync.wire import NAME, NotOnTheWire


def create_app(
    store: Store,
    boards: Boards,
    housekeeping: Housekeeping,
    metrics: Metrics,
    authentication: Authentication,
    enrolling: Enrolling,
    documents: Documents,
    office: Office,
    forms: Forms,
    signing: Signing,
    passes: Passes,
    orders: Orders,
    residents: ResidentPages,
    wall_us: Callable[[], int],
) -> FastAPI:
    """Build the application around an open store, the page's boards, the server's chores, and all that it answers with."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        store.watch(boards.poke)
        reading = asyncio.create_task(boards.run(), name="boards")
        keeping = asyncio.create_task(housekeeping.run(boards.closing), name="housekeeping")
        posting = asyncio.create_task(office.run(), name="office")
        try:
            yield
        finally:
            boards.close()
            housekeeping.stop()
            office.close()
            await reading
            await keeping
            await posting

    door = Door(store.engine, boards.closing, wall_us)
    app = FastAPI(
        title="Gatepost central",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        # Every route there is, whoever adds it, is behind the door.
        dependencies=[Depends(door)],
    )
    app.add_middleware(SecurityHeaders)
    _add_refusals(app, wall_us)
    add_turned_away(app)
    _add_logs(app, store, metrics, authentication)
    app.include_router(enrolment_routes(enrolling, authentication, boards.closing, wall_us))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz(request: Request) -> Response:
        if boards.closing.is_set():
            return _refusal(request, 503, "the server is on its way down")
        store.check()
        return JSONResponse({"status": "ready"})

    app.include_router(staff_routes(signing, boards.closing))
    app.include_router(page_routes(boards, door))
    app.include_router(form_routes(forms, residents.consents, boards.closing))
    app.include_router(residents.routes(boards.closing))
    app.include_router(device_routes(store))
    app.include_router(enrol_routes(store.engine, enrolling, wall_us))
    app.include_router(gate_routes(orders))
    app.include_router(case_routes(store, wall_us))
    app.include_router(rules_routes(store, documents, wall_us))
    app.include_router(pass_routes(store, passes, wall_us))
    app.include_router(downward_routes(documents, office, authentication))
    return app


def _add_logs(app: FastAPI, store: Store, metrics: Metrics, authentication: Authentication) -> None:
    app.include_router(log_routes(store, metrics, authentication))

    @app.get("/api/v1/logs")
    def logs(person: SignedIn) -> dict[str, Any]:
        return {"logs": store.logs(person.scope)}

    @app.get("/api/v1/events")
    def read(
        compound: Annotated[str, Query(pattern=NAME)],
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> Any:
        found = store.since(compound, after, limit)
        return {"events": found, "next": found[-1]["arrival"] if len(found) == limit else None}


def _add_refusals(app: FastAPI, wall_us: Callable[[], int]) -> None:
    """Everything that is not answered is refused in the same form: one sentence, nothing of what was sent.

    Programs get it in English, people a page of their own language.
    """

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        # What is left of the body is not waited for.
        headers = {"Connection": "close"}
        if error.why is None:
            return _refusal(request, error.status, str(error), headers)
        told: dict[str, Any] = {"error": str(error), "reason": error.why}
        if error.why is Why.STALE:
            told["time_us"] = wall_us()
        return JSONResponse(told, error.status, headers=headers)

    @app.exception_handler(NotOnTheWire)
    async def not_on_the_wire(request: Request, error: NotOnTheWire) -> Response:
        return _refusal(request, 400, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        places = sorted({" ".join(map(str, found["loc"])) for found in error.errors()})
        return _refusal(request, 422, f"missing or not as it must be: {', '.join(places)}")

    @app.exception_handler(HTTPException)
    async def elsewhere(request: Request, error: HTTPException) -> Response:
        return _refusal(request, error.status_code, error.detail, error.headers)

    @app.exception_handler(SQLAlchemyError)
    async def database(request: Request, _: SQLAlchemyError) -> Response:
        # A kiosk keeps what it has and comes again.
        return _refusal(request, 503, "the database cannot be used now")


def _refusal(request: Request, status: int, sentence: str, headers: Any = None) -> Response:
    page = told_to_people(request, status)
    if page is not None:
        page.headers.update(headers or {})
        return page
    return JSONResponse({"error": sentence}, status, headers=headers)
