"""Acting on cases from their pages, at a real server: who may, what is recorded, and what two at once are told."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.cases import Cause
from sync.central.access import Role, recorded
from sync.central.case_entries import entry_of
from sync.central.holdings import EventName
from sync.central.staff.typed import line_of, number_of
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.serving import Running, server
from tests.sync.central.signed_in import account_of
from tests.sync.central.staff.browsing import Browser, said
from tests.sync.central.test_cases import opens

WORD = WORDS["en"]
SCRIPT = '<script>alert("1")</script>'
GATES = iter(range(1000))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture
def fever(running: Running) -> EventName:
    """A case of the test's own."""
    log = KioskLog(f"gate-{next(GATES)}")
    name = opens(log, Cause.TEMPERATURE)
    running.send(log)
    return EventName(log.compound, log.device, name.log_id, name.seq)


def somebody(running: Running, role: Role = Role.GUARD, language: str = "en") -> Browser:
    browser = Browser(running, language)
    browser.sign_in(account_of(running.engine, role, "riverside").username)
    return browser


def test_a_case_goes_from_the_second_reading_to_its_end_under_the_names_of_who_acted(
    running: Running, fever: EventName
) -> None:
    path, guard, manager = f"/cases/{fever}", somebody(running), somebody(running, Role.MANAGER)
    page = guard.load(path)
    assert WORD["case"]["untouched"] in said(page)
    page = guard.send(page, path, act="measure", celsius=" ３８，２ ", note="rested for five minutes")
    assert WORD["case"]["done"] in said(page)
    assert WORD["case_state"]["confirmed"] in said(page)
    page = guard.send(page, path, act="report", to="Property office")
    page = guard.send(page, path, act="hand_over", to="Community health centre")
    assert page.status_code == 200
    # Whoever opened it at the gate does not close it.
    assert WORD["case_act"]["close"] in said(page)
    assert 'name="act" value="close"' not in page.text
    forced = guard.post(path, {"csrf": csrf(guard, "/account"), "act": "close", "seen": "3", "note": "well"})
    assert forced.status_code == 403
    page = manager.send(manager.load(path), path, act="close", note="well after three days")
    assert WORD["case_state"]["closed"] in said(page)
    assert WORD["cases"]["nothing"] in said(page)
    assert page.text.count("王芳 (guard-") == 3
    with running.engine.connect() as connection:
        told = [one for one in recorded(connection, "riverside") if one["act"] == "case"][-4:]
    assert [(one["role"], one["reason"]) for one in told] == [
        ("guard", "rested for five minutes"),
        ("guard", "on the page of the case"),
        ("guard", "on the page of the case"),
        ("manager", "well after three days"),
    ]
    assert all(one["who"].startswith("王芳 (") for one in told)


def csrf(browser: Browser, path: str) -> str:
    (token, *_) = re.findall(r'name="csrf" value="(\w+)"', browser.load(path).text)
    return str(token)


def test_whoever_was_overtaken_is_told_by_whom_and_what_they_typed_is_not_lost(running: Running, fever: EventName) -> None:
    path, first, second = f"/cases/{fever}", somebody(running), somebody(running)
    pages = first.load(path), second.load(path)
    assert first.send(pages[0], path, act="measure", celsius="36.9").status_code == 200
    answer = second.send(pages[1], path, act="measure", celsius="38.4", note="feels hot")
    assert answer.status_code == 409
    for part in (WORD["case_act"]["measure"], "王芳 (guard-", "38.4 °C · feels hot", WORD["case_state"]["normal"]):
        assert part in said(answer)
    # What they then do, they do knowing it.
    assert second.send(answer, path, act="measure", celsius="38.4").status_code == 200


def test_a_form_that_is_sent_twice_by_the_same_person_counts_once(running: Running, fever: EventName) -> None:
    path, guard = f"/cases/{fever}", somebody(running)
    page = guard.load(path)
    answers = [guard.send(page, path, act="report", to="Property office") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].text.count("→ Property office") == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"act": "measure", "celsius": ""}, "celsius"),
        ({"act": "measure", "celsius": "warm"}, "celsius"),
        ({"act": "measure", "celsius": "nan"}, "celsius"),
        ({"act": "measure", "celsius": "98.6"}, "celsius"),
        ({"act": "report", "to": " \u202e "}, "to"),
        ({"act": "report", "to": "x" * 201}, "long"),
        ({"act": "report", "to": SCRIPT, "note": "x" * 401}, "long"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_stays_typed(
    running: Running, fever: EventName, typed: dict[str, str], code: str
) -> None:
    path, guard = f"/cases/{fever}", somebody(running)
    answer = guard.send(guard.load(path), path, **typed)
    assert answer.status_code == 422
    assert WORD["case_wrong"][code].format(lowest=30, highest=45) in said(answer)
    assert 'aria-invalid="true"' in answer.text
    assert SCRIPT not in answer.text
    if typed.get("to") == SCRIPT:
        assert SCRIPT in said(answer)
    assert WORD["case"]["untouched"] in said(answer)


def test_what_is_no_entry_of_a_page_is_refused_and_nothing_is_recorded(running: Running, fever: EventName) -> None:
    path, guard = f"/cases/{fever}", somebody(running)
    token = csrf(guard, "/account")
    for fields in ({}, {"act": "forget", "seen": "0"}, {"act": "report", "seen": "x"}, {"act": "report", "seen": "-1"}):
        assert guard.post(path, {"csrf": token, **fields}).status_code == 422
    # An act that does not follow, and a case that is not there.
    handed = guard.post(path, {"csrf": token, "act": "hand_over", "seen": "0", "to": "x"})
    assert handed.status_code == 409
    assert WORD["case"]["out_of_order"] in said(handed)
    gone = guard.post(f"{path}9", {"csrf": token, "act": "report", "seen": "0", "to": "x"})
    assert gone.status_code == 404
    assert WORD["case"]["untouched"] in said(guard.load(path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_case_speaks_the_readers_language(running: Running, fever: EventName, language: str) -> None:
    words, guard = WORDS[language], somebody(running, Role.MANAGER, language)
    page = guard.load(f"/cases/{fever}")
    for part in (
        words["case"]["title"],
        words["case"]["celsius"],
        words["case"]["do_report"],
        words["office"]["health_centre"],
        words["case"]["hint"],
    ):
        assert part in said(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script|<style| style=| on\w+=|http-equiv", page.text)


@given(st.dictionaries(st.sampled_from(["act", "seen", "celsius", "to", "note"]), st.text(max_size=30) | st.just("measure")))
def test_whatever_is_sent_is_an_entry_or_none(sent: dict[str, str]) -> None:
    entry = entry_of(sent)
    assert entry is None or all(line_of(text) == text for text in entry.typed.values())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" a\r\n b\t", "a b"),
        ("王\u202e芳\u200b", "王芳"),
        ("e\u0301", "é"),
        ("\0\x07", ""),
        ("\ud800", ""),
        ("全角　ok", "全角 ok"),
    ],
)
def test_a_text_is_one_line_of_what_can_be_seen(text: str, line: str) -> None:
    assert line_of(text) == line


@pytest.mark.parametrize(("text", "number"), [("38.2", 38.2), ("38,2", 38.2), ("３８．２", 38.2), ("", None), ("1e", None)])
def test_a_number_is_read_as_people_write_it(text: str, number: float | None) -> None:
    assert number_of(text) == number
