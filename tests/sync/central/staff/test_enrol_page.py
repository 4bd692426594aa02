"""Codes made by an administrator on a page: what they let in, and what is said where none can be made."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.central.access import Role, recorded
from sync.central.enrolled import Ended, find
from sync.central.enrolment import redeem
from sync.central.enrolment_routes import Enrolling
from sync.central.guessing import Attempts
from sync.central.vault import ClosedVault
from sync.central.words import LANGUAGES, WORDS
from sync.enrolment_code import NO_CA, EnrolmentCode, fingerprint, read_code
from tests.sync.central.enrolling import now_us, public
from tests.sync.central.serving import Running, document_key, server
from tests.sync.central.signed_in import account_of
from tests.sync.central.staff.browsing import Browser, said
from tests.sync.portals import site_ca

WORD = WORDS["en"]["enrol"]
PAGE = "/devices/enrol"
GOOD = {"compound": "riverside", "direction": "both", "replaces": "", "hours": "24"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with server(folder) as found:
        yield found


@pytest.fixture
def admin(running: Running) -> Browser:
    browser = Browser(running)
    browser.sign_in(account_of(running.engine, Role.ADMIN, "*").username)
    return browser


def made(browser: Browser, **typed: str) -> EnrolmentCode:
    """Make a code, and read it off the page."""
    page = said(browser.send(browser.load(PAGE), PAGE, **{**GOOD, **typed}))
    found = re.search(r'<p class="code"[^>]*>([0-9A-Z-]+)</p>', page)
    assert found is not None, page
    return read_code(found[1])


def test_a_code_lets_one_device_in_and_who_made_it_is_recorded(running: Running, admin: Browser) -> None:
    code = made(admin, gate="north", direction="in")
    key = public(Ed25519PrivateKey.generate())
    place = redeem(running.engine, "riverside", code.secret, key, now_us()).place
    assert (place.gate, place.direction, place.replaces) == ("north", "in", None)
    with running.engine.connect() as connection:
        acts = {one["act"]: one["who"] for one in recorded(connection, "riverside")}
    assert acts.keys() == {"issue_code", "enrol"}
    assert acts["issue_code"].endswith(")")


def test_it_names_the_servers_own_ca_where_there_is_one(running: Running, admin: Browser, folder: Path) -> None:
    assert made(admin, gate="south").ca == NO_CA
    ours, key = site_ca(folder / "tls"), document_key(folder)
    asked = (running.engine, ClosedVault("none"), Attempts(lambda: 0.0), key, now_us)
    assert Enrolling(*asked, ours.certificate.read_bytes()).ca == fingerprint(ours.public_key())


def test_a_device_that_is_there_is_named_and_can_be_replaced(running: Running, admin: Browser) -> None:
    first = redeem(
        running.engine, "riverside", made(admin, gate="east").secret, public(Ed25519PrivateKey.generate()), now_us()
    )
    page = admin.send(admin.load(PAGE), PAGE, **GOOD, gate="east")
    assert page.status_code == 422
    assert WORD["wrong_taken"].format(gate="east", device=first.place.device) in said(page)
    code = made(admin, gate="east", replaces=first.place.device)
    place = redeem(running.engine, "riverside", code.secret, public(Ed25519PrivateKey.generate()), now_us()).place
    assert place.replaces == first.place.device
    with running.engine.connect() as connection:
        ended = find(connection, "riverside", first.place.device)
    assert ended is not None
    assert ended.ended_as is Ended.REPLACED


@pytest.mark.parametrize(
    ("name", "typed", "wrong"),
    [
        ("compound", "", "wrong_name"),
        ("compound", "River Side", "wrong_name"),
        ("gate", "<script>", "wrong_name"),
        ("gate", "g" * 55, "wrong_name"),
        ("direction", "up", "wrong_choose"),
        ("hours", "100000", "wrong_choose"),
        ("replaces", "gate-9-00000000", "wrong_nobody_replaced"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_no_code_is_made(
    admin: Browser, name: str, typed: str, wrong: str
) -> None:
    answer = admin.send(admin.load(PAGE), PAGE, **{**GOOD, "gate": "west", name: typed})
    assert answer.status_code == 422
    assert WORD[wrong] in said(answer)
    assert 'class="code"' not in answer.text
    assert "<script>" not in answer.text


def test_an_administrator_of_one_compound_lets_in_there_alone(running: Running) -> None:
    browser = Browser(running)
    browser.sign_in(account_of(running.engine, Role.ADMIN, "lakeside").username)
    page = browser.load(PAGE)
    answer = browser.send(page, PAGE, **GOOD, gate="lake")
    assert answer.status_code == 403
    answer = browser.send(page, PAGE, gate="lake", direction="both", replaces="", hours="1")
    found = re.search(r'<p class="code"[^>]*>([0-9A-Z-]+)</p>', said(answer))
    assert found is not None
    code = read_code(found[1])
    place = redeem(running.engine, "lakeside", code.secret, public(Ed25519PrivateKey.generate()), now_us()).place
    assert place.compound == "lakeside"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_devices_leads_there_whoever_may(running: Running, admin: Browser, language: str) -> None:
    words = WORDS[language]
    assert words["devices"]["let_in"] in said(admin.load(f"/devices?lang={language}"))
    assert words["enrol"]["where"] in said(admin.load(f"{PAGE}?lang={language}"))
    guard = Browser(running)
    guard.sign_in(account_of(running.engine, Role.GUARD, "riverside").username)
    assert words["devices"]["let_in"] not in said(guard.load(f"/devices?lang={language}"))
