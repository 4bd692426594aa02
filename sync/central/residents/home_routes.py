"""A resident's own page over HTTP.

GET  /h/{token}         invitations, the form for another, and the visits to their home
POST /h/{token}         `act`: `invite`, or `revoke` with the `pass`
GET  /g/{token}         the pass of an invitation, for whoever it was forwarded to
GET, POST /home/{compound}   asks for a link, which goes to the addresses that are registered
"""

import asyncio
from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import APIRouter, BackgroundTasks, Header, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from kiosk.errors import GatepostError, UsageError
from kiosk.lines import get_logger
from sync.central.body import Refused, read_body
from sync.central.residents.consents import NoQuestion, Why
from sync.central.residents.couriers import NotDelivered
from sync.central.residents.home_pages import ask_page, guest_page, home_page
from sync.central.residents.homes import Home, Homes
from sync.central.residents.invitations import Wrong
from sync.central.residents.notice import Notice, home_notice
from sync.central.residents.pages import bad_page
from sync.central.residents.routes import STATUS, page
from sync.central.words import language_for
from sync.wire import NAME

MAX_TYPED = 8192
MOST_FIELDS = 12

AcceptLanguage = Annotated[str, Header()]
Bring = Callable[[str, Notice], None]
"""Delivers a notice to a target. Raises NotDelivered."""


def home_routes(homes: Homes, bring: Bring, closing: asyncio.Event) -> APIRouter:
    """The routes around the residents' pages of one server."""
    router = APIRouter(include_in_schema=False)

    @router.get("/h/{token}")
    def see(request: Request, token: str, lang: str = "", done: str = "", accept_language: AcceptLanguage = "") -> Response:
        language = language_for(lang, accept_language)

        def show() -> Response:
            home = homes.open(token, _address(request))
            return page(_home(homes, home, token, language, {}, {}, done if done in {"made", "taken_back"} else None))

        return _answer(show, language)

    @router.post("/h/{token}")
    async def act(request: Request, token: str, accept_language: AcceptLanguage = "") -> Response:
        typed = await _typed(request, closing)
        if isinstance(typed, Why):
            return page(bad_page(typed, language_for("", accept_language)), STATUS[typed])
        language = language_for(typed.get("language", ""), accept_language)

        def do() -> Response:
            home = homes.open(token, _address(request))
            onward = f"/h/{token}?lang={language}&done="
            if typed.get("act") == "revoke":
                homes.invitations.revoke(home.compound, typed.get("pass", ""), home.unit_digest)
                return _onward(onward + "taken_back")
            try:
                homes.invitations.make(home.resident, home.compound, home.unit_digest, typed)
            except Wrong as found:
                return page(_home(homes, home, token, language, typed, found.wrong, None), 422)
            return _onward(onward + "made")

        return await to_thread.run_sync(_answer, do, language)

    @router.get("/g/{token}")
    def guest(request: Request, token: str, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language = language_for(lang, accept_language)

        def show() -> Response:
            compound, one = homes.invited(token, _address(request))
            text = homes.invitations.pass_of(compound, one, language)
            if text is None:
                raise NoQuestion(Why.LOST)
            return page(guest_page(one, text, language, homes.invitations.zone))

        return _answer(show, language)

    @router.get("/home/{compound}")
    def ask(compound: Annotated[str, Path(pattern=NAME)], lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        return page(ask_page(language_for(lang, accept_language), f"/home/{compound}", done=False))

    @router.post("/home/{compound}")
    async def asked(
        request: Request,
        compound: Annotated[str, Path(pattern=NAME)],
        later: BackgroundTasks,
        accept_language: AcceptLanguage = "",
    ) -> Response:
        typed = await _typed(request, closing)
        if isinstance(typed, Why):
            return page(bad_page(typed, language_for("", accept_language)), STATUS[typed])
        language = language_for(typed.get("language", ""), accept_language)

        def find() -> Response:
            for one, link in homes.wanted(compound, typed.get("unit", ""), typed.get("name", ""), _address(request)):
                notice = home_notice(compound, one.language, f"{link}?lang={one.language}")
                for target in one.targets:
                    later.add_task(_bring, bring, target, notice)
            return page(ask_page(language, f"/home/{compound}", done=True))

        answer = await to_thread.run_sync(_answer, find, language)
        answer.background = later
        return answer

    return router


def _home(
    homes: Homes, home: Home, token: str, language: str, typed: dict[str, str], wrong: dict[str, str], done: str | None
) -> bytes:
    invitations = homes.invitations
    standing = [(one, homes.guest_link(home, one)) for one in invitations.standing(home.compound, home.unit_digest)]
    return home_page(
        home,
        language,
        f"/h/{token}",
        standing,
        homes.visits(home),
        typed or invitations.usual(),
        wrong,
        invitations.zone,
        possible=invitations.possible,
        done=done,
    )


async def _typed(request: Request, closing: asyncio.Event) -> dict[str, str] | Why:
    try:
        body = await read_body(request, MAX_TYPED, closing)
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except Refused as refused:
        return Why.TOO_LARGE if refused.status == 413 else Why.LOST
    except ValueError:
        return Why.TOO_LARGE


def _bring(bring: Bring, target: str, notice: Notice) -> None:
    """Bring a link once: whoever misses it asks again."""
    try:
        bring(target, notice)
    except NotDelivered as failed:
        get_logger().warning("link not delivered", compound=notice.compound, kind=failed.kind)


def _onward(to: str) -> Response:
    return RedirectResponse(to, 303, headers={"Cache-Control": "no-store"})


def _answer(make: Callable[[], Response], language: str) -> Response:
    try:
        return make()
    except NoQuestion as none:
        return page(bad_page(none.why, language), STATUS.get(none.why, 404))
    except UsageError:
        return page(bad_page(Why.TOO_LARGE, language), STATUS[Why.TOO_LARGE])
    except (SQLAlchemyError, GatepostError):
        return page(bad_page(Why.LOST, language), STATUS[Why.LOST])


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
