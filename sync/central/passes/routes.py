"""Passes over HTTP, for managers.

GET  /passes                               the passes that there are, and the form of a new one
POST /passes                               issues one, and goes to it
GET  /passes/{compound}/{pass_id}          one pass, to be printed
POST /passes/{compound}/{pass_id}/revoke   takes it back
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from kiosk.errors import UsageError
from sync.central.body import Refused
from sync.central.document_key import KeyUnusable
from sync.central.passes.entries import Entry, blank, entry_of
from sync.central.passes.issuing import Issued, NoKey, NoSuchPass, Passes
from sync.central.passes.pages import pass_page, passes_page
from sync.central.schema import compound as compounds
from sync.central.staff.accounts import EVERYWHERE
from sync.central.staff.door import Fields, NotTheirs, SignedIn
from sync.central.staff.pages import HEADERS
from sync.central.staff.sessions import Person
from sync.central.store import Store
from sync.central.words import language_for
from sync.wire import NAME

Name = Annotated[str, Path(pattern=NAME)]
PassId = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")]
AcceptLanguage = Annotated[str, Header()]
ONE = "/passes/{compound}/{pass_id}"


def pass_routes(store: Store, passes: Passes, wall_us: Callable[[], int]) -> APIRouter:
    """The routes around the passes of one server."""
    router = APIRouter(include_in_schema=False)

    def show(person: Person, entry: Entry, language: str, status: int = 200, said: str = "") -> Response:
        found, problem = passes.listed(person.scope), passes.key_problem()
        known = [person.scope] if person.scope is not None else _compounds(store)
        page = passes_page(found, entry, language, wall_us(), person, known, problem=problem, said=said)
        return _page(page, status)

    def found(compound: str, pass_id: str) -> Issued:
        try:
            return passes.find(compound, pass_id)
        except NoSuchPass as error:
            raise Refused(404, "there is no such pass") from error

    @router.get("/passes")
    def listed(person: SignedIn, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        known = _compounds(store)
        first = person.scope or (known[0] if len(known) == 1 else "")
        return show(person, blank(first, _today(wall_us)), language_for(lang, accept_language))

    @router.post("/passes")
    def issue(person: SignedIn, sent: Fields, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language, entry = language_for(lang, accept_language), entry_of(sent, person.scope, _today(wall_us))
        if not person.sees(entry.typed["compound"]):
            raise NotTheirs("another compound")
        if entry.wrong:
            return show(person, entry, language, 422, "mistakes")
        try:
            made = passes.issue(entry, person.account)
        except (NoKey, KeyUnusable):
            return show(person, entry, language, 503, "unsigned")
        except UsageError:
            return show(person, entry, language, 422, "too_much")
        return _onward(made, language, "issued")

    @router.get(ONE)
    def one(
        compound: Name,
        pass_id: PassId,
        person: SignedIn,
        lang: str = "",
        said: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        issued, language = found(compound, pass_id), language_for(lang, accept_language)
        told = said if said in {"issued", "revoked"} else ""
        try:
            text = passes.text(issued)
        except NoKey:
            text, told = None, told or ("" if issued.revoked_us is not None else "unsigned")
        return _page(pass_page(issued, text, language, wall_us(), person, said=told))

    @router.post(f"{ONE}/revoke")
    def revoke(
        compound: Name, pass_id: PassId, person: SignedIn, lang: str = "", accept_language: AcceptLanguage = ""
    ) -> Response:
        issued, language = found(compound, pass_id), language_for(lang, accept_language)
        try:
            passes.revoke(issued, person.account)
        except KeyUnusable as error:
            raise Refused(503, "the document key cannot be used now, and so no pass taken back") from error
        return _onward(issued, language, "revoked")

    return router


def _compounds(store: Store) -> list[str]:
    with store.engine.connect() as connection:
        query = select(compounds.c.compound).where(compounds.c.compound != EVERYWHERE).order_by(compounds.c.compound)
        return list(connection.execute(query).scalars())


def _today(wall_us: Callable[[], int]) -> date:
    """The day in the zone in which the server is."""
    return datetime.fromtimestamp(wall_us() // 1_000_000, UTC).astimezone().date()


def _onward(issued: Issued, language: str, said: str) -> Response:
    there = f"/passes/{issued.compound}/{issued.pass_id}?lang={language}&said={said}"
    return RedirectResponse(there, 303, headers={"Cache-Control": "no-store"})


def _page(body: bytes, status: int = 200) -> Response:
    return Response(body, status, HEADERS, media_type="text/html")
