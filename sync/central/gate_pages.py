"""The gates and their modes over HTTP: a page of its own, for its forms are of one session, and the live page is everybody's.

GET  /gates                       each gate with its mode, and what may be ordered
POST /gates/{compound}/{device}   orders a mode, waits until the gate has it, and says whether it has
"""

from datetime import UTC, datetime
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Path
from fastapi.responses import RedirectResponse, Response

from kiosk.errors import UsageError
from kiosk.gate_mode import HELD_OPEN_AT_MOST, GateMode
from sync.central.access import REASON_LENGTH, NotAllowed
from sync.central.body import Refused
from sync.central.document_key import KeyUnusable
from sync.central.gates import Gate, Orders, gates_of
from sync.central.messages import MAY_OPEN
from sync.central.staff.door import Fields, NotTheirs, SignedIn
from sync.central.staff.pages import HEADERS, staff_page
from sync.central.staff.sessions import Person
from sync.central.words import WORDS, Words, language_for
from sync.wire import NAME

Name = Annotated[str, Path(pattern=NAME)]
AcceptLanguage = Annotated[str, Header()]
MINUTES = (2, 5, 10, int(HELD_OPEN_AT_MOST) // 60)
AT_ONCE = 8
"""So many orders wait for their gates at once: each takes a thread for up to ten seconds."""
MARKS = {GateMode.NORMAL: "admit", GateMode.HELD_OPEN: "hold", GateMode.LOCKED: "refuse"}
SAID = {"taken": 200, "silent": 200, "no_reason": 422, "unsigned": 503}
"""What is said above the gates, and with which status."""


def gate_routes(orders: Orders) -> APIRouter:
    """The routes around the orders of one server."""
    router = APIRouter(include_in_schema=False)
    waiting = CapacityLimiter(AT_ONCE)

    def listed(person: Person) -> list[Gate]:
        with orders.engine.connect() as connection:
            return gates_of(connection, person.scope)

    def show(person: Person, language: str, said: str = "") -> Response:
        page = gates_page(listed(person), language, person, said=said)
        return Response(page, SAID.get(said, 200), HEADERS, media_type="text/html")

    @router.get("/gates")
    def gates(person: SignedIn, lang: str = "", said: str = "", accept_language: AcceptLanguage = "") -> Response:
        return show(person, language_for(lang, accept_language), said if said in ("taken", "silent") else "")

    @router.post("/gates/{compound}/{device}")
    async def order(
        compound: Name,
        device: Name,
        person: SignedIn,
        sent: Fields,
        lang: str = "",
        accept_language: AcceptLanguage = "",
    ) -> Response:
        language = language_for(lang, accept_language)

        def give() -> str:
            to = next((one.to for one in listed(person) if (one.to.compound, one.to.device) == (compound, device)), None)
            if to is None:
                raise Refused(404, "there is no such gate")
            mode, lasts_s = _wanted(sent)
            if not (reason := sent.get("reason", "").strip()):
                return "no_reason"
            try:
                return "taken" if orders.give(to, person.account.asker(reason), mode, lasts_s) else "silent"
            except NotAllowed as error:
                raise NotTheirs("this is for another role") from error
            except KeyUnusable:
                return "unsigned"
            except UsageError as error:
                raise Refused(422, "this is no order of a mode") from error

        said = await to_thread.run_sync(give, limiter=waiting)
        if said in ("no_reason", "unsigned"):
            return await to_thread.run_sync(show, person, language, said)
        return RedirectResponse(f"/gates?lang={language}&said={said}", 303, headers={"Cache-Control": "no-store"})

    return router


def gates_page(gates: list[Gate], language: str, person: Person, *, said: str = "") -> bytes:
    """The page in one language; `said`: the code of what is to be said above the gates."""
    words = WORDS[language]
    return staff_page(
        "gates.html",
        language,
        person,
        words["gates"]["title"],
        "/gates",
        gates=[_view(one, words, several=len({other.to.compound for other in gates}) > 1) for one in gates],
        may_order=person.account.role in MAY_OPEN,
        minutes=[(count, words["gates"]["minutes"].format(count=count)) for count in MINUTES],
        most=REASON_LENGTH,
        told=words["gates"][said] if said else "",
        well=said == "taken",
    )


def _wanted(sent: Fields) -> tuple[GateMode, int | None]:
    """Read the mode, and for how long. Raises Refused for what no page of ours sends."""
    mode, minutes = sent.get("mode", ""), sent.get("minutes", "")
    if mode not in tuple(GateMode) or minutes not in map(str, MINUTES):
        raise Refused(422, "this is no order of a mode")
    return GateMode(mode), int(minutes) * 60 if mode == GateMode.HELD_OPEN else None


def _view(one: Gate, words: Words, *, several: bool) -> dict[str, object]:
    since = None if one.since_us is None else datetime.fromtimestamp(one.since_us // 1_000_000, UTC)
    return {
        "gate": one.to.gate,
        "device": one.to.device,
        "compound": one.to.compound,
        "beside": one.to.compound if several else "",
        "direction": words["gates"][f"way_{one.direction}"],
        "mode": one.mode,
        "says": words["gates"][one.mode],
        "mark": MARKS[one.mode],
        "since": "" if since is None else words["gates"]["since"].format(since=f"{since:%Y-%m-%d %H:%M UTC}"),
    }
