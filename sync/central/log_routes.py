"""The logs by HTTP, for kiosks: where one ends, and an upload."""

import time
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import Response

from sync.central.authentication import Authentication, Caller
from sync.central.body import Refused
from sync.central.metrics import Metrics
from sync.central.store import Store
from sync.enrolment_wire import Why
from sync.wire import LOG_ID, NAME, WIRE, Standing, decode_upload, encode_standing

MAX_EVENTS = 10_000
"""The most events of one upload; a kiosk that is refused for it sends fewer."""
APPENDING = 4
"""So many uploads are taken in at once; the others wait without keeping readers from their threads."""

Name = Annotated[str, Path(pattern=NAME)]
LogId = Annotated[str, Path(pattern=LOG_ID)]


def log_routes(store: Store, metrics: Metrics, authentication: Authentication) -> APIRouter:
    """Build the routes over an open store; who sends is recognised by `authentication`."""
    routes, appending = APIRouter(), CapacityLimiter(APPENDING)

    @routes.get("/api/v1/logs/{device}/{log_id}")
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

    @routes.post("/api/v1/logs/{device}/{log_id}")
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

    return routes


def _standing(standing: Standing, status: int) -> Response:
    return Response(encode_standing(standing), status, media_type="application/json")
