"""The pages of policies as somebody at a browser without script meets them, in all four languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kiosk.model import Facts, VisitId
from kiosk.policy.check import SENTENCES
from kiosk.records import decision_draft
from kiosk.weighing import decided
from sync.central.access import Role
from sync.central.opening import wall_us
from sync.central.rules.reached import Has
from sync.central.staff.door import COOKIE
from sync.central.words import LANGUAGES, WORDS
from tests.kiosk.policy.test_check import BROKEN
from tests.kiosk.policy.visitors import RESIDENT, SHIPPED, reading
from tests.sync.central.documents import policy
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.serving import Running, server
from tests.sync.central.signed_in import account_of, cookie_of
from tests.sync.central.staff.browsing import Browser, said

LEVEL_2 = policy(2, "response-level-2")
WARMER = LEVEL_2.replace(b"= 37.1", b"= 36.7").replace(b"37.3", b"36.8")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("server")) as found:
        log = KioskLog()
        for place, body_c in enumerate((36.0, 36.9, 37.5)):
            facts = Facts(reading(body_c), RESIDENT)
            answer = decided(SHIPPED["response-level-2"], facts, {})
            log.append(decision_draft(log.stamp(wall_us() - 1_000_000), VisitId(f"v{place}"), answer, facts, {}))
        found.send(log)
        yield found


def browser_of(running: Running, role: Role, language: str = "en", compound: str = "riverside") -> Browser:
    browser = Browser(running, language)
    browser.session.cookies.set(COOKIE, cookie_of(running.engine, account_of(running.engine, role, compound)))
    return browser


def bring(browser: Browser, body: bytes, gate: str = "") -> requests.Response:
    page = browser.load("/policies")
    return browser.send(page, "/policies", document=body.decode(), gate=gate)


def test_a_manager_brings_a_document_and_an_administrator_signs_it(running: Running) -> None:
    manager, admin = browser_of(running, Role.MANAGER), browser_of(running, Role.ADMIN)
    kept = bring(manager, WARMER.replace(b"\n", b"\r\n"))
    assert kept.status_code == 200
    words = said(kept)
    assert "The check finds nothing wrong." in words
    assert re.search(r"<code>temperature.raised</code>.*?<del>37.3</del>.*?<ins>36.8</ins>", words, re.DOTALL)
    assert "/sign?" not in words
    tried = manager.load(re.search(r'href="(/policies/riverside/\d+/replay)', words)[1])  # type: ignore[index]
    assert "1 of 3 visits in the last 7 days would have ended differently." in said(tried)
    assert "gate-1/00c0ffee/2" in tried.text
    draft = admin.load(kept.url.removeprefix(running.url))
    signed = admin.send(draft, "/policies/", **{"from": "2199-01-01T00:00"})
    assert signed.status_code == 200, said(signed)
    assert "Signed by 王芳" in said(signed)
    first = said(admin.load("/policies"))
    assert "2199-01-01 00:00</time>" in first
    assert first.index("To come") < first.index("2199-01-01")


def test_a_document_may_be_a_file(running: Running) -> None:
    manager = browser_of(running, Role.MANAGER)
    page = manager.load("/policies")
    sent = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert sent is not None
    fields = {"csrf": sent[1], "compound": "riverside", "document": "", "gate": ""}

    def brought(body: bytes) -> requests.Response:
        file = {"file": ("规定.toml", body)}
        return manager.session.post(f"{running.url}/policies", fields, files=file, timeout=20)

    kept = brought(LEVEL_2)
    assert kept.status_code == 200
    assert "response-level-2@2" in said(kept)
    assert "id = &#34;response-level-2&#34;" in kept.text
    assert "it is not UTF-8 text" in said(brought(b"# \xff\n" + LEVEL_2))
    assert brought(b"#" * 2_000_000).status_code == 413


def test_a_manager_cannot_sign_though_they_know_where(running: Running) -> None:
    manager = browser_of(running, Role.MANAGER)
    kept = bring(manager, LEVEL_2)
    sent = re.search(r'name="csrf" value="(\w+)"', kept.text)
    assert sent is not None
    path = kept.url.removeprefix(running.url).partition("?")[0]
    assert manager.post(f"{path}/sign", {"csrf": sent[1]}).status_code == 403
    assert "Not signed" in said(manager.load(path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_check_finds_is_said_in_the_readers_language_and_stops_the_signature(
    running: Running, language: str
) -> None:
    admin = browser_of(running, Role.ADMIN, language)
    kept = bring(admin, (BROKEN / "people-left-out.toml").read_bytes())
    words = WORDS[language]
    assert words["check"]["left_out"].format(kind=words["visitor"]["courier"]) in said(kept)
    assert "/sign?" not in kept.text
    gone = admin.send(kept, kept.url.removeprefix(running.url).partition("?")[0] + "/discard")
    assert gone.status_code == 200
    assert kept.url.removeprefix(running.url).partition("?")[0] not in gone.text


def test_what_cannot_be_read_is_said_and_what_was_typed_stays(running: Running) -> None:
    manager = browser_of(running, Role.MANAGER)
    answer = bring(manager, b"schema = 1\n# <b>mine</b>")
    assert answer.status_code == 422
    assert "the key 'id' is missing" in said(answer)
    assert "# &lt;b&gt;mine" in answer.text


def test_a_time_at_which_a_document_cannot_count_is_refused(running: Running) -> None:
    admin = browser_of(running, Role.ADMIN)
    kept = bring(admin, LEVEL_2)
    for typed, sentence in (("soon", "the time is none"), ("2019-01-01T00:00", "before the time that it names")):
        answer = admin.send(kept, kept.url.removeprefix(running.url).partition("?")[0] + "/sign", **{"from": typed})
        assert (answer.status_code, sentence in said(answer)) == (422, True)


def test_nobody_brings_rules_for_a_compound_that_is_not_theirs_or_not_there(running: Running) -> None:
    manager = browser_of(running, Role.MANAGER)
    page = manager.load("/policies")
    assert manager.send(page, "/policies", document=LEVEL_2.decode(), compound="lakeside").status_code == 403
    assert manager.send(page, "/policies", document=LEVEL_2.decode(), compound="").status_code == 422
    assert manager.send(page, "/policies", document=LEVEL_2.decode(), gate="../x").status_code == 422
    everywhere = browser_of(running, Role.ADMIN, compound="*")
    page = everywhere.load("/policies")
    assert everywhere.send(page, "/policies", document=LEVEL_2.decode(), compound="new").status_code == 422
    foreign = browser_of(running, Role.ADMIN, compound="lakeside")
    assert foreign.load("/policies/riverside/1").status_code == 403
    assert foreign.load("/policies?compound=riverside").status_code == 403


@pytest.mark.parametrize(
    ("next_from", "told"), [(None, True), ("2199-02-01T00:00", False), ("2199-03-01T00:00", True)], ids=str
)
def test_that_the_rules_run_out_is_said_until_somebody_sees_to_it(
    running: Running, next_from: str | None, told: bool
) -> None:
    compound = f"c{next_from or 'x'}".lower().replace(":", "")
    log = KioskLog(compound=compound)
    log.passage()
    running.send(log)
    admin = browser_of(running, Role.ADMIN, compound=compound)
    admin.send(bring(admin, b"until = 2199-02-01T00:00:00\n" + policy(1)), "/policies/")
    if next_from is not None:
        admin.send(bring(admin, policy(2)), "/policies/", **{"from": next_from})
    assert ("From 2199-02-01 00:00 (Asia/Shanghai) on, no rules" in said(admin.load("/policies"))) is told


def test_a_draft_that_is_not_there_is_said_so(running: Running) -> None:
    manager = browser_of(running, Role.MANAGER)
    for path in ("/policies/riverside/999999", "/policies/riverside/999999/replay"):
        assert manager.load(path).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_in_the_readers_language(running: Running, language: str) -> None:
    manager = browser_of(running, Role.MANAGER, language)
    kept = bring(manager, WARMER)
    words = WORDS[language]["policies"]
    assert words["title"] in said(manager.load("/policies"))
    assert SHIPPED["response-level-2"].title[language] in said(kept)
    tried = manager.load(kept.url.removeprefix(running.url).partition("?")[0] + "/replay")
    assert words["replayed"].format(different=1, visits=3, days=7) in said(tried)


def test_every_finding_and_every_state_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        assert WORDS[language]["check"].keys() == SENTENCES.keys()
        assert WORDS[language]["policy_state"].keys() == set(Has)
        for code, sentence in SENTENCES.items():
            wanted = {name.partition("!")[0] for name in re.findall(r"\{(\w+(?:!r)?)\}", sentence)}
            assert set(re.findall(r"\{(\w+)\}", WORDS[language]["check"][code])) == wanted


def test_a_server_where_nobody_was_heard_has_a_page_too(tmp_path: Path) -> None:
    with server(tmp_path) as found:
        page = browser_of(found, Role.ADMIN, compound="*").load("/policies")
        assert page.status_code == 200
        assert "No gate has been heard yet" in said(page)
