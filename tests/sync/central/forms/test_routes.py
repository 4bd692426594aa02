"""The visitor's form over HTTP, at a real server, as phones of all kinds load and send it."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from kiosk.model import VisitId
from sync.central.forms.words import WORDS
from sync.central.residents.link import SECRET_BYTES
from sync.central.schema import visitor_form
from sync.central.words import LANGUAGES
from sync.form_link import NONCE_BYTES
from tests.sync.central.enrolling import Device, enrol
from tests.sync.central.forms.links import token_of
from tests.sync.central.forms.phones import GUEST, Phone, forms_server, hidden, said, typed_in
from tests.sync.central.serving import Running
from tests.sync.central.vaults import vault_in

SCRIPT = '<script>alert("1")</script>'
LIGHT = 60_000
VISITS = iter(range(10_000))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with forms_server(folder) as found:
        yield found


@pytest.fixture(scope="module")
def device(running: Running) -> Device:
    return enrol(running.engine)


@pytest.fixture
def token(device: Device) -> str:
    """A visit of the test's own."""
    return token_of(device, VisitId(f"{next(VISITS):016x}"))


def stored(running: Running) -> int:
    with running.engine.connect() as connection:
        return len(connection.execute(select(visitor_form.c.visit)).all())


def test_a_form_is_loaded_filled_in_sent_and_answered(running: Running, token: str, folder: Path) -> None:
    phone, before = Phone(running, "ja"), stored(running)
    answer = phone.send(token, GUEST)
    assert answer.status_code == 200, answer.text
    assert WORDS["ja"]["sent"]["title"] in said(answer)
    assert stored(running) == before + 1
    with running.engine.connect() as connection:
        row = connection.execute(select(visitor_form).order_by(visitor_form.c.sent_us.desc())).first()
    assert row is not None
    assert row.visitor == "guest"
    assert "李娜".encode() not in row.sealed
    told = msgspec.json.decode(vault_in(folder).unseal("riverside", row.sealed))
    assert (told["name"], told["unit"], told["language"]) == ("李娜", "12-301", "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_and_its_stylesheet_are_light_and_run_nothing(running: Running, token: str, language: str) -> None:
    page = Phone(running, language).load(f"/f/{token}")
    assert WORDS[language]["page"]["intro"] in said(page)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "<script" not in page.text
    sheet = Phone(running).load(page.text.partition('stylesheet" href="')[2].partition('"')[0])
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert len(page.content) + len(sheet.content) < LIGHT
    assert len(gzip.compress(page.content)) < LIGHT // 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    running: Running, token: str, language: str
) -> None:
    typed = {**GUEST, "phone": "no number", "unit": "", "host": "", "name": SCRIPT, "companions": "甲\n乙"}
    before = stored(running)
    answer = Phone(running, language).send(token, typed)
    assert answer.status_code == 422
    assert stored(running) == before
    for code in ("phone", "whom"):
        assert WORDS[language]["error"][code] in said(answer)
    assert 'id="phone-wrong"' in answer.text
    assert 'aria-describedby="phone-wrong"' in answer.text
    kept = typed_in(answer.text)
    assert {name: kept[name] for name in typed} == typed
    assert SCRIPT not in answer.text


def test_another_language_keeps_what_was_typed_and_finds_no_fault_yet(running: Running, token: str) -> None:
    phone = Phone(running, "en")
    fields = {**hidden(phone.load(f"/f/{token}").text), "name": "Li Na", "visitor": "courier", "lang": "ko"}
    answer = phone.again(token, fields)
    assert answer.status_code == 200
    assert WORDS["ko"]["page"]["title"] in said(answer)
    kept = typed_in(answer.text)
    assert (kept["name"], kept["visitor"]) == ("Li Na", "courier")
    assert "aria-invalid" not in answer.text


def test_a_form_that_is_sent_twice_by_the_same_phone_counts_once(running: Running, token: str) -> None:
    phone, before = Phone(running), stored(running)
    fields = {**hidden(phone.load(f"/f/{token}").text), **GUEST, "send": "1"}
    assert phone.again(token, fields).url == phone.again(token, fields).url
    assert stored(running) == before + 1


def test_a_form_that_was_sent_is_nobody_elses(running: Running, token: str) -> None:
    late = Phone(running)
    fields = {**hidden(late.load(f"/f/{token}").text), **GUEST, "send": "1"}
    answer = Phone(running).send(token, GUEST)
    before = stored(running)
    for refused in (late.again(token, fields), late.load(f"/f/{token}"), late.load(f"/f/{token}/{'0' * 32}")):
        assert refused.status_code == 410
        assert WORDS["en"]["bad"]["used"] in said(refused)
    assert stored(running) == before
    assert late.load(answer.url.removeprefix(running.url)).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_that_is_too_old_says_so_in_the_visitors_language(running: Running, device: Device, language: str) -> None:
    old = token_of(device, VisitId("00000000000000ee"), left_s=-3600)
    before = stored(running)
    for answer in (Phone(running, language).load(f"/f/{old}"), Phone(running, language).again(old, {**GUEST, "send": "1"})):
        assert answer.status_code == 410
        assert WORDS[language]["bad"]["expired"] in said(answer)
        assert "李娜" not in answer.text
    assert stored(running) == before


def test_ten_megabytes_are_read_by_nobody(running: Running, token: str) -> None:
    before = stored(running)
    answer = Phone(running).send(token, {**GUEST, "name": "x" * 200_000})
    assert answer.status_code == 413
    assert WORDS["en"]["bad"]["too_large"] in said(answer)
    assert Phone(running).send(token, GUEST, **{f"more{number}": "" for number in range(80)}).status_code == 413
    assert stored(running) == before


def test_the_phone_remembers_its_owner_if_they_wish_and_forgets_them(running: Running, device: Device) -> None:
    phone = Phone(running)
    first, second, third = (token_of(device, VisitId(f"{next(VISITS):016x}")) for _ in range(3))
    phone.send(first, GUEST, remember="1")
    page = phone.load(f"/f/{second}").text
    assert typed_in(page)["name"] == "李娜"
    assert typed_in(page)["unit"] == ""
    phone.send(second, GUEST)
    assert typed_in(phone.load(f"/f/{third}").text)["name"] == ""
    phone.session.cookies.set("visitor", "e30-not-json", path="/f/")
    assert phone.load(f"/f/{third}").status_code == 200


def test_a_server_that_can_seal_nothing_takes_no_form_and_says_so(tmp_path: Path) -> None:
    with forms_server(tmp_path, keys=False) as running:
        token = token_of(enrol(running.engine))
        answer = Phone(running, "zh").send(token, GUEST)
        assert answer.status_code == 503
        assert WORDS["zh"]["bad"]["lost"] in said(answer)
        assert stored(running) == 0


def test_whoever_guesses_addresses_is_made_to_wait_and_told_so(tmp_path: Path) -> None:
    with forms_server(tmp_path, keys=False) as running:
        phone = Phone(running)
        statuses = [phone.load(f"/f/{'A' * number}").status_code for number in range(100, 107)]
        assert statuses[:5] == [404] * 5
        assert statuses[5:] == [429] * 2
        assert WORDS["en"]["bad"]["busy"] in said(phone.load(f"/f/{token_of(enrol(running.engine))}"))


MEGABYTES = "x" * (10 * 1024 * 1024)
OVERRIDE = "\u202ecod.exe\u2066"
MARKUP = "</textarea><img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("typed", "status", "code"),
    [
        ({"name": MEGABYTES}, 413, ("bad", "too_large")),
        ({"name": "\u202e\u200b\x00"}, 422, ("error", "name")),
        ({"visitor": MARKUP}, 422, ("error", "choose")),
        ({"region": MARKUP, "away": "yes"}, 422, ("error", "choose")),
        ({"phone": MARKUP, "name": MARKUP, "host": MARKUP, "plate": MARKUP}, 422, ("error", "phone")),
        ({"phone": OVERRIDE, "name": f"Li {OVERRIDE}Na"}, 422, ("error", "phone")),
        ({"group": "9" * 300}, 422, ("error", "group")),
    ],
    ids=[
        "10 MB",
        "nothing to see",
        "a script as a choice",
        "a script as a place",
        "scripts",
        "turned",
        "9s",
    ],
)
def test_hostile_input_gets_a_clear_page_in_the_visitors_language_and_nothing_is_stored(
    running: Running, token: str, language: str, typed: dict[str, str], status: int, code: tuple[str, str]
) -> None:
    before, section = stored(running), WORDS[language][code[0]]
    answer = Phone(running, language).send(token, {**GUEST, **typed})
    assert answer.status_code == status
    assert section[code[1]] in said(answer)
    assert stored(running) == before
    assert "<script" not in answer.text
    assert "onerror=alert(1)>" not in answer.text
    assert not set(answer.text) & {"\u202e", "\u2066", "\x00"}
    assert "Traceback" not in answer.text
    assert Phone(running, language).load(f"/f/{token}").status_code == 200  # whose form it is may still fill it in


def test_a_body_that_is_no_form_is_one_that_is_blank(running: Running, token: str) -> None:
    before = stored(running)
    for body in (b"\xff\xfe%ZZ=%00&send=1&&==", b'{"send": 1}', b"send=1&send=2&name=\xc3\x28"):
        answer = Phone(running, "ko").session.post(f"{running.url}/f/{token}", body, timeout=20)
        assert answer.status_code in {200, 422}
        assert WORDS["ko"]["page"]["title"] in said(answer)
    assert stored(running) == before


@pytest.mark.parametrize(("language", "foreign"), [("ja", "a changed nonce"), ("ko", "another's name")])
def test_a_nonce_of_nobodys_takes_no_form(running: Running, device: Device, language: str, foreign: str) -> None:
    before, visit = stored(running), VisitId(f"{next(VISITS):016x}")
    good = token_of(device, visit)
    middle = len(good) // 2
    changed = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    token = changed if foreign == "a changed nonce" else token_of(device, visit, name="gate-of-others")
    answer = Phone(running, language).again(token, {**GUEST, "send": "1"})
    assert answer.status_code == 404
    assert WORDS[language]["bad"]["foreign"] in said(answer)
    assert "李娜" not in answer.text
    assert stored(running) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_nonce_that_is_replayed_shows_nothing_of_the_first_form(running: Running, token: str, language: str) -> None:
    first = Phone(running).send(token, GUEST)
    before, replay = stored(running), Phone(running, language)
    for key in ("f" * 32, first.url.rpartition("/")[2].partition("?")[0][::-1]):
        answer = replay.again(token, {**GUEST, "name": "Mallory", "key": key, "send": "1"})
        assert answer.status_code == 410
        assert WORDS[language]["bad"]["used"] in said(answer)
        assert not [told for told in ("李娜", "12-301", "Mallory") if told in answer.text]
    assert stored(running) == before


def test_what_links_are_made_of_is_128_bits_and_never_the_same(running: Running, token: str) -> None:
    keys = {hidden(Phone(running).load(f"/f/{token}").text)["key"] for _ in range(5)}
    assert len(keys) == 5
    assert {len(bytes.fromhex(key)) for key in keys} == {NONCE_BYTES} == {SECRET_BYTES} == {16}
