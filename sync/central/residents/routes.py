"""A resident's answer over HTTP.

GET  /c/{token}    who asks, why and where
POST /c/{token}    with `answer`, `given` or `declined`: the first one counts
"""

import asyncio
from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from kiosk.people import Consent
from sync.central.body import Refused, read_body
from sync.central.document_key import KeyUnusable
from sync.central.forms.routes import CONTENT_POLICY
from sync.central.residents.consents import ANSWERED, Consents, NoQuestion, Why
from sync.central.residents.pages import answered_page, bad_page, consent_page
from sync.central.words import language_for

MAX_ANSWER = 4096
STATUS = {Why.BUSY: 429, Why.TOO_LARGE: 413, Why.LOST: 503, Why.EXPIRED: 410}

AcceptLanguage = Annotated[str, Header()]


def consent_routes(consents: Consents, closing: asyncio.Event) -> APIRouter:
    """The routes around the questions of one server."""
    router = APIRouter(include_in_schema=False)

    @router.get("/c/{token}")
    def see(request: Request, token: str, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language = language_for(lang, accept_language)

        def show() -> Response:
            question = consents.open(token, _address(request))
            if question.state in ANSWERED:
                return page(answered_page(question, language, just_now=False))
            return page(consent_page(question, language, f"/c/{token}"))

        return _answer(show, language)

    @router.post("/c/{token}")
    async def answer(request: Request, token: str, accept_language: AcceptLanguage = "") -> Response:
        language = language_for("", accept_language)
        try:
            body = await read_body(request, MAX_ANSWER, closing)
            sent = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=4))
            language = language_for(sent.get("language", ""), accept_language)
            said = Consent(sent.get("answer", ""))
        except Refused as refused:
            why = Why.TOO_LARGE if refused.status == 413 else Why.LOST
            return page(bad_page(why, language), STATUS[why])
        except ValueError:
            return page(bad_page(Why.TOO_LARGE, language), STATUS[Why.TOO_LARGE])

        def keep() -> Response:
            question = consents.open(token, _address(request))
            if question.state in ANSWERED:
                return page(answered_page(question, language, just_now=False))
            after = consents.answer(question, said)
            return page(answered_page(after, language, just_now=after.own))

        return await to_thread.run_sync(_answer, keep, language)

    return router


def page(body: bytes, status: int = 200) -> Response:
    """A page that nobody keeps."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language", "Content-Security-Policy": CONTENT_POLICY}
    return Response(body, status, headers, media_type="text/html")


def _answer(make: Callable[[], Response], language: str) -> Response:
    try:
        return make()
    except NoQuestion as none:
        return page(bad_page(none.why, language), STATUS.get(none.why, 404))
    except (SQLAlchemyError, KeyUnusable):
        return page(bad_page(Why.LOST, language), STATUS[Why.LOST])


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
