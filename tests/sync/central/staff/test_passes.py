"""Passes issued by a manager on a page: what a gate makes of them, printed anew, listed, and taken back."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kiosk.credentials.passes import read, verify
from kiosk.credentials.trust_document import parse_trust
from kiosk.evidence import Verdict
from kiosk.pass_key import read_pass_key
from kiosk.staleness import Kind
from kiosk.units import WallTime
from sync.central.access import Role, recorded
from sync.central.config import PassesSection
from sync.central.passes.entries import FIELDS, LONGEST_DAYS, entry_of
from sync.central.passes.issuing import Passes
from sync.central.publishing import Documents
from sync.central.schema import document, issued_pass
from sync.central.words import LANGUAGES, WORDS
from tests.command_line import gatepost
from tests.sync.central.enrolling import now_us
from tests.sync.central.serving import Running, document_key, server
from tests.sync.central.signed_in import account_of
from tests.sync.central.staff.browsing import Browser, said

WORD = WORDS["en"]
TODAY = date.today()
COURIERS = {
    "visitor": "courier",
    "label": "顺丰速运",
    "from": str(TODAY),
    "until": str(TODAY + timedelta(days=30)),
    "language": "zh",
}
SCRIPT = '<script>alert("1")</script>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("passes")


@pytest.fixture(scope="module")
def issuer(folder: Path) -> str:
    """The key as the command makes it; its entry for a trust list."""
    visitors = ("courier", "staff", "renovation")
    options = [word for visitor in visitors for word in ("--visitor", visitor)]
    made = gatepost("pass", "key", folder / "passes.pem", "--id", "office", "--compound", "riverside", *options)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def running(folder: Path, issuer: str) -> Iterator[Running]:
    with server(folder, passes=PassesSection(key=str(folder / "passes.pem"))) as found:
        yield found


@pytest.fixture
def manager(running: Running) -> Browser:
    browser = Browser(running)
    browser.sign_in(account_of(running.engine, Role.MANAGER, "riverside").username)
    return browser


def passes_of(running: Running, folder: Path) -> Passes:
    documents = Documents(running.engine, document_key(folder), now_us)
    return Passes(running.engine, folder / "passes.pem", documents, now_us)


def issued(manager: Browser, **typed: str) -> str:
    """Issue a pass; its address."""
    answer = manager.send(manager.load("/passes"), "/passes", **{**COURIERS, **typed})
    assert WORD["passes"]["issued"] in said(answer), said(answer)
    return answer.url.removeprefix(manager.url).partition("?")[0]


def test_a_company_s_pass_is_what_its_gates_believe_and_prints_the_same_each_time(
    running: Running, manager: Browser, folder: Path, issuer: str
) -> None:
    path = issued(manager, unit="12", gates="north, south", begins="08:00", ends="18:00", **{"day-mon": "1"})
    _, _, compound, pass_id = path.split("/")
    passes = passes_of(running, folder)
    text = passes.text(passes.find(compound, pass_id))
    claims = read(text.encode()).claims
    assert (claims.visitor, claims.uses, claims.unit, claims.language, claims.holder) == (
        "courier",
        "multiple",
        "12",
        "zh",
        None,
    )
    assert claims.terms.gates == ("north", "south")
    assert [(span.begins, span.ends, sorted(span.days)) for span in claims.terms.hours] == [(480, 1080, [0])]
    listed = {"schema": 1, "id": "l", "issued_at": "2026-01-01T00:00:00Z", "issuers": [json.loads(issuer)]}
    trust = parse_trust(json.dumps(listed).encode(), "office.json")
    assert verify(text.encode(), trust, WallTime(now_us())).verdict is Verdict.VALID
    first, second = (manager.load(path) for _ in "12")
    assert re.findall(r"<svg.*?</svg>", first.text, re.DOTALL) == re.findall(r"<svg.*?</svg>", second.text, re.DOTALL)
    for part in ("顺丰速运", "north, south", "08:00-18:00 Mon", WORD["pass_state"]["counts"]):
        assert part in said(first)
    # What is in the database opens no gate.
    with running.engine.connect() as connection:
        rows = "".join(map(repr, connection.execute(select(issued_pass))))
        (*_, last) = recorded(connection, "riverside")
    assert base64.b16encode(read(text.encode()).signature).decode().lower() not in rows
    assert "GP2:" not in rows
    assert (last["act"], last["role"], json.loads(last["subject"])["did"]) == ("pass", "manager", "issued")


def test_a_pass_that_is_taken_back_is_published_as_revoked_beside_what_was_revoked_before(
    running: Running, manager: Browser, folder: Path
) -> None:
    documents = Documents(running.engine, document_key(folder), now_us)
    before = {"revocations": 1, "compound": "riverside", "passes": ["00" * 12], "keys": ["11" * 8]}
    documents.publish("riverside", Kind.REVOCATIONS, json.dumps(before).encode(), "Li")
    documents.publish("riverside", Kind.REVOCATIONS, json.dumps(before | {"keys": []}).encode(), "Li", gate="north")
    path = issued(manager)
    pass_id = path.rpartition("/")[2]
    page = manager.load(path)
    # Whoever sends it twice changes nothing.
    first, answer = (manager.send(page, f"{path}/revoke") for _ in "12")
    assert WORD["passes"]["revoked"] in said(first)
    assert 'class="qr"' not in answer.text
    assert WORD["pass_state"]["revoked"] in said(answer)
    with running.engine.connect() as connection:
        query = select(document.c.gate, document.c.body).where(document.c.kind == Kind.REVOCATIONS)
        published = connection.execute(query.order_by(document.c.number)).all()
    assert len(published) == 4
    lists = {gate: json.loads(body) for gate, body in published}
    assert lists[""] == before | {"passes": sorted(["00" * 12, pass_id])}
    assert lists["north"]["passes"] == sorted(["00" * 12, pass_id])


def test_a_list_of_what_was_issued_is_kept_where_there_is_one_for_the_key(
    running: Running, folder: Path, manager: Browser
) -> None:
    documents = Documents(running.engine, document_key(folder), now_us)
    passes = passes_of(running, folder)

    def published() -> list[str]:
        with running.engine.connect() as connection:
            query = select(document.c.body).where(document.c.kind == Kind.PASSES, document.c.compound == "riverside")
            body = connection.execute(query.order_by(document.c.number.desc())).scalars().first()
        found: list[str] = json.loads(body or b"{}").get("issued", [])
        return found

    assert published() == []
    before = issued(manager).rpartition("/")[2]
    key = passes.find("riverside", before).key_id
    kept = {"passes": 1, "compound": "riverside", "keys": [key], "issued": [before]}
    documents.publish("riverside", Kind.PASSES, json.dumps(kept).encode(), "Li")
    path = issued(manager)
    assert published() == [before, path.rpartition("/")[2]]
    manager.send(manager.load(path), f"{path}/revoke")
    assert published() == [before]
    documents.publish("riverside", Kind.PASSES, json.dumps(kept | {"keys": ["00" * 8], "issued": []}).encode(), "Li")
    issued(manager)
    assert published() == []


@pytest.mark.parametrize(
    ("typed", "name", "code"),
    [
        ({"visitor": "resident"}, "visitor", "choose"),
        ({"label": " "}, "label", "label"),
        ({"label": "x" * 81}, "label", "long"),
        ({"unit": "十二栋三单元五零一"}, "unit", "long"),
        ({"from": "soon"}, "from", "date"),
        ({"until": ""}, "until", "date"),
        ({"until": str(TODAY - timedelta(days=1))}, "until", "order"),
        ({"until": str(TODAY + timedelta(days=LONGEST_DAYS + 1))}, "until", "year"),
        ({"gates": "North Gate!"}, "gates", "gate"),
        ({"gates": "a b c d e f g h i"}, "gates", "many_gates"),
        ({"begins": "08:00"}, "begins", "hours"),
        ({"begins": "8", "ends": "9"}, "begins", "hours"),
        ({"label": SCRIPT, "language": "fr"}, "language", "choose"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_stays_typed(
    manager: Browser, typed: dict[str, str], name: str, code: str
) -> None:
    answer = manager.send(manager.load("/passes"), "/passes", **{**COURIERS, **typed})
    assert answer.status_code == 422
    assert SCRIPT not in answer.text
    assert WORD["passes"]["mistakes"] in said(answer)
    if name != "language":
        assert WORD["pass_wrong"][code].format(days=LONGEST_DAYS, gates=8) in said(answer)
    assert said(answer).count("顺丰速运") >= (0 if "label" in typed else 1)


def test_nobody_issues_for_another_compound(running: Running, manager: Browser) -> None:
    answer = manager.send(manager.load("/passes"), "/passes", **COURIERS, compound="lakeside")
    assert answer.status_code == 403
    browser = Browser(running)
    browser.sign_in(account_of(running.engine, Role.ADMIN).username)
    answer = browser.send(browser.load("/passes"), "/passes", **COURIERS, compound="lakeside")
    assert "/passes/lakeside/" in answer.url
    assert manager.load(answer.url.removeprefix(browser.url)).status_code == 403
    assert "lakeside" not in manager.load("/passes").text


def test_a_server_without_a_key_says_so_and_issues_none(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        browser = Browser(running)
        browser.sign_in(account_of(running.engine, Role.MANAGER, "riverside").username)
        page = browser.load("/passes")
        assert WORD["passes"]["no_key"] in said(page)
        answer = browser.send(page, "/passes", **COURIERS)
        assert (answer.status_code, WORD["passes"]["unsigned"] in said(answer)) == (503, True)
        assert WORD["passes"]["none"] in said(answer)
        assert browser.load(f"/passes/riverside/{'0' * 24}").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_the_readers_language_and_run_nothing(manager: Browser, language: str) -> None:
    words = WORDS[language]
    page = manager.load(f"/passes?lang={language}")
    for part in (words["passes"]["title"], words["passes"]["label_hint"], words["pass_field"]["until"], words["day"]["sun"]):
        assert part in said(page)
    one = manager.load(f"{issued(manager)}?lang={language}")
    for part in (words["passes"]["hold_up"], words["passes"]["revoke"], words["pass_state"]["counts"]):
        assert part in said(one)
    for found in (page, one):
        assert not re.search(r"<script|<style| style=| on\w+=", found.text)


@given(st.dictionaries(st.sampled_from([*FIELDS, "day-mon"]), st.text(max_size=20)))
def test_whatever_is_sent_is_an_entry_with_what_is_wrong(sent: dict[str, str]) -> None:
    entry = entry_of(sent, "riverside", TODAY)
    assert set(entry.wrong) <= set(FIELDS)
    assert entry.typed["compound"] == "riverside"


def test_a_key_that_others_may_read_signs_nothing(folder: Path, issuer: str, tmp_path: Path) -> None:
    copy = tmp_path / "open.pem"
    copy.write_bytes((folder / "passes.pem").read_bytes())
    copy.chmod(0o644)
    with pytest.raises(ValueError, match="can be read by others"):
        read_pass_key(copy)
