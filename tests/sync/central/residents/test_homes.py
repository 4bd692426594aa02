"""A resident's own page: whom they invite, what gates make of it, what they see, and who gets to see it."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import select

from kiosk.credentials import TrustList, parse_trust
from kiosk.credentials.passes import verify
from kiosk.credentials.revocations import parse_revocations
from kiosk.demo.phone import code_in
from kiosk.evidence import Credential, Verdict
from kiosk.model import Facts
from kiosk.staleness import Kind
from kiosk.standing import consent
from kiosk.units import Seconds, WallTime
from sync.central.document_key import DocumentKey
from sync.central.publishing import Documents
from sync.central.residents.consents import Consents
from sync.central.residents.homes import Homes
from sync.central.residents.invitations import KINDS, MOST, TYPED_TIME, Invitations
from sync.central.residents.premises import Premises
from sync.central.residents.tables import consent_delivery
from sync.central.residents.words import WORDS
from sync.central.words import LANGUAGES
from tests.sync.central.enrolling import enrol, now_us
from tests.sync.central.forms.phones import Phone, forms_server, said
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.residents.homes import Gate, Mailbox, mailbox, settle
from tests.sync.central.residents.test_consent import visit_to
from tests.sync.central.serving import WAIT_S, Running, document_key
from tests.sync.central.vaults import sealer_of, vault_in

ZONE = ZoneInfo("Asia/Shanghai")
LIGHT = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with forms_server(folder, passes=True) as found:
        yield found


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def host(running: Running, folder: Path, box: Mailbox) -> str:
    return settle(running.engine, folder, "12-301", "王芳", box.url)


def documents(running: Running, folder: Path) -> Documents:
    return Documents(running.engine, document_key(folder), now_us)


def page_of(running: Running, folder: Path, resident: str, days: int = 30) -> str:
    """The path of a resident's page."""
    vault = vault_in(folder)
    invitations = Invitations(running.engine, vault, None, documents(running, folder), now_us, "Asia/Shanghai")
    homes = Homes(Premises(running.engine, vault, document_key(folder), now_us, lambda: 0.0, lambda: ""), invitations)
    found = homes.issue("riverside", resident, days)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def path(running: Running, folder: Path, host: str) -> str:
    return page_of(running, folder, host)


def typed(**changed: str) -> dict[str, str]:
    now = datetime.now(ZONE)
    usual = {"name": "李娜", "visitor": "guest", "plate": "", "act": "invite", "language": "en"}
    return {
        **usual,
        "begins": (now - timedelta(minutes=5)).strftime(TYPED_TIME),
        "ends": (now + timedelta(hours=3)).strftime(TYPED_TIME),
        **changed,
    }


def post(running: Running, path: str, sent: dict[str, str]) -> requests.Response:
    return Phone(running, "en").session.post(running.url + path, sent, timeout=WAIT_S)


def links(page: str) -> list[str]:
    """The paths of the passes that a page leads to."""
    return ["/g/" + part.partition('"')[0] for part in page.split("/g/")[1:]]


def trust(folder: Path) -> TrustList:
    public = DocumentKey(folder / "pass-key", "pass key").public()
    key = base64.b64encode(bytes.fromhex(public)).decode()
    issuer = {"kind": "pass", "id": "forms", "key": key, "compounds": ["riverside"], "visitors": sorted(KINDS)}
    said = {"schema": 1, "id": "t", "issued_at": "2026-11-01T00:00:00Z", "issuers": [issuer]}
    return parse_trust(json.dumps(said).encode(), "trust.json").for_compound("riverside")


def shown(running: Running, folder: Path, link: str, at_us: int | None = None) -> tuple[str, Credential]:
    """The pass that a guest's page shows, as a gate without a network sees it."""
    text = code_in(Phone(running, "en").load(link).text)
    assert text is not None
    return text, verify(text.encode(), trust(folder), WallTime(at_us or now_us()), Seconds(2.0))


def test_an_invitation_is_a_pass_that_a_gate_believes_by_its_signature_and_takes_for_consent(
    running: Running, path: str, folder: Path
) -> None:
    answer = post(running, path, typed(plate="沪A12345"))
    assert answer.status_code == 200, answer.text
    assert WORDS["en"]["home"]["made"] in said(answer)
    assert "沪A12345" in said(answer)
    (link, *_) = links(said(answer))
    _, found = shown(running, folder, link)
    assert (found.verdict, found.visitor, found.unit, found.single_use) == (Verdict.VALID, "guest", "12-301", True)
    assert consent(Facts(admission_pass=found)) == "given"
    assert shown(running, folder, link, now_us() + 4 * 3600 * 1_000_000)[1].verdict is Verdict.EXPIRED


def test_an_invitation_that_is_taken_back_goes_down_as_a_revocation_beside_those_there_were(
    running: Running, path: str, folder: Path
) -> None:
    published = documents(running, folder)
    before = {"revocations": 1, "compound": "riverside", "passes": ["aa" * 12], "keys": [], "issuers": ["old"]}
    published.publish("riverside", Kind.REVOCATIONS, json.dumps(before).encode(), "Wang Fang")
    page = said(post(running, path, typed(name="Zhang Wei", many="1")))
    link = links(page.partition("Zhang Wei")[2])[0]
    _, found = shown(running, folder, link)
    assert not found.single_use
    assert found.serial is not None
    after = said(post(running, path, {"act": "revoke", "pass": found.serial, "language": "ko"}))
    assert WORDS["ko"]["home"]["taken_back"] in after
    assert Phone(running).load(link).status_code == 410
    newest = [one for one in published.since("riverside", "gate-1", 0) if one.publication.kind == Kind.REVOCATIONS][-1]
    revoked = parse_revocations(newest.body, "revocations", "riverside")
    assert revoked.passes == {"aa" * 12, found.serial}
    assert revoked.issuers == {"old"}
    assert post(running, path, {"act": "revoke", "pass": "00" * 12}).status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "Li\u202eNa"}, "name"),
        ({"visitor": "resident"}, "visitor"),
        ({"visitor": "courier"}, "visitor"),
        ({"begins": "soon"}, "begins"),
        ({"begins": "9999-01-01T00:00"}, "begins"),
        ({"ends": "2020-01-01T00:00"}, "ends"),
        ({"ends": "2098-01-01T00:00"}, "ends"),
        ({"plate": "x" * 20}, "plate"),
    ],
)
def test_what_makes_no_invitation_is_said_beside_the_field_and_stays(
    running: Running, path: str, changed: dict[str, str], field: str
) -> None:
    answer = post(running, path, typed(**changed))
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    assert 'value="李娜"' in answer.text or "name" in changed


def test_a_home_sees_its_own_visits_and_nobody_elses(
    running: Running, path: str, folder: Path, box: Mailbox, host: str
) -> None:
    vault = vault_in(folder)
    device = enrol(running.engine, gate="gate-7")
    log = KioskLog(device=device.place.device, log_id="000000b7")
    log.passage(sealer=sealer_of(vault), person={"unit": "12 301"}, at_us=now_us())
    log.passage(sealer=sealer_of(vault), person={"unit": "8-808"}, at_us=now_us())
    running.session.post(running.url + log.path, log.body(), auth=device, timeout=WAIT_S).raise_for_status()
    visit_to(running, device, Gate(running, device, folder))
    box.path()
    other = page_of(running, folder, settle(running.engine, folder, "8-808", "Li Lei", box.url))
    mine, theirs = (said(Phone(running, "en").load(one)).partition("Visits to your home")[2] for one in (path, other))
    assert mine.count(WORDS["en"]["home"]["admit"]) == 1
    assert mine.count(WORDS["en"]["home"]["asked"]) == 1
    assert theirs.count(WORDS["en"]["home"]["admit"]) == 1
    assert WORDS["en"]["home"]["asked"] not in theirs
    assert "李娜" not in mine


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_light_run_nothing_and_stand_in_every_language(running: Running, path: str, language: str) -> None:
    phone = Phone(running, language)
    page = phone.load(path)
    home = WORDS[language]["home"]
    assert all(home[code] in said(page) for code in ("invite", "name", "begins", "many", "make", "standing", "visits"))
    (link, *_) = links(said(page)) or links(said(post(running, path, typed())))
    guest = phone.load(link.partition("?")[0])
    assert WORDS[language]["guest"]["hold"] in said(guest)
    ask = phone.load("/home/riverside")
    assert WORDS[language]["ask"]["intro"] in said(ask)
    for one in (page, guest, ask):
        assert "<script" not in one.text
        assert len(one.content) < LIGHT


def test_a_guests_page_tells_nothing_of_the_home(running: Running, path: str, folder: Path) -> None:
    (link, *_) = links(said(post(running, path, typed(name="Secret Guest"))))
    page = said(Phone(running, "en").load(link))
    assert not [text for text in ("Secret Guest", "12-301", "王芳") if text in page]


def test_a_link_is_for_one_purpose_and_one_time(running: Running, path: str, folder: Path, host: str) -> None:
    token = path.rpartition("/")[2]
    phone = Phone(running, "ja")
    assert phone.load(f"/c/{token}").status_code == 404
    assert phone.load(f"/g/{token}").status_code == 404
    assert phone.load(f"/h/{token[:-2]}AA").status_code == 404
    over = page_of(running, folder, host, days=0)
    assert phone.load(over).status_code == 410
    assert WORDS["ja"]["bad"]["expired"] in said(phone.load(over))


def test_a_link_that_is_asked_for_goes_to_the_registered_address_and_tells_the_asker_nothing(
    box: Mailbox, tmp_path: Path
) -> None:
    with forms_server(tmp_path) as running:
        settle(running.engine, tmp_path, "5-501", "Li Na", box.url, language="ko")
        sent = {"unit": "5-501", "name": "li na", "language": "en"}
        answers = [post(running, "/home/riverside", one) for one in ({**sent, "name": "王芳"}, sent, sent)]
        assert len({one.text for one in answers}) == 1
        assert WORDS["en"]["ask"]["done"] in said(answers[0])
        got = box.got.get(timeout=10)
        assert WORDS["ko"]["ask"]["text"] in got["text"]
        path = "/" + got["link"].split("/", 3)[3]
        assert "5-501" in said(Phone(running).load(path))
        for _ in range(4):
            post(running, "/home/riverside", sent)
        assert post(running, "/home/riverside", sent).status_code == 429
        assert box.got.empty()


def test_a_home_has_so_many_invitations_and_no_more(running: Running, folder: Path, box: Mailbox) -> None:
    path = page_of(running, folder, settle(running.engine, folder, "1-101", "Many", box.url))
    statuses = {post(running, path, typed()).status_code for _ in range(MOST)}
    assert statuses == {200}
    assert WORDS["en"]["home"]["too_many_wrong"] in said(post(running, path, typed()))


def test_whoever_has_no_pass_key_is_offered_no_invitations(tmp_path: Path, box: Mailbox) -> None:
    with forms_server(tmp_path) as running:
        path = page_of(running, tmp_path, settle(running.engine, tmp_path, "5-501", "Li Na", box.url))
        page = said(Phone(running, "en").load(path))
    assert WORDS["en"]["home"]["invite"] not in page
    assert WORDS["en"]["home"]["visits"] in page


def test_what_was_asked_and_who_was_expected_is_forgotten_in_time(tmp_path: Path, box: Mailbox) -> None:
    with forms_server(tmp_path) as running:
        path = page_of(running, tmp_path, settle(running.engine, tmp_path, "12-301", "Li Na", box.url))
        device = enrol(running.engine)
        gate = Gate(running, device, tmp_path)
        visit_to(running, device, gate)
        answered = post(running, box.path(), {"answer": "given"})
        assert answered.status_code == 200
        assert len(gate.answers()) == 1
        later = now_us() + 40 * 86_400_000_000
        vault, key = vault_in(tmp_path), document_key(tmp_path)
        premises = Premises(running.engine, vault, key, lambda: later, lambda: 0.0, lambda: "")
        consents = Consents(premises)
        invitations = Invitations(running.engine, vault, None, documents(running, tmp_path), lambda: later, "UTC")
        homes = Homes(premises, invitations)
        assert (consents.forget(lambda _: 50), consents.forget(lambda _: 30)) == (0, 1)
        assert (invitations.forget(lambda _: 30), homes.forget()) == (0, 1)
        with running.engine.connect() as connection:
            assert connection.execute(select(consent_delivery)).all() == []
        assert Phone(running).load(path).status_code == 410
