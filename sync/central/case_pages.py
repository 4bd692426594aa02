"""The pages of the cases, and the same as JSON: the list, one case, and for each what is next, whose turn it is, by when.

They show states and roles and nobody's name, like every page that anybody on the server's network can read. What is done
about a case is recorded by `gatepost central case`; pages that write come with people who sign in.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response

from kiosk.cases import State, Step
from sync.central.body import Refused
from sync.central.cases import Opened, cases, find
from sync.central.holdings import EventName, NoSuchEvent
from sync.central.staff.door import SignedIn
from sync.central.staff.pages import HEADERS, staff_page
from sync.central.staff.sessions import Person
from sync.central.store import Store
from sync.central.words import WORDS, Words, language_for
from sync.wire import LOG_ID, NAME

Name = Annotated[str, Path(pattern=NAME)]
AcceptLanguage = Annotated[str, Header()]


def case_routes(store: Store, wall_us: Callable[[], int]) -> APIRouter:
    """The routes around a store."""
    router = APIRouter()

    @router.get("/cases", include_in_schema=False)
    def listed(person: SignedIn, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        with store.engine.connect() as connection:
            found = cases(connection, person.scope)
        return _answer(found, language_for(lang, accept_language), wall_us(), person)

    @router.get("/cases/{compound}/{device}/{log_id}/{seq}", include_in_schema=False)
    def one(
        compound: Name,
        device: Name,
        log_id: Annotated[str, Path(pattern=LOG_ID)],
        seq: Annotated[int, Path(ge=1, lt=2**53)],
        person: SignedIn,
        lang: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        with store.engine.connect() as connection:
            try:
                found = find(connection, EventName(compound, device, log_id, seq))
            except NoSuchEvent as error:
                raise Refused(404, "there is no such case") from error
        return _answer((found,), language_for(lang, accept_language), wall_us(), person, one=True)

    @router.get("/api/v1/cases")
    def told(compound: Annotated[str, Query(pattern=NAME)]) -> dict[str, Any]:
        now_us = wall_us()
        with store.engine.connect() as connection:
            return {"cases": [one.told(now_us) for one in cases(connection, compound)], "now_us": now_us}

    return router


def cases_page(
    found: tuple[Opened, ...], language: str, now_us: int, person: Person | None = None, *, one: bool = False
) -> bytes:
    """The list, or the page of one case, in one language."""
    words = WORDS[language]
    several = len({case.name.compound for case in found}) > 1
    path = f"/cases/{found[0].name}" if one else "/cases"
    return staff_page(
        "cases.html",
        language,
        person,
        words["cases"]["title"],
        path,
        cases=[_view(case, words, now_us, several=several) for case in found],
        simulated=any(case.simulated for case in found),
        one=one,
    )


def _answer(found: tuple[Opened, ...], language: str, now_us: int, person: Person, *, one: bool = False) -> Response:
    return Response(cases_page(found, language, now_us, person, one=one), headers=HEADERS, media_type="text/html")


def _view(one: Opened, words: Words, now_us: int, *, several: bool) -> dict[str, object]:
    told = one.told(now_us)
    opened = datetime.fromtimestamp(one.at_us // 1_000_000, UTC)
    return {
        "mark": "admit" if one.case.state is State.CLOSED else "hold",
        "link": f"/cases/{one.name}",
        "datetime": opened.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time": _time(one.at_us),
        "uncertain": "" if one.certain else words["page"]["uncertain"],
        "state": words["case_state"][told["state"]],
        "acts": [words["case_act"][act] for act in told["next"]],
        "turn": "" if told["turn"] is None else words["turn"][told["turn"]],
        "due": "" if told["due_us"] is None else _time(told["due_us"]),
        "overdue": told["overdue"],
        "causes": [words["cause"][cause] for cause in told["causes"]],
        "gate": one.gate,
        "compound": one.name.compound if several else "",
        "temperature": _degrees(one.body_c),
        "steps": [_step(step, role, words) for step, role in zip(one.case.steps, one.roles, strict=True)],
        "simulated": words["page"]["simulated"] if one.simulated else "",
    }


def _step(step: Step, role: str, words: Words) -> str:
    parts = (_time(step.at), words["case_act"][step.act], _degrees(step.body_c), words["role"].get(role, role))
    return " · ".join(part for part in parts if part)


def _degrees(body_c: float | None) -> str:
    return "" if body_c is None else f"{body_c:.1f} °C"


def _time(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
