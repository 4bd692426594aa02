"""The routes by which kiosks learn what comes down: documents by `since`, and news as soon as there are some."""

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from sync.central.authentication import Authentication, Caller
from sync.central.body import Refused
from sync.central.document_key import KeyUnusable
from sync.central.office import Full, Office
from sync.central.publishing import Documents
from sync.central.recipients import Recipient
from sync.downward.message import LONGEST_WAIT_S, WAIT_S
from sync.downward.publication import MAX_PAGE, WIRE, GivenBack, Page, paged
from sync.downward.signing import NotSigned
from sync.enrolment_wire import Why
from sync.wire import NAME

CURSOR = r"^([0-9]{16}-[0-9a-f]{16,32})?$"
RETRY_S = 5
HERE = b" "
"""Sent at once: whoever waits knows that it is heard, and can hang up. JSON may begin with it."""
NO_NEWS = b'{"error": "the database cannot be used now"}'

Name = Annotated[str, Query(pattern=NAME)]
Number = Annotated[int, Query(ge=0, le=2**53 - 1)]


def downward_routes(documents: Documents, office: Office, authentication: Authentication) -> APIRouter:
    """The routes around the documents and the waiting room: each tells a kiosk what is for that gate."""
    router = APIRouter(prefix="/api/v1")
    known, known_with_documents = Depends(authentication), Depends(authentication.up_to(MAX_PAGE))

    @router.get("/documents")
    def since(
        caller: Annotated[Caller, known],
        compound: Name,
        gate: Name,
        nonce: Annotated[str, Query(pattern="^[0-9a-f]{16,64}$")],
        since: Number = 0,
    ) -> Response:
        _see_theirs(caller, compound, gate)
        try:
            # The standing last: it must not vouch for less than what goes with it.
            some, more = paged(documents.since(compound, gate, since))
            standing = documents.standing(compound, gate, nonce)
        except KeyUnusable as error:
            raise Refused(503, "the server's document key cannot be used now") from error
        page = Page(wire=WIRE, standing=standing, documents=[one.sent for one in some], more=more)
        return Response(msgspec.json.encode(page), media_type="application/json", headers={"Cache-Control": "no-store"})

    @router.post("/documents")
    async def give_back(caller: Annotated[Caller, known_with_documents], compound: Name, gate: Name) -> Response:
        _see_theirs(caller, compound, gate)

        def take() -> int:
            given = msgspec.json.decode(caller.body, type=GivenBack)
            return documents.take_back(compound, gate, given.documents)

        try:
            taken = await to_thread.run_sync(take)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, NotSigned) as error:
            raise Refused(422, "these are no documents of this server") from error
        except KeyUnusable as error:
            raise Refused(503, "the server's document key cannot be used now") from error
        return JSONResponse({"taken": taken})

    @router.get("/now")
    async def now(
        caller: Annotated[Caller, known],
        compound: Name,
        gate: Name,
        after: Annotated[str, Query(pattern=CURSOR)] = "",
        number: Number = 0,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = WAIT_S,
    ) -> Response:
        _see_theirs(caller, compound, gate)
        # Two devices may share a gate: each hears what is said to itself.
        device = gate if caller.place is None else caller.place.device
        return _Waiting(office, Recipient(compound, gate, device), after, number, wait)

    return router


def _see_theirs(caller: Caller, compound: str, gate: str) -> None:
    """See that whoever asks stands at that gate. Raises Refused."""
    if caller.compound != compound or (caller.place is not None and caller.place.gate != gate):
        raise Refused(403, "this is for another gate", Why.NOT_YOURS)


class _Waiting(StreamingResponse):
    """The answer of one who waits; 503 when no place is free."""

    def __init__(self, office: Office, who: Recipient, after: str, number: int, wait_s: float) -> None:
        super().__init__(self._news(), headers={"Cache-Control": "no-store"}, media_type="application/json")
        self._office = office
        self._asked = (who, after, number)
        self._wait_s = wait_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._office.place(*self._asked) as self._waiter:
                await super().__call__(scope, receive, send)
        except Full:
            full = JSONResponse({"error": "too many are waiting"}, 503, headers={"Retry-After": str(RETRY_S)})
            await full(scope, receive, send)

    async def _news(self) -> AsyncIterator[bytes]:
        yield HERE
        try:
            yield msgspec.json.encode(await self._office.news(self._waiter, self._wait_s))
        except SQLAlchemyError:
            yield NO_NEWS
