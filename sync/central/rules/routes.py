"""The pages of policies over HTTP: what is in force, drafts, what one would do, and the signature. They need no script.

GET  /policies                               what is in force and to come, which gates have it, drafts, a new one
POST /policies                               keeps a new draft
GET  /policies/{compound}/{number}           a draft: what the check says, what is different, and what may be done with it
GET  /policies/{compound}/{number}/replay    which visits of the last week would have ended differently
POST /policies/{compound}/{number}/sign      signs and publishes it
POST /policies/{compound}/{number}/discard   throws it away
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from kiosk.errors import UsageError
from sync.central.body import Refused
from sync.central.document_key import KeyUnusable
from sync.central.publishing import Documents
from sync.central.rules.drafts import Draft, Drafts, NoSuchDraft
from sync.central.rules.pages import Desk, draft_page, policies_page, replay_page
from sync.central.rules.reached import gates
from sync.central.rules.trial import Trial
from sync.central.schema import compound as compounds
from sync.central.staff.door import Fields, SignedIn
from sync.central.staff.pages import HEADERS
from sync.central.staff.sessions import Person
from sync.central.store import Store
from sync.central.words import language_for
from sync.wire import NAME

Compound = Annotated[str, Path(pattern=NAME)]
Number = Annotated[int, Path(ge=1, lt=2**53)]
AcceptLanguage = Annotated[str, Header()]
GATE = NAME.strip("^$")
ON_THE_PAGE = "on the page of policies"
"""Why, for the record of accesses."""


def rules_routes(store: Store, documents: Documents, wall_us: Callable[[], int]) -> APIRouter:
    """The routes around a store and its documents."""
    router = APIRouter(include_in_schema=False)
    # A week of many visitors takes seconds, which must not take a thread from anybody else.
    trying = CapacityLimiter(1)
    drafts, trial = Drafts(store.engine, documents, wall_us), Trial.of(store.engine, wall_us)

    def desk(person: Person, compound: str) -> Desk:
        listed = documents.listed(compound) if compound else []
        with store.engine.connect() as connection:
            named = connection.execute(select(compounds.c.compound).order_by(compounds.c.compound)).scalars().all()
            found = gates(connection, compound, listed, wall_us()) if compound else ()
        theirs = (person.scope,) if person.scope else tuple(named)
        read = {one.publication.number: trial.policies.document(one.publication) for one in listed}
        kept = drafts.listed(compound) if compound else []
        return Desk(compound, theirs, listed, read, found, kept, wall_us())

    def chosen(person: Person, compound: str) -> str:
        """The compound that is asked for, or the first that somebody sees."""
        if compound or person.scope:
            return compound or person.scope or ""
        with store.engine.connect() as connection:
            return connection.execute(select(compounds.c.compound).order_by(compounds.c.compound).limit(1)).scalar() or ""

    def found(compound: str, number: int) -> Draft:
        try:
            return drafts.find(compound, number)
        except NoSuchDraft as error:
            raise Refused(404, "there is no such draft") from error

    @router.get("/policies")
    def listed(
        person: SignedIn,
        compound: Annotated[str, Query(pattern=f"^({GATE})?$")] = "",
        lang: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        return _page(policies_page(desk(person, chosen(person, compound)), language_for(lang, accept_language), person))

    @router.post("/policies")
    def upload(person: SignedIn, sent: Fields, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language, compound, typed = language_for(lang, accept_language), sent.get("compound", ""), sent.get("document", "")
        # Browsers send the ends of typed lines in their own way.
        pasted = typed.replace("\r\n", "\n").encode("utf-8", "replace")
        body = sent.get("file", "").encode("utf-8", "surrogateescape") or pasted
        try:
            see_place(desk(person, chosen(person, "")).compounds, compound, sent.get("gate", ""))
            kept = drafts.upload(compound, body, person.account.asker(ON_THE_PAGE), sent.get("gate", ""))
        except UsageError as error:
            page = policies_page(
                desk(person, chosen(person, compound)),
                language,
                person,
                wrong=str(error),
                typed=pasted.decode(),
                gate=sent.get("gate", ""),
            )
            return _page(page, 422)
        return _onward(f"/policies/{compound}/{kept.number}", language)

    @router.get("/policies/{compound}/{number}")
    def one(
        compound: Compound, number: Number, person: SignedIn, lang: str = "", accept_language: AcceptLanguage = ""
    ) -> Response:
        return _page(draft_page(found(compound, number), trial, language_for(lang, accept_language), person))

    @router.get("/policies/{compound}/{number}/replay")
    async def tried(
        compound: Compound, number: Number, person: SignedIn, lang: str = "", accept_language: AcceptLanguage = ""
    ) -> Response:
        def try_on() -> bytes:
            draft = found(compound, number)
            if draft.document is not None:
                drafts.trying(compound, draft.document, person.account.asker(ON_THE_PAGE), draft.gate)
            return replay_page(draft, trial, language_for(lang, accept_language), person)

        return _page(await to_thread.run_sync(try_on, limiter=trying))

    @router.post("/policies/{compound}/{number}/sign")
    def sign(
        compound: Compound,
        number: Number,
        person: SignedIn,
        sent: Fields,
        lang: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        language, draft = language_for(lang, accept_language), found(compound, number)
        try:
            drafts.publish(compound, number, person.account.asker(ON_THE_PAGE), _begins_us(draft, sent.get("from", "")))
        except (UsageError, KeyUnusable) as error:
            return _page(draft_page(found(compound, number), trial, language, person, wrong=str(error)), 422)
        return _onward(f"/policies/{compound}/{number}", language)

    @router.post("/policies/{compound}/{number}/discard")
    def discard(
        compound: Compound, number: Number, person: SignedIn, lang: str = "", accept_language: AcceptLanguage = ""
    ) -> Response:
        language, draft = language_for(lang, accept_language), found(compound, number)
        try:
            drafts.discard(compound, number, person.account.asker(ON_THE_PAGE))
        except UsageError as error:
            return _page(draft_page(draft, trial, language, person, wrong=str(error)), 422)
        return _onward("/policies", language, compound)

    return router


def see_place(theirs: Sequence[str], compound: str, gate: str) -> None:
    """See that somebody may bring a document for a compound and, where one is named, a gate. Raises UsageError."""
    if compound not in theirs:
        raise UsageError("no compound of yours is named")
    if gate and not re.fullmatch(GATE, gate):
        raise UsageError("the gate's name is none")


def _begins_us(draft: Draft, typed: str) -> int | None:
    """When a draft is to count, as it was typed in the time at the gates; None: as it says itself. Raises UsageError."""
    if not typed.strip():
        return None
    try:
        at = datetime.fromisoformat(typed.strip())
    except ValueError as error:
        raise UsageError("the time is none; write such as 2026-12-01T00:00") from error
    if not 1970 < at.year < 2200:
        raise UsageError("the time is none from which rules can be meant to count")
    zone = None if draft.document is None else draft.document.zone
    return int((at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone or "UTC"))).timestamp() * 1_000_000)


def _onward(path: str, language: str, compound: str = "") -> Response:
    query = f"?compound={compound}&lang={language}" if compound else f"?lang={language}"
    return RedirectResponse(f"{path}{query}", 303, headers={"Cache-Control": "no-store"})


def _page(body: bytes, status: int = 200) -> Response:
    return Response(body, status, HEADERS, media_type="text/html")
