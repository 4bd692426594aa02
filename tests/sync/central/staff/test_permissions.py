"""Every route of the server for nobody, for each role, and for those of another compound."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from fastapi.routing import iter_route_contexts

from kiosk.cases import Cause
from kiosk.model import Answer
from sync.central.access import Role
from sync.central.staff.door import COOKIE
from sync.central.staff.permissions import MANAGER, NEEDS, RANKS, may_reach
from sync.central.staff.sessions import csrf_of
from sync.central.store import Store
from tests.sync.central.applications import application
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.serving import WAIT_S, Running, server
from tests.sync.central.signed_in import account_of, cookie_of
from tests.sync.central.test_cases import opens

WAYS = """
GET  /healthz                                          open
GET  /readyz                                           open
GET  /static/{build}/{name}                            open
GET  /sign-in                                          open
POST /sign-in                                          open
GET  /f/{token}                                        open
POST /f/{token}                                        open
GET  /f/{token}/{key}                                  open
POST /f/{token}/{key}                                  open
GET  /c/{token}                                        open
POST /c/{token}                                        open
GET  /h/{token}                                        open
POST /h/{token}                                        open
GET  /g/{token}                                        open
GET  /home/{compound}                                  open
POST /home/{compound}                                  open
GET  /api/v1/time                                      open
GET  /api/v1/site-ca                                   open
POST /api/v1/enrol                                     open
GET  /api/v1/device                                    devices
GET  /api/v1/logs/{device}/{log_id}?compound=riverside devices
POST /api/v1/logs/{device}/{log_id}                    devices
GET  /api/v1/documents?since=0                         devices
POST /api/v1/documents                                 devices
GET  /api/v1/now                                       devices
GET  /                                                 guard
GET  /live                                             guard
GET  /devices                                          guard
GET  /devices/enrol                                    admin
POST /devices/enrol                                    admin
GET  /gates                                            guard
POST /gates/{compound}/{device}                        guard
GET  /cases                                            guard
GET  /cases/{compound}/{device}/{log_id}/{seq}         guard
POST /cases/{compound}/{device}/{log_id}/{seq}         guard
GET  /api/v1/cases?compound=riverside                  guard
GET  /account                                          guard
POST /account/password                                 guard
POST /sign-out                                         guard
GET  /policies                                         manager
POST /policies                                         manager
GET  /policies/{compound}/{number}                     manager
GET  /policies/{compound}/{number}/replay              manager
POST /policies/{compound}/{number}/discard             manager
POST /policies/{compound}/{number}/sign                admin
GET  /passes                                           manager
POST /passes                                           manager
GET  /passes/{compound}/{pass_id}                      manager
POST /passes/{compound}/{pass_id}/revoke               manager
GET  /api/v1/logs                                      manager
GET  /api/v1/events?compound=riverside                 manager
"""
"""Who reaches what, in a second hand: the least role, or whom it is open to."""
TABLE = {(method, path): least for method, path, least in (line.split() for line in WAYS.split("\n") if line)}
FILLED = {"compound": "riverside", "device": "gate-1", "log_id": "00c0ffee", "seq": "1", "build": "x", "name": "live.css"}
EVERYBODY: list[tuple[Role | None, str]] = [
    (None, "riverside"),
    *((role, compound) for role in RANKS for compound in ("riverside", "lakeside")),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("server")) as found:
        log = KioskLog()
        opens(log, Cause.TEMPERATURE)
        log.passage(Answer.ADMIT, "guest_green")
        found.send(log)
        yield found


def test_every_route_there_is_has_its_row_and_no_row_is_of_none(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'central.sqlite'}")) as store:
        routes = iter_route_contexts(application(store, tmp_path).routes)
        there = {(method, str(route.path)) for route in routes for method in route.methods or ()}
    assert there == set(NEEDS)
    assert there == {(method, path.partition("?")[0]) for method, path in TABLE}


@pytest.mark.parametrize(("role", "compound"), EVERYBODY, ids=lambda part: str(part))
@pytest.mark.parametrize(("method", "path"), TABLE, ids=lambda part: part)
def test_a_route_lets_in_whom_it_is_for_and_nobody_else(
    running: Running, method: str, path: str, role: Role | None, compound: str
) -> None:
    least = TABLE[method, path]
    names_riverside = "compound" in path
    far = least in RANKS and role is not None and RANKS[role] < RANKS[Role(least)]
    foreign = least in RANKS and names_riverside and compound == "lakeside"
    # A session of its own: one of the routes ends it.
    cookie = "" if role is None else cookie_of(running.engine, account_of(running.engine, role, compound))
    target = re.sub(r"\{(\w+)\}", lambda found: FILLED.get(found[1], "0" * 32), path)
    with requests.request(
        method,
        running.url + target,
        data={"csrf": csrf_of(cookie)} if method == "POST" else None,
        cookies={COOKIE: cookie} if cookie else {},
        allow_redirects=False,
        stream=True,
        timeout=WAIT_S,
    ) as answer:
        if least == "open":
            expected = "in"
        elif least == "devices":
            expected = "needs a device"
        elif role is None:
            expected = "has to sign in"
        else:
            expected = "turned away" if far or foreign else "in"
        assert found(answer) == expected


def found(answer: requests.Response) -> str:
    """What became of somebody at the door."""
    if answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in?next="):
        return "has to sign in"
    if answer.status_code == 401 and "application/json" in answer.headers["Content-Type"]:
        return "has to sign in" if answer.json() == {"error": "sign in first"} else "needs a device"
    said = "" if answer.status_code != 403 else answer.text
    if "/sign-in" in answer.url:
        return "in"
    return "turned away" if answer.status_code == 403 and "enrol" not in said else "in"


@pytest.mark.parametrize("path", ["/", "/devices", "/cases", "/api/v1/logs"])
@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_whoever_is_of_one_compound_sees_nothing_of_another(running: Running, path: str, role: Role) -> None:
    def seen(compound: str) -> bool:
        cookie = cookie_of(running.engine, account_of(running.engine, role, compound))
        answer = requests.get(running.url + path, cookies={COOKIE: cookie}, timeout=WAIT_S)
        assert answer.status_code == 200
        return "gate-1" in answer.text

    assert [seen("*"), seen("riverside"), seen("lakeside")] == [True, True, False]


def test_a_role_that_no_account_has_reaches_nothing() -> None:
    assert not may_reach(Role.TECHNICIAN, MANAGER)
    assert not may_reach(Role.COMMITTEE, MANAGER)
