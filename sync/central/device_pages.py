"""The page of the devices: a plain one that a browser asks for again every minute."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response

from sync.central.devices import Device
from sync.central.staff.door import SignedIn
from sync.central.staff.pages import HEADERS, staff_page
from sync.central.staff.permissions import ADMIN, may_reach
from sync.central.staff.sessions import Person
from sync.central.store import Store
from sync.central.words import WORDS, language_for


def device_routes(store: Store) -> APIRouter:
    """The page's route around a store."""
    router = APIRouter(include_in_schema=False)

    @router.get("/devices")
    def devices(person: SignedIn, lang: str = "", accept_language: Annotated[str, Header()] = "") -> Response:
        body = devices_page(store.devices(person.scope), language_for(lang, accept_language), person)
        return Response(body, headers=HEADERS, media_type="text/html")

    return router


def devices_page(devices: tuple[Device, ...], language: str, person: Person | None = None) -> bytes:
    """The page in one language."""
    words = WORDS[language]
    several = len({one.compound for one in devices}) > 1
    views = [_view(one, words["devices"], several=several) for one in sorted(devices, key=lambda one: one.well)]
    may_let_in = person is not None and may_reach(person.account.role, ADMIN)
    return staff_page(
        "devices.html", language, person, words["devices"]["title"], "/devices", devices=views, may_let_in=may_let_in
    )


def _view(one: Device, words: Mapping[str, str], *, several: bool) -> dict[str, object]:
    details = {"missing": one.missing, "aside": one.aside, "faulty": one.faulty, "newer": one.newer}
    times = {"uncertain": one.uncertain, "corrected": one.corrected}
    since = _time(one.missing_since_us)
    received = datetime.fromtimestamp(one.received_us // 1_000_000, UTC)
    return {
        "mark": "admit" if one.well else "hold",
        "state": words["well" if one.well else "attention"],
        "datetime": received.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time": _time(one.received_us),
        "details": [words[name].format(count=count, since=since) for name, count in details.items() if count],
        "device": one.device,
        "compound": one.compound if several else "",
        "events": one.events,
        "log": one.log_id[:8],
        "head": one.next_seq - 1,
        "logs": words["logs"].format(count=one.logs) if one.logs > 1 else "",
        "times": " · ".join(words[name].format(count=count) for name, count in times.items() if count) or words["exact"],
    }


def _time(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
