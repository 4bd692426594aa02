"""Gates and their modes on a page: who sees them, who orders, and that an order is heard or said not to be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import requests
from sqlalchemy import func, select

from kiosk.gate_mode import GateMode
from kiosk.records import note_draft
from sync.central.access import Asker, NotAllowed, Role, recorded
from sync.central.gates import Orders
from sync.central.messages import KEPT_US
from sync.central.recipients import Recipient
from sync.central.schema import message
from sync.central.store import Store
from sync.central.words import LANGUAGES, WORDS
from sync.downward.message import EXPIRES_US, Message, ModeBody, News
from sync.downward.signing import Purpose, verified
from sync.wire import COMPOUND_HEADER
from tests.sync.central.enrolling import TECHNICIAN, Device, enrol
from tests.sync.central.kiosks import NOON_US, KioskLog
from tests.sync.central.serving import WAIT_S, Running, document_key, server
from tests.sync.central.signed_in import account_of
from tests.sync.central.staff.browsing import Browser, said

WORD = WORDS["en"]["gates"]
GUARD = Asker("夜班", Role.GUARD, "a removal van")
ORDERED = {"mode": "held_open", "minutes": "5", "reason": "a removal van"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gates")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with server(folder) as found:
        yield found


@pytest.fixture(scope="module")
def device(running: Running) -> Device:
    """The kiosk at the gate."""
    return enrol(running.engine, "riverside", "north")


def signed_in(running: Running, role: Role, compound: str = "riverside") -> Browser:
    browser = Browser(running)
    browser.sign_in(account_of(running.engine, role, compound).username)
    return browser


def path_of(device: Device) -> str:
    return f"/gates/{device.place.compound}/{device.place.device}"


def hear(running: Running, device: Device, folder: Path) -> Message:
    """What the kiosk at the gate is told when it waits for news."""
    answer = requests.get(
        f"{running.url}/api/v1/now?compound=riverside&gate=north&wait=10",
        headers={COMPOUND_HEADER: "riverside"},
        auth=device,
        timeout=WAIT_S,
    )
    signed = msgspec.json.decode(answer.content, type=News).messages[-1]
    return verified(signed, Purpose.MESSAGE, document_key(folder).private().public_key(), Message)


def messages(running: Running) -> int:
    with running.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(message)).scalar_one())


def test_a_guard_holds_a_gate_open_and_is_told_that_the_gate_has_the_order(
    running: Running, device: Device, folder: Path
) -> None:
    guard = signed_in(running, Role.GUARD)
    page = guard.load("/gates")
    with ThreadPoolExecutor() as pool:
        kiosk = pool.submit(hear, running, device, folder)
        answer = guard.send(page, path_of(device), **ORDERED)
        heard = kiosk.result()
    assert WORD["taken"] in said(answer)
    body = msgspec.convert(heard.body, ModeBody)
    assert (heard.kind, heard.device, heard.gate) == ("mode", device.place.device, "north")
    assert (body.mode, body.lasts_s, body.role, body.reason) == (GateMode.HELD_OPEN, 300, "guard", "a removal van")
    with running.engine.connect() as connection:
        (*_, last) = recorded(connection, "riverside")
    assert (last["act"], last["who"], last["reason"]) == ("gate_mode", body.issuer, "a removal van")


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"reason": "  "}, 422),
        ({"mode": "ajar"}, 422),
        ({"mode": ""}, 422),
        ({"minutes": "16"}, 422),
        ({"minutes": "-5"}, 422),
        ({"minutes": ""}, 422),
        ({"reason": "x" * 401}, 422),
    ],
    ids=lambda part: str(part)[:24],
)
def test_what_is_no_order_reaches_no_gate(running: Running, device: Device, typed: dict[str, str], status: int) -> None:
    guard, before = signed_in(running, Role.GUARD), messages(running)
    assert guard.send(guard.load("/gates"), path_of(device), **{**ORDERED, **typed}).status_code == status
    assert messages(running) == before


def test_somebody_at_a_browser_is_told_what_can_be_mended_and_not_that_the_gate_is_gone(
    running: Running, device: Device
) -> None:
    guard = signed_in(running, Role.GUARD)
    guard.session.headers["Accept"] = "text/html"
    words = WORDS["en"]["turned_away"]
    told = guard.send(guard.load("/gates"), path_of(device), **{**ORDERED, "reason": "x" * 401})
    assert (told.status_code, words["unfit"] in said(told), words["gone"] in said(told)) == (422, True, False)
    assert words["gone"] in said(guard.load("/no-such-page"))


def test_who_may_not_order_sees_the_modes_and_no_buttons(running: Running, device: Device) -> None:
    guard, administrator, before = signed_in(running, Role.GUARD), signed_in(running, Role.ADMIN), messages(running)
    page = administrator.load("/gates")
    assert "north" in page.text
    assert "<form" not in page.text
    assert WORD["only"] in said(page)
    token = _token(administrator.load("/account").text)
    assert administrator.post(path_of(device), {**ORDERED, "csrf": token}).status_code == 403
    assert guard.post(path_of(device), {**ORDERED, "csrf": token}).status_code == 403
    assert messages(running) == before


def test_a_gate_shows_what_it_recorded_last_and_one_that_was_replaced_is_gone(running: Running) -> None:
    old = enrol(running.engine, "lakeside", "south").place
    new = enrol(running.engine, "lakeside", "south", replaces=old.device).place
    log = KioskLog(new.device, "lakeside")
    for minute, mode in enumerate(("locked", "held_open", "unheard_of")):
        log.append(note_draft(log.stamp(NOON_US + minute * 60_000_000), "gate_mode", {"mode": mode, "since": "ordered"}))
    with closing(Store(str(running.engine.url))) as store:
        store.append("lakeside", new.device, log.log_id, log.upload())
    manager = signed_in(running, Role.MANAGER, "lakeside")
    page = said(manager.load("/gates"))
    assert WORD["held_open"] in page
    assert "since 2026-11-24 12:01 UTC" in page
    assert new.device in page
    assert old.device not in page
    assert "north" not in page
    assert manager.post(f"/gates/lakeside/{old.device}", {**ORDERED, "csrf": _token(page)}).status_code == 404


def _token(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_three_modes(running: Running, device: Device, language: str) -> None:
    guard = signed_in(running, Role.GUARD)
    page, words = said(guard.load(f"/gates?lang={language}")), WORDS[language]["gates"]
    assert page.index("<button hidden disabled>") < page.index('name="mode"'), "what Enter presses"
    assert all(words[key] in page for key in ("title", "normal", "do_held_open", "do_locked", "reason", "ways_out"))


def test_a_gate_that_does_not_ask_in_time_is_said_to_be_silent(tmp_path: Path) -> None:
    clock = [NOON_US]

    def wait(seconds: float) -> None:
        clock[0] += round(seconds * 1_000_000)

    with closing(Store(f"sqlite:///{tmp_path / 'central.sqlite'}")) as store:
        orders = Orders(store.engine, document_key(tmp_path), lambda: clock[0], wait)
        to = Recipient("riverside", "north", "north-1")
        assert not orders.give(to, GUARD, GateMode.LOCKED, None)
        assert EXPIRES_US <= clock[0] - NOON_US < KEPT_US
        with pytest.raises(NotAllowed):
            orders.give(to, TECHNICIAN, GateMode.NORMAL, None)
