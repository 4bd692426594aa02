"""Signing in and out over HTTP, one's own account, and what somebody sees whom the door does not let through.

GET  /sign-in             the form; `next`: where to go on
POST /sign-in             signs in and goes on, or shows the form with what is wrong
GET  /account             who one is, the way out, a new password
POST /account/password    a new password; every session of the account ends, and this one begins anew
POST /sign-out            ends the session
"""

import asyncio
import math
import secrets
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from kiosk.errors import UsageError
from sync.central.body import read_body
from sync.central.staff.door import (
    Fields,
    NotFromOurPage,
    NotTheirs,
    SignedIn,
    SignInNeeded,
    cookie_name,
    fields_of,
)
from sync.central.staff.pages import HEADERS, Asked, account_page, sign_in_page, turned_away_page
from sync.central.staff.passwords import wrong_with
from sync.central.staff.permissions import MAX_FIELDS_BODY
from sync.central.staff.sessions import ABSOLUTE_US, Person, csrf_of, end
from sync.central.staff.signing import Signing, TooSoon
from sync.central.words import language_for

BEFORE, SECURE_BEFORE = "gatepost_visit", "__Host-gatepost_visit"
"""Of whoever is not signed in yet: what the form of signing in proves itself with."""
HASHING = 2
"""So many passwords are checked at once: each takes 64 MiB."""
AcceptLanguage = Annotated[str, Header()]


def staff_routes(signing: Signing, closing: asyncio.Event) -> APIRouter:
    """The routes around what signs people in."""
    router = APIRouter(include_in_schema=False)
    hashing = CapacityLimiter(HASHING)

    @router.get("/sign-in")
    def form(
        request: Request,
        lang: str = "",
        onward: Annotated[str, Query(alias="next")] = "",
        out: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        said = "out" if out else ""
        return _sign_in(request, language_for(lang, accept_language), onward=_local(onward), said=said)

    @router.post("/sign-in")
    async def enter(request: Request, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language = language_for(lang, accept_language)
        sent = fields_of(await read_body(request, MAX_FIELDS_BODY, closing))
        username, onward = sent.get("username", "").strip().casefold()[:63], _local(sent.get("next", ""))
        before = _before(request)
        if not before or not secrets.compare_digest(sent.get("csrf", "").encode(), csrf_of(before).encode()):
            return _sign_in(request, language, 403, onward=onward, username=username, said="old")
        address = request.client.host if request.client is not None else ""
        try:
            cookie = await to_thread.run_sync(signing.sign_in, username, sent.get("password", ""), address, limiter=hashing)
        except TooSoon as error:
            wait_s = math.ceil(error.wait_s)
            return _sign_in(request, language, 429, onward=onward, username=username, said="wait", wait_s=wait_s)
        if cookie is None:
            return _sign_in(request, language, 401, onward=onward, username=username, said="wrong")
        return _keep(request, RedirectResponse(_in(onward, language), 303), cookie)

    @router.get("/account")
    def account(person: SignedIn, lang: str = "", said: str = "", accept_language: AcceptLanguage = "") -> Response:
        changed = "changed" if said == "changed" else ""
        return _page(account_page(person, language_for(lang, accept_language), said=changed))

    @router.post("/account/password")
    async def change(
        request: Request, person: SignedIn, sent: Fields, lang: str = "", accept_language: AcceptLanguage = ""
    ) -> Response:
        language = language_for(lang, accept_language)
        new = sent.get("new", "")
        wrong = "differ" if new != sent.get("again", "") else wrong_with(new, person.account.username)
        if wrong is not None:
            return _page(account_page(person, language, said=wrong), 422)
        address = request.client.host if request.client is not None else ""
        try:
            cookie = await to_thread.run_sync(
                signing.change_password, person, sent.get("old", ""), new, address, limiter=hashing
            )
        except (TooSoon, UsageError):
            cookie = None
        if cookie is None:
            return _page(account_page(person, language, said="wrong"), 422)
        return _keep(request, RedirectResponse(f"/account?lang={language}&said=changed", 303), cookie)

    @router.post("/sign-out")
    def leave(request: Request, person: SignedIn, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        end(signing.engine, person)
        language = language_for(lang, accept_language)
        answer = RedirectResponse(f"/sign-in?lang={language}&out=1", 303, headers={"Cache-Control": "no-store"})
        name, secure = cookie_name(request), request.url.scheme == "https"
        answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    return router


def add_turned_away(app: FastAPI) -> None:
    """Answer whoever the door does not let through: a page to people, one sentence to programs."""

    @app.exception_handler(SignInNeeded)
    async def sign_in_first(request: Request, _: SignInNeeded) -> Response:
        if _by_program(request):
            return JSONResponse({"error": "sign in first"}, 401)
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = {"next": there if request.method == "GET" else "/", "lang": _language(request)}
        return RedirectResponse(f"/sign-in?{urlencode(asked)}", 303, headers={"Cache-Control": "no-store"})

    @app.exception_handler(NotTheirs)
    async def not_theirs(request: Request, _: NotTheirs) -> Response:
        return _turned_away(request, "role", "your account may not do this")

    @app.exception_handler(NotFromOurPage)
    async def not_from_our_page(request: Request, _: NotFromOurPage) -> Response:
        return _turned_away(request, "old", "the form is of no page of this session")


_WHY = {404: "gone", 405: "gone", 410: "gone", 413: "too_large", 401: "role", 403: "role", 408: "lost", 429: "lost"}
"""Where neither: whoever sent it can mend it, below 500, or wait."""


def told_to_people(request: Request, status: int) -> Response | None:
    """A page that says in the reader's language why something was refused; None to programs, which get a sentence."""
    if _by_program(request) or "text/html" not in request.headers.get("Accept", ""):
        return None
    why = _WHY.get(status, "lost" if status >= 500 else "unfit")
    person: Person | None = getattr(request.state, "person", None)
    return _page(turned_away_page(why, _language(request), person), status)


def _turned_away(request: Request, why: str, sentence: str) -> Response:
    if _by_program(request):
        return JSONResponse({"error": sentence}, 403)
    person: Person | None = getattr(request.state, "person", None)
    return _page(turned_away_page(why, _language(request), person), 403)


def _by_program(request: Request) -> bool:
    return request.url.path.startswith("/api/") or request.url.path == "/live"


def _language(request: Request) -> str:
    return language_for(request.query_params.get("lang", ""), request.headers.get("Accept-Language", ""))


def _sign_in(
    request: Request,
    language: str,
    status: int = 200,
    *,
    onward: str,
    username: str = "",
    said: str = "",
    wait_s: int = 0,
) -> Response:
    before = _before(request) or secrets.token_urlsafe(32)
    answer = _page(sign_in_page(Asked(csrf_of(before), onward, username), language, said=said, wait_s=wait_s), status)
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    secure = request.url.scheme == "https"
    name = SECURE_BEFORE if secure else BEFORE
    answer.set_cookie(name, before, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _before(request: Request) -> str:
    return request.cookies.get(SECURE_BEFORE if request.url.scheme == "https" else BEFORE, "")


def _keep(request: Request, answer: Response, cookie: str) -> Response:
    """Let the browser keep the session, and nobody else read it."""
    answer.headers["Cache-Control"] = "no-store"
    secure, most_s = request.url.scheme == "https", ABSOLUTE_US // 1_000_000
    answer.set_cookie(cookie_name(request), cookie, most_s, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _page(body: bytes, status: int = 200) -> Response:
    return Response(body, status, HEADERS, media_type="text/html")


def _local(onward: str) -> str:
    """Where to go on, on this server and nowhere else."""
    if not onward.startswith("/") or onward.startswith(("//", "/\\", "/sign-")) or not onward.isprintable():
        return "/"
    found = urlsplit(onward)
    return "/" if found.scheme or found.netloc or "\\" in onward or len(onward) > 500 else onward


def _in(onward: str, language: str) -> str:
    """The same in the language in which somebody signed in."""
    path, _, query = onward.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("lang=")]
    return f"{path}?{'&'.join([*kept, f'lang={language}'])}"
