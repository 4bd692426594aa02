"""Signing in and out at a real server, as browsers do it and as others try."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk.demo.watcher import NotLetIn, Watcher
from sync.central.access import Role, recorded
from sync.central.board import Board
from sync.central.calls import Latest
from sync.central.pages import OVER
from sync.central.staff import accounts
from sync.central.staff.door import COOKIE, SECURE_COOKIE
from sync.central.web import _stream
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.enrolling import now_us
from tests.sync.central.serving import WAIT_S, Running, server
from tests.sync.central.signed_in import CHEAP, CHEN, PASSWORD, account_of
from tests.sync.central.staff.browsing import Browser, said

WORD = WORDS["en"]
NEW = "quite another password"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture
def guard(running: Running) -> accounts.Account:
    return account_of(running.engine, Role.GUARD, "riverside")


def cookies(answer: requests.Response) -> dict[str, Any]:
    """The attributes of the cookie with which an answer lets somebody in."""
    sent = answer.history[0].raw.headers.getlist("Set-Cookie")
    (text,) = [one for one in sent if one.startswith((COOKIE, SECURE_COOKIE))]
    name, *rest = text.split("; ")
    return {"name": name.partition("=")[0], **dict(part.lower().partition("=")[::2] for part in rest)}


def test_somebody_signs_in_and_is_where_they_wanted_to_go(running: Running, guard: accounts.Account) -> None:
    browser = Browser(running)
    answer = browser.sign_in(f" {guard.username.upper()} ", path="/cases?lang=ja")
    assert (answer.status_code, answer.url) == (200, f"{running.url}/cases?lang=ja")
    assert WORDS["ja"]["cases"]["title"] in answer.text
    attributes = cookies(answer)
    assert attributes == {
        "name": COOKIE,
        "httponly": "",
        "max-age": "43200",
        "path": "/",
        "samesite": "lax",
    }
    assert browser.load("/devices").url == f"{running.url}/devices"
    with running.engine.connect() as connection:
        (*_, last) = recorded(connection, "riverside")
        signed_in = accounts.find(connection, guard.username)
    assert (last["who"], last["act"], last["role"]) == (guard.signature, "sign_in", "guard")
    assert signed_in is not None
    assert signed_in.signed_in_us is not None


def test_over_tls_the_cookie_is_kept_to_tls_and_this_host(tmp_path: Path) -> None:
    with server(tmp_path, names=["127.0.0.1"]) as running:
        account = account_of(running.engine)
        answer = Browser(running).sign_in(account.username)
        assert answer.url == f"{running.url}/?lang=en"
        attributes = cookies(answer)
    assert attributes["name"] == SECURE_COOKIE
    assert attributes["name"].startswith("__Host-")
    assert "secure" in attributes
    assert "domain" not in attributes


def plain(answer: requests.Response) -> str:
    """A page without what is each visitor's own: the token, and as whom they tried."""
    return re.sub(r'value="[^"]*"', "", answer.text)


def test_an_unknown_a_disabled_and_a_wrong_one_are_told_the_same(running: Running, guard: accounts.Account) -> None:
    gone = account_of(running.engine, Role.GUARD, "riverside")
    accounts.disable(running.engine, gone.username, CHEN, now_us())
    tried = [("nobody-at-all", PASSWORD), (gone.username, PASSWORD), (guard.username, "not the password")]
    tried += [("' OR 1=1 --", "x"), ("\0", "x"), ("", "")]
    found = set()
    for username, password in tried:
        browser = Browser(running)
        answer = browser.sign_in(username, password)
        found.add((answer.status_code, plain(answer)))
        assert browser.load("/devices").url != f"{running.url}/devices"
        assert WORD["sign_in"]["wrong"] in said(answer)
        assert password not in answer.text or password in {"x", ""}
    assert [status for status, _ in found] == [401]


def test_many_wrong_ones_make_an_account_wait_whether_it_is_there_or_not(running: Running) -> None:
    for username in (account_of(running.engine).username, "nobody-here"):
        browser = Browser(running)
        page = browser.load("/sign-in")
        answers = [browser.send(page, "/sign-in", username=username, password="wrong") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 2
        # Not even the right one is looked at meanwhile.
        assert browser.send(page, "/sign-in", username=username, password=PASSWORD).status_code == 429


def test_the_form_counts_only_from_the_browser_that_loaded_it(running: Running, guard: accounts.Account) -> None:
    browser, other = Browser(running), Browser(running)
    typed = {"username": guard.username, "password": PASSWORD}
    foreign = re.findall(r'name="csrf" value="(\w+)"', other.load("/sign-in").text)[0]
    for fields in (typed, {**typed, "csrf": foreign}, {**typed, "csrf": ""}):
        answer = browser.post("/sign-in", fields)
        assert answer.status_code == 403
        assert WORD["sign_in"]["old"] in said(answer)
    assert COOKIE not in browser.session.cookies


@pytest.mark.parametrize("path", ["/sign-out", "/account/password"])
@pytest.mark.parametrize("fields", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "\xe9" * 64}])
def test_a_form_that_is_of_no_page_of_the_session_does_nothing(running: Running, path: str, fields: dict[str, str]) -> None:
    answer = requests.post(
        running.url + path, fields, cookies={COOKIE: running.cookie}, allow_redirects=False, timeout=WAIT_S
    )
    assert answer.status_code == 403
    assert running.get("/account").status_code == 200


def test_whoever_signs_out_is_out_and_so_is_a_copy_of_their_cookie(running: Running, guard: accounts.Account) -> None:
    browser = Browser(running)
    browser.sign_in(guard.username)
    copy = browser.session.cookies[COOKIE]
    answer = browser.send(browser.load("/account"), "/sign-out")
    assert WORD["sign_in"]["out"] in said(answer)
    assert COOKIE not in browser.session.cookies
    left = requests.get(f"{running.url}/account", cookies={COOKIE: copy}, allow_redirects=False, timeout=WAIT_S)
    assert left.status_code == 303


def test_a_new_password_ends_every_other_session(running: Running, guard: accounts.Account) -> None:
    here, elsewhere = Browser(running), Browser(running)
    for browser in (here, elsewhere):
        browser.sign_in(guard.username)
    page = here.load("/account")
    wrong = {
        "wrong": {"old": "not it", "new": NEW, "again": NEW},
        "differ": {"old": PASSWORD, "new": NEW, "again": NEW + "!"},
        "short": {"old": PASSWORD, "new": "Zq9!", "again": "Zq9!"},
        "plain": {"old": PASSWORD, "new": f"I am {guard.username}", "again": f"I am {guard.username}"},
    }
    for code, typed in wrong.items():
        answer = here.send(page, "/account/password", **typed)
        assert answer.status_code == 422
        assert WORD["account"][code].format(shortest=12) in said(answer)
        assert typed["new"] not in said(answer)
    answer = here.send(page, "/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert WORD["account"]["changed"] in said(answer)
    assert "/sign-in" in elsewhere.load("/account").url
    assert "/sign-in" not in elsewhere.sign_in(guard.username, NEW).url


def test_a_disabled_account_is_out_at_once(running: Running, guard: accounts.Account) -> None:
    browser = Browser(running)
    browser.sign_in(guard.username)
    assert browser.load("/account").url == f"{running.url}/account"
    accounts.disable(running.engine, guard.username, CHEN, now_us())
    assert "/sign-in" in browser.load("/account").url


@pytest.mark.parametrize(
    "onward",
    ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "/\t/example.org", "/a\nb", ""],
)
def test_nobody_is_led_elsewhere(running: Running, guard: accounts.Account, onward: str) -> None:
    browser = Browser(running)
    page = browser.session.get(f"{running.url}/sign-in", params={"next": onward}, timeout=WAIT_S)
    assert "example.org" not in page.text
    answer = browser.send(page, "/sign-in", username=guard.username, password=PASSWORD, next=onward)
    assert answer.history[0].headers["Location"] == "/?lang=en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_readers_language_and_runs_nothing(running: Running, language: str) -> None:
    words = WORDS[language]
    browser = Browser(running)
    form = browser.load(f"/sign-in?lang={language}")
    assert words["sign_in"]["title"] in form.text
    account = account_of(running.engine, Role.GUARD, "riverside")
    browser.send(form, "/sign-in", username=account.username, password=PASSWORD)
    own = browser.load(f"/account?lang={language}")
    for part in (words["account"]["title"], account.name, words["role"]["guard"], "riverside", account.username):
        assert part in said(own)
    away = browser.load(f"/cases/lakeside/gate-1/00c0ffee/1?lang={language}")
    assert away.status_code == 403
    assert words["turned_away"]["role"] in said(away)
    for page in (form, own, away):
        assert page.headers["Cache-Control"] == "no-store"
        policy = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
        assert (policy["default-src"], policy["script-src"], policy["form-action"]) == ("'none'", "'self'", "'self'")
        assert not re.search(r"<script|<style| style=| on\w+=", page.text)


def test_nothing_of_what_was_typed_is_logged(running: Running, capfd: pytest.CaptureFixture[str]) -> None:
    Browser(running).sign_in("planted-username", "planted password 17")
    assert "planted" not in "".join(capfd.readouterr())


def test_whoever_watches_a_demo_signs_in_with_the_printed_password_and_no_other(running: Running) -> None:
    watcher = Watcher(username=f"demo-{secrets.token_hex(4)}")
    assert len(set(watcher.password) - {"-"}) > 4
    assert watcher.password not in repr(watcher)
    named = {"compound": accounts.EVERYWHERE, "role": Role.ADMIN, "name": "Demo", "username": watcher.username}
    accounts.add(running.engine, CHEAP, named, watcher.password, CHEN, now_us())
    session = Browser(running).session
    watcher.sign_in(session, running.url)
    assert session.get(f"{running.url}/api/v1/logs", timeout=WAIT_S).status_code == 200
    with pytest.raises(NotLetIn, match="status 401"):
        Watcher(watcher.username).sign_in(Browser(running).session, running.url)


def test_a_program_is_told_in_one_sentence(running: Running) -> None:
    for path in ("/api/v1/logs", "/live"):
        answer = requests.get(running.url + path, timeout=WAIT_S)
        assert (answer.status_code, answer.json()) == (401, {"error": "sign in first"})


def test_a_listener_who_is_signed_out_hears_nothing_more() -> None:
    async def hear(still: list[bool]) -> list[bytes]:
        board = Board(lambda: Latest((), ()), beat_s=0.001)

        async def answer() -> bool:
            return still.pop(0)

        found: AsyncIterator[bytes] = _stream(board, "en", "", answer)
        async with aclosing(found) as stream:  # type: ignore[type-var]  # a generator is behind it
            return [event async for event in stream]

    heard = asyncio.run(hear([True, True, False]))
    assert heard[-1] == OVER
    assert json.loads(heard[1].split(b"data: ")[1])["order"] == []
