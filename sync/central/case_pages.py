"""The list of cases, the page of one, and the same as JSON: for each what is next, whose turn it is, by when.

GET  /cases                                      the list
GET  /cases/{compound}/{device}/{log_id}/{seq}   one case, with a form for each act that may follow
POST /cases/{compound}/{device}/{log_id}/{seq}   records an act under the name of whoever is signed in
GET  /api/v1/cases                               states, times and roles, and nobody's name
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import RedirectResponse, Response

from kiosk.cases import OutOfOrder
from sync.central.access import NotAllowed
from sync.central.body import Refused
from sync.central.case_entries import Entry, entry_of
from sync.central.case_views import case_page, cases_page
from sync.central.cases import Opened, Overtaken, act, cases, find
from sync.central.holdings import EventName, NoSuchEvent
from sync.central.staff.door import Fields, NotTheirs, SignedIn
from sync.central.staff.pages import HEADERS
from sync.central.staff.sessions import Person
from sync.central.store import Store
from sync.central.words import language_for
from sync.wire import LOG_ID, NAME

Name = Annotated[str, Path(pattern=NAME)]
LogId = Annotated[str, Path(pattern=LOG_ID)]
Seq = Annotated[int, Path(ge=1, lt=2**53)]
AcceptLanguage = Annotated[str, Header()]
CASE = "/cases/{compound}/{device}/{log_id}/{seq}"


def case_routes(store: Store, wall_us: Callable[[], int]) -> APIRouter:
    """The routes around a store."""
    router = APIRouter()

    @router.get("/cases", include_in_schema=False)
    def listed(person: SignedIn, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        with store.engine.connect() as connection:
            found = cases(connection, person.scope)
        return _page(cases_page(found, language_for(lang, accept_language), wall_us(), person))

    @router.get(CASE, include_in_schema=False)
    def one(
        compound: Name,
        device: Name,
        log_id: LogId,
        seq: Seq,
        person: SignedIn,
        lang: str = "",
        said: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        found = _found(store, EventName(compound, device, log_id, seq))
        told = "done" if said == "done" else ""
        return _page(case_page(found, language_for(lang, accept_language), wall_us(), person, said=told))

    @router.post(CASE, include_in_schema=False)
    def take(
        compound: Name,
        device: Name,
        log_id: LogId,
        seq: Seq,
        person: SignedIn,
        sent: Fields,
        lang: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        name, language, now_us = EventName(compound, device, log_id, seq), language_for(lang, accept_language), wall_us()
        entry = entry_of(sent)
        if entry is None:
            raise Refused(422, "this is no entry about a case")
        try:
            if not entry.wrong:
                _record(store, name, entry, person, now_us)
                return RedirectResponse(
                    f"/cases/{name}?lang={language}&said=done", 303, headers={"Cache-Control": "no-store"}
                )
            now = _found(store, name)
        except NotAllowed as error:
            raise NotTheirs("this act is for another role") from error
        except NoSuchEvent as error:
            raise Refused(404, "there is no such case") from error
        except Overtaken as error:
            return _page(case_page(error.now, language, now_us, person, entry=entry, said="overtaken"), 409)
        except OutOfOrder:
            now = _found(store, name)
            return _page(case_page(now, language, now_us, person, entry=entry, said="out_of_order"), 409)
        return _page(case_page(now, language, now_us, person, entry=entry), 422)

    @router.get("/api/v1/cases")
    def told(compound: Annotated[str, Query(pattern=NAME)]) -> dict[str, Any]:
        now_us = wall_us()
        with store.engine.connect() as connection:
            return {"cases": [one.told(now_us) for one in cases(connection, compound)], "now_us": now_us}

    return router


def _record(store: Store, name: EventName, entry: Entry, person: Person, now_us: int) -> None:
    """Record an act, once: sent twice by the same person it is done already."""
    asker = person.account.asker(entry.reason)
    try:
        act(store.engine, name, entry.deed, asker, now_us, to=entry.to, body_c=entry.body_c, seen=entry.seen)
    except Overtaken as error:
        steps = error.now.case.steps[entry.seen :]
        if [(step.act, step.who) for step in steps] != [(entry.deed, asker.who)]:
            raise


def _found(store: Store, name: EventName) -> Opened:
    with store.engine.connect() as connection:
        try:
            return find(connection, name)
        except NoSuchEvent as error:
            raise Refused(404, "there is no such case") from error


def _page(body: bytes, status: int = 200) -> Response:
    return Response(body, status, HEADERS, media_type="text/html")
