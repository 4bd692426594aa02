"""A visitor's host is asked by a link, answers without an account, and the gate that waits hears of it within a second."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.declared import ConsentAnswered
from kiosk.model import VisitId
from kiosk.people import Consent
from sync.central.forms.words import WORDS as FORM_WORDS
from sync.central.residents.tables import consent_delivery, consent_request
from sync.central.residents.words import WORDS
from sync.central.words import LANGUAGES
from tests.sync.central.enrolling import Device, enrol
from tests.sync.central.forms.links import token_of
from tests.sync.central.forms.phones import GUEST, Phone, forms_server, said
from tests.sync.central.residents.homes import Gate, Mailbox, mailbox, settle
from tests.sync.central.serving import WAIT_S, Running

VISITS = iter(range(0xA000, 0xB000))
GIVEN, DECLINED = {"answer": "given"}, {"answer": "declined"}
LIGHT = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("consent")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with forms_server(folder) as found:
        yield found


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def device(running: Running, folder: Path, box: Mailbox) -> Device:
    """A gate of a house in which two people live at 12-301, and one, who cannot be reached, at 9-901."""
    settle(running.engine, folder, "12-301", "李丽娟", box.url)
    settle(running.engine, folder, "12 301", "Wang Lei", box.url, language="zh")
    settle(running.engine, folder, "9-901", "Li Na", "http://127.0.0.1:9/nobody")
    return enrol(running.engine)


@pytest.fixture(scope="module")
def gate(running: Running, device: Device, folder: Path) -> Gate:
    return Gate(running, device, folder)


def visit_to(running: Running, device: Device, gate: Gate, **typed: str) -> tuple[VisitId, str]:
    """Somebody sends the form and the gate asks; the visit, and where its phone looks."""
    visit = VisitId(f"{next(VISITS):016x}")
    answer = Phone(running).send(token_of(device, visit), {**GUEST, **typed})
    assert answer.status_code == 200
    gate.ask(visit)
    return visit, answer.url.removeprefix(running.url)


def asked(running: Running, device: Device, gate: Gate, box: Mailbox) -> tuple[VisitId, str, str]:
    """A visit to the home of two; the links of the two."""
    visit, _ = visit_to(running, device, gate)
    return visit, box.path(), box.path()


def answer(running: Running, path: str, **sent: str) -> str:
    return said(Phone(running).session.post(running.url + path, sent, timeout=WAIT_S))


@pytest.mark.parametrize("consent", [Consent.GIVEN, Consent.DECLINED])
def test_a_resident_answers_and_the_gate_hears_of_it_within_a_second(
    running: Running, device: Device, gate: Gate, box: Mailbox, consent: Consent
) -> None:
    visit, path, _ = asked(running, device, gate, box)
    page = said(Phone(running, "en").load(path))
    assert FORM_WORDS["en"]["category"]["guest"] in said(Phone(running).load(path.replace("zh", "en")))
    assert "李娜" in page
    assert "gate-1" in page
    began = time.monotonic()
    told = answer(running, path, answer=consent, language="en")
    assert WORDS["en"]["answered"]["given" if consent is Consent.GIVEN else "declined"] in told
    assert ConsentAnswered(visit, consent) in gate.answers()
    assert time.monotonic() - began < 1.0


def test_the_first_answer_counts_and_everybody_is_told_which_it_was(
    running: Running, device: Device, gate: Gate, box: Mailbox
) -> None:
    visit, first, second = asked(running, device, gate, box)
    answer(running, first, **GIVEN)
    again = answer(running, first, **DECLINED, language="en")
    assert WORDS["en"]["answered"]["already_given"] in again
    other = answer(running, second, **DECLINED, language="ja")
    assert WORDS["ja"]["answered"]["already_given"] in other
    assert WORDS["ja"]["answered"]["other"] in other
    assert WORDS["ko"]["answered"]["already_given"] in said(Phone(running, "ko").load(second.partition("?")[0]))
    assert [one.answer for one in gate.answers() if one.visit == visit] == [Consent.GIVEN]


def test_the_visitors_phone_shows_the_answer_and_never_whose_it_is(
    running: Running, device: Device, gate: Gate, box: Mailbox
) -> None:
    _, sent = visit_to(running, device, gate)
    waiting = Phone(running).load(sent)
    assert FORM_WORDS["en"]["sent"]["host_asked"] in said(waiting)
    assert int(waiting.headers["Refresh"]) <= 5
    answer(running, box.path(), **DECLINED)
    box.path()
    after = Phone(running).load(sent)
    assert FORM_WORDS["en"]["sent"]["host_declined"] in said(after)
    assert "Refresh" not in after.headers
    assert "李丽娟" not in said(after)
    gate.answers()


@pytest.mark.parametrize(
    ("typed", "reached"),
    [
        ({"unit": "12-301", "host": "李丽娟"}, 1),
        ({"unit": "12—301", "host": "nobody of that name"}, 2),
        ({"unit": "", "host": "wang lei"}, 1),
    ],
)
def test_whoever_was_named_is_asked(
    running: Running, device: Device, gate: Gate, box: Mailbox, typed: dict[str, str], reached: int
) -> None:
    visit, _ = visit_to(running, device, gate, **typed)
    for _ in range(reached):
        box.path()
    with running.engine.connect() as connection:
        rows = connection.execute(select(consent_delivery.c.resident).where(consent_delivery.c.visit == visit)).all()
    assert len(rows) == reached


@pytest.mark.parametrize("typed", [{"unit": "99-999"}, {"unit": "", "host": "a stranger"}, {"unit": "9-901"}])
def test_a_gate_does_not_wait_where_nobody_can_be_reached(
    running: Running, device: Device, gate: Gate, typed: dict[str, str]
) -> None:
    visit, sent = visit_to(running, device, gate, **typed)
    assert ConsentAnswered(visit, None) in gate.answers()
    assert FORM_WORDS["en"]["sent"]["host_unreached"] in said(Phone(running).load(sent))


def test_what_could_not_be_delivered_is_recorded_and_tried_again(running: Running, device: Device, gate: Gate) -> None:
    visit, _ = visit_to(running, device, gate, unit="9-901")
    assert ConsentAnswered(visit, None) in gate.answers()
    with running.engine.connect() as connection:
        row = connection.execute(select(consent_delivery).where(consent_delivery.c.visit == visit)).one()
    assert (row.delivered_us, row.attempts, row.failed) == (None, 1, "URLError")
    assert row.due_us is not None


def test_a_gate_that_asks_again_asks_nobody_twice(running: Running, device: Device, gate: Gate, box: Mailbox) -> None:
    visit, first, _ = asked(running, device, gate, box)
    gate.ask(visit)
    answer(running, first, **GIVEN)
    assert gate.answers() == [ConsentAnswered(visit, Consent.GIVEN)]
    gate.ask(visit)
    assert gate.answers() == [ConsentAnswered(visit, Consent.GIVEN)]
    assert box.got.empty()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_light_runs_nothing_and_stands_in_every_language(
    running: Running, device: Device, gate: Gate, box: Mailbox, language: str
) -> None:
    _, path, _ = asked(running, device, gate, box)
    page = Phone(running).load(f"{path.partition('?')[0]}?lang={language}")
    words = WORDS[language]["consent"]
    assert all(words[code] in said(page) for code in ("title", "give", "decline", "check"))
    assert FORM_WORDS[language]["category"]["guest"] in said(page)
    assert "<script" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert len(page.content) < LIGHT // 4


def test_an_address_that_is_changed_guessed_or_another_sites_says_so_and_nothing_else(tmp_path: Path) -> None:
    with forms_server(tmp_path) as running:
        phone = Phone(running, "ko")
        answers = [phone.load(f"/c/{'A' * number}") for number in (10, 40, 150, 4000)]
        answers.append(phone.session.post(f"{running.url}/c/{'A' * 150}", GIVEN, timeout=WAIT_S))
        assert [one.status_code for one in answers] == [404] * 5
        assert all(WORDS["ko"]["bad"]["foreign"] in said(one) for one in answers)
        late = phone.load(f"/c/{'B' * 150}")
        assert late.status_code == 429
        assert WORDS["ko"]["bad"]["busy"] in said(late)


@pytest.mark.parametrize("sent", [{}, {"answer": "perhaps"}, {"answer": "given", **{f"x{n}": "1" for n in range(9)}}])
def test_what_is_no_answer_changes_nothing(
    running: Running, device: Device, gate: Gate, box: Mailbox, sent: dict[str, str]
) -> None:
    visit, path, _ = asked(running, device, gate, box)
    found = Phone(running, "en").session.post(running.url + path, sent, timeout=WAIT_S)
    assert found.status_code == 413
    with running.engine.connect() as connection:
        row = connection.execute(select(consent_request).where(consent_request.c.visit == visit)).one()
    assert row.state == "asked"


def test_the_database_tells_nobody_who_lives_here_or_by_what_they_are_reached(
    running: Running, folder: Path, box: Mailbox
) -> None:
    running.engine.dispose()
    stored = b"".join(path.read_bytes() for path in folder.glob("central.sqlite*"))
    assert "李丽娟".encode() not in stored
    assert b"Wang Lei" not in stored
    assert box.url.encode() not in stored
