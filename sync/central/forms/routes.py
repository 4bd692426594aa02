"""The visitor's form over HTTP.

GET  /f/{token}          the form
POST /f/{token}          with `send`: keeps it and goes to the answer, or shows it with what is wrong;
without: shows it in another language, with all that was typed
GET  /f/{token}/{key}    the answer, for whoever has sent it
POST /f/{token}/{key}    the letter of undertaking, where one is wanted: a picture in `letter`, or `none`
"""

import asyncio
import base64
import binascii
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from sync.central.body import Refused, read_body
from sync.central.document_key import KeyUnusable
from sync.central.forms.fields import LONGEST, Answers, answers, blank
from sync.central.forms.opening import NoForm, Opened, Why
from sync.central.forms.pages import bad_page, form_page, sent_page
from sync.central.forms.parts import NotParts, read_parts
from sync.central.forms.pictures import NotAPicture, made_anew
from sync.central.forms.resume import FREE, GOOD_FOR_S, VISITORS, resume_pass
from sync.central.forms.store import Forms, Works
from sync.central.residents.consents import Consents, State
from sync.central.words import language_for

MAX_FORM = 64 * 1024
"""Bytes of a form as it is sent: every field at its longest in UTF-8, percent-encoded, three times over."""
MAX_FIELDS = 60
MAX_LETTER = 10 * 1024 * 1024
"""Bytes of a letter of undertaking as it is sent: any phone's photograph."""
LETTERS = 2
"""So many letters are read at once; a picture takes memory."""
REMEMBERED = ("name", "phone", "plate")
COOKIE = "visitor"
COOKIE_S = 180 * 86_400
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
LATE_S = 900
"""So long after a form's address is over its answer may still be looked at: a host may take their time."""
LOOK_S = 5
"""Whoever waits for an answer sees it so soon; the page needs no script for it."""
ASKED_FOR = VISITORS - FREE
STATUS = {Why.BUSY: 429, Why.TOO_LARGE: 413, Why.LOST: 503, Why.EXPIRED: 410, Why.USED: 410}
_KEY = re.compile(r"[0-9a-f]{32}")

AcceptLanguage = Annotated[str, Header()]


def form_routes(forms: Forms, consents: Consents, closing: asyncio.Event) -> APIRouter:
    """The routes around the forms of one server."""
    router = APIRouter(include_in_schema=False)
    reading = asyncio.Semaphore(LETTERS)

    @router.get("/f/{token}")
    def form(request: Request, token: str, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language = language_for(lang, accept_language)

        def show() -> Response:
            found = forms.open(token, _address(request))
            forms.see_unsent(found.link)
            remembered = _remembered(request.cookies.get(COOKIE, ""))
            return _form(forms, found, blank(remembered), language, token, secrets.token_hex(16), remember=bool(remembered))

        return _answer(show, language)

    @router.post("/f/{token}")
    async def send(request: Request, token: str, accept_language: AcceptLanguage = "") -> Response:
        try:
            sent = _fields(await read_body(request, MAX_FORM, closing))
        except Refused as refused:
            why = Why.TOO_LARGE if refused.status == 413 else Why.LOST
            return _page(bad_page(why, language_for("", accept_language)), STATUS[why])
        except ValueError:
            return _page(bad_page(Why.TOO_LARGE, language_for("", accept_language)), STATUS[Why.TOO_LARGE])
        language = language_for(sent.get("lang") or sent.get("language", ""), accept_language)

        def keep() -> Response:
            found = forms.open(token, _address(request))
            key = sent.get("key", "")
            key = key if _KEY.fullmatch(key) else secrets.token_hex(16)
            given, remember = answers(sent), "remember" in sent
            if forms.sent(found.link, key) is not None:
                return _onward(token, key, language)
            forms.see_unsent(found.link)
            if "send" not in sent:
                given = Answers(given.typed, {})
            elif not given.wrong:
                forms.submit(found, key, given, language)
                return _remember(
                    _onward(token, key, language), given, remember=remember, secure=request.url.scheme == "https"
                )
            return _form(forms, found, given, language, token, key, remember=remember)

        return await to_thread.run_sync(_answer, keep, language)

    @router.get("/f/{token}/{key}")
    def sent_form(request: Request, token: str, key: str, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language = language_for(lang, accept_language)

        def show() -> Response:
            found = forms.open(token, _address(request), LATE_S)
            link = found.link
            sent = forms.sent(link, key) if _KEY.fullmatch(key) else None
            if sent is None:
                raise NoForm(Why.USED)
            outcome = consents.outcome(link.compound, link.device, link.visit)
            resume = None if forms.pass_key is None else resume_pass(forms.pass_key, found, sent, outcome, language)
            state = None if outcome is None else outcome.state
            wanted = sent.works is Works.WANTED
            page = _page(sent_page(found, language, resume, GOOD_FOR_S // 60, state, wanted=wanted))
            if not wanted and state in (None, State.ASKED) and sent.visitor in ASKED_FOR:
                page.headers["Refresh"] = str(LOOK_S)
            return page

        return _answer(show, language)

    @router.post("/f/{token}/{key}")
    async def undertake(
        request: Request, token: str, key: str, lang: str = "", accept_language: AcceptLanguage = ""
    ) -> Response:
        language = language_for(lang, accept_language)

        def wanted() -> Opened:
            """Whose letter it is, before any of it is read. Raises NoForm."""
            found = forms.open(token, _address(request), LATE_S)
            if not _KEY.fullmatch(key) or forms.sent(found.link, key) is None:
                raise NoForm(Why.USED)
            return found

        def again(wrong: str, status: int) -> Response:
            return _page(sent_page(wanted(), language, None, 0, None, wanted=True, wrong=wrong), status)

        async with reading:
            try:
                await to_thread.run_sync(wanted)
                body = await read_body(request, MAX_LETTER, closing)
                parts = read_parts(request.headers.get("content-type", ""), body)
            except NoForm as none:
                return _page(bad_page(none.why, language), STATUS.get(none.why, 404))
            except Refused as refused:
                if refused.status != 413:
                    return _page(bad_page(Why.LOST, language), STATUS[Why.LOST])
                return await to_thread.run_sync(_answer, lambda: again("too_large", 413), language)
            except (SQLAlchemyError, KeyUnusable, NotParts):
                return _page(bad_page(Why.LOST, language), STATUS[Why.LOST])

            def keep() -> Response:
                picture = None
                if "none" not in parts.fields:
                    if not parts.file:
                        return again("no_file", 422)
                    try:
                        picture = made_anew(parts.file)
                    except NotAPicture:
                        return again("no_picture", 422)
                forms.undertake(wanted(), picture)
                return _onward(token, key, language)

            return await to_thread.run_sync(_answer, keep, language)

    return router


def _answer(make: Callable[[], Response], language: str) -> Response:
    """What there is to see, or a page that says why there is nothing."""
    try:
        return make()
    except NoForm as none:
        return _page(bad_page(none.why, language), STATUS.get(none.why, 404))
    except (SQLAlchemyError, KeyUnusable):
        return _page(bad_page(Why.LOST, language), STATUS[Why.LOST])


def _form(forms: Forms, found: Opened, given: Answers, language: str, token: str, key: str, *, remember: bool) -> Response:
    days = forms.days_of(found.link.compound)
    body = form_page(given, language, action=f"/f/{token}", key=key, remember=remember, days_kept=days)
    return _page(body, 422 if given.wrong else 200)


def _page(body: bytes, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language", "Content-Security-Policy": CONTENT_POLICY}
    return Response(body, status, headers, media_type="text/html")


def _onward(token: str, key: str, language: str) -> Response:
    return RedirectResponse(f"/f/{token}/{key}?lang={language}", 303, headers={"Cache-Control": "no-store"})


def _fields(body: bytes) -> Mapping[str, str]:
    """What was sent. Raises ValueError for more fields than a form has."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    return dict(reversed(pairs))


def _remember(response: Response, given: Answers, *, remember: bool, secure: bool) -> Response:
    """Let the phone remember who its owner is, or forget it. Nobody else gets to read it, and nothing of it is kept here."""
    if remember:
        said = msgspec.json.encode({name: given.typed[name] for name in REMEMBERED})
        value = base64.urlsafe_b64encode(said).decode()
        response.set_cookie(COOKIE, value, COOKIE_S, path="/f/", secure=secure, httponly=True, samesite="lax")
    else:
        response.delete_cookie(COOKIE, path="/f/", secure=secure, httponly=True, samesite="lax")
    return response


def _remembered(cookie: str) -> dict[str, str]:
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(cookie), type=dict[str, str])
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        return {}
    return {name: found[name][: LONGEST[name]] for name in REMEMBERED if name in found}


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
