"""The page that lets a device in: where it is to be, and then its code, as text and as a QR, shown once.

GET  /devices/enrol   the form
POST /devices/enrol   makes a code
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import segno
from fastapi import APIRouter, Header
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import Engine

from kiosk.direction import Direction
from sync.central.enrolled import Enrolment, devices_of
from sync.central.enrolment import GATE_LENGTH, HOUR_US, GateTaken, NobodyReplaced, issue
from sync.central.enrolment_routes import Enrolling
from sync.central.staff.door import Fields, NotTheirs, SignedIn
from sync.central.staff.pages import HEADERS, staff_page
from sync.central.staff.sessions import Person
from sync.central.staff.typed import line_of
from sync.central.words import WORDS, language_for
from sync.enrolment_code import EnrolmentCode
from sync.wire import NAME

PATH = "/devices/enrol"
HOURS = (1, 24, 168)
FIELDS = ("compound", "gate", "direction", "replaces", "hours")
AcceptLanguage = Annotated[str, Header()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, by field, and what is wrong with it, by field and as a code."""

    typed: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)
    taken_by: str = ""


def enrol_routes(engine: Engine, enrolling: Enrolling, wall_us: Callable[[], int]) -> APIRouter:
    """The page's routes around a database and whoever answers devices."""
    router = APIRouter(include_in_schema=False)

    def heard(person: Person) -> list[Enrolment]:
        with engine.connect() as connection:
            return [one for one in devices_of(connection, person.scope) if one.ended_as is None]

    def show(
        person: Person, wanted: Wanted, language: str, code: EnrolmentCode | None = None, ends_us: int | None = None
    ) -> Response:
        page = enrol_page(wanted, heard(person), language, person, code, ends_us)
        return Response(page, 422 if wanted.wrong else 200, HEADERS, media_type="text/html")

    @router.get(PATH)
    def form(person: SignedIn, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        return show(person, wanted_of({}, person.scope), language_for(lang, accept_language))

    @router.post(PATH)
    def make(person: SignedIn, sent: Fields, lang: str = "", accept_language: AcceptLanguage = "") -> Response:
        language, wanted = language_for(lang, accept_language), see(wanted_of(sent, person.scope))
        if wanted.wrong:
            return show(person, wanted, language)
        typed, now_us = wanted.typed, wall_us()
        if not person.sees(typed["compound"]):
            raise NotTheirs("another compound")
        place = {name: typed[name] for name in ("compound", "gate", "direction")} | {"replaces": typed["replaces"] or None}
        asker = person.account.asker(f"a device for {typed['gate']}")
        try:
            code = issue(engine, place, int(typed["hours"]), asker, now_us, enrolling.ca)
        except GateTaken as error:
            return show(person, Wanted(typed, {"gate": "taken"}, error.device), language)
        except NobodyReplaced:
            return show(person, Wanted(typed, {"replaces": "nobody_replaced"}), language)
        return show(person, wanted, language, code, now_us + int(typed["hours"]) * HOUR_US)

    return router


def wanted_of(sent: Mapping[str, str], scope: str | None) -> Wanted:
    """What a form says, each text as one line; whoever is of one compound is of that one."""
    typed = {name: line_of(sent.get(name, "")) for name in FIELDS}
    return Wanted(typed | {"compound": typed["compound"] if scope is None else scope})


def see(wanted: Wanted) -> Wanted:
    """Find what is wrong with it."""
    typed = wanted.typed
    wrong = {name: "name" for name in ("compound", "gate") if not re.fullmatch(NAME.strip("^$"), typed[name])}
    if len(typed["gate"]) > GATE_LENGTH:
        wrong["gate"] = "name"
    if typed["direction"] not in tuple(Direction):
        wrong["direction"] = "choose"
    if typed["hours"] not in map(str, HOURS):
        wrong["hours"] = "choose"
    return Wanted(typed, wrong)


def enrol_page(
    wanted: Wanted,
    heard: list[Enrolment],
    language: str,
    person: Person,
    code: EnrolmentCode | None = None,
    ends_us: int | None = None,
) -> bytes:
    """The form, and the code where one was made."""
    words = WORDS[language]["enrol"]
    wrong = {
        name: words[f"wrong_{said}"].format(gate=wanted.typed["gate"], device=wanted.taken_by)
        for name, said in wanted.wrong.items()
    }
    return staff_page(
        "enrol.html",
        language,
        person,
        words["title"],
        PATH,
        typed=wanted.typed,
        wrong=wrong,
        heard=[(one.place.device, one.place.compound) for one in heard],
        directions=tuple(Direction),
        hours=HOURS,
        scope=person.scope,
        code=None if code is None else str(code),
        picture=None if code is None else _picture(str(code)),
        ends="" if ends_us is None else f"{datetime.fromtimestamp(ends_us // 1_000_000, UTC):%Y-%m-%d %H:%M UTC}",
    )


def _picture(text: str) -> Markup:
    drawn: str = segno.make(text, error="q", micro=False).svg_inline(
        svgclass=None, lineclass=None, omitsize=True, light="#fff"
    )
    return Markup(drawn)  # noqa: S704 - made here, of black and white squares
