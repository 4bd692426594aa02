"""A kiosk enrols at a real server over real TLS, once, through every accident, and with nobody else."""

import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from kiosk.errors import ServiceUnavailable, UsageError
from sync.central.database import changing
from sync.central.enrolled import devices_of, revoke
from sync.central.site_ca import SiteCA
from sync.enrolment import CodeUseless, Enrolment
from sync.enrolment_code import EnrolmentCode, fingerprint
from sync.exchange import Exchange
from sync.identity import KEY, PLACE, Papers, PapersUnusable
from sync.log import SqliteLog
from sync.obstacles import Obstacle, Obstructed
from sync.sender import Sender
from tests.captured_lines import capture_logs
from tests.kiosk.fakes import FakeClock
from tests.sync.central.enrolling import TECHNICIAN, code_for, now_us
from tests.sync.central.serving import Running, server
from tests.sync.logs import note
from tests.sync.portals import HTML, answering, site_ca
from tests.sync.proxies import proxy

WAIT_S = 20.0


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Running]:
    with server(tmp_path, names=["127.0.0.1"]) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with capture_logs():
        yield


def code(central: Running, tmp_path: Path, **settings: object) -> EnrolmentCode:
    ca = fingerprint(SiteCA(tmp_path / "tls").public_key())
    return code_for(central.engine, ca=ca, **settings)  # type: ignore[arg-type]  # as the helper has them


def enrolment(url: str, papers: Papers, source: str | None = None, compound: str = "riverside") -> Enrolment:
    return Enrolment(url, compound, papers, source, timeout_s=5.0)


def papers_in(tmp_path: Path) -> Papers:
    return Papers(tmp_path / "kiosk" / "identity")


def test_it_gets_its_name_its_place_and_the_site_ca(central: Running, tmp_path: Path) -> None:
    papers = papers_in(tmp_path)
    place = enrolment(central.url, papers).enrol(code(central, tmp_path, direction="in"))
    assert (place.gate, place.direction) == ("gate-1", "in")
    again = Papers(papers.folder)
    assert again.place() == place
    assert again.ca is not None
    assert again.ca.read_bytes() == (tmp_path / "tls" / "site-ca.pem").read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in papers.folder.iterdir()} == {0}
    assert stat.S_IMODE(papers.folder.stat().st_mode) == 0o700


def test_what_it_then_sends_is_signed_and_goes_to_the_pinned_server(central: Running, tmp_path: Path) -> None:
    papers = papers_in(tmp_path)
    place = enrolment(central.url, papers).enrol(code(central, tmp_path))
    clock = FakeClock()
    with closing(SqliteLog(tmp_path / "log.sqlite", compound="riverside", device=place.device, clock=clock)) as log:
        for number in range(5):
            log.append(note(number), visit="v")
        with closing(Sender(log, Exchange(central.url, place.device, papers=papers))) as sender:
            assert sender.flush(WAIT_S) == 0
    (found,) = central.get("/api/v1/logs").json()["logs"]
    assert (found["device"], found["next_seq"]) == (place.device, 7)


def test_behind_a_proxy_all_of_it_is_passed_on_and_only_the_server_itself_is_believed(
    central: Running, tmp_path: Path
) -> None:
    papers = papers_in(tmp_path)
    with proxy() as (address, asked):
        place = Enrolment(central.url, "riverside", papers, None, proxy=address).enrol(code(central, tmp_path))
        enrolled = len(asked)
        clock = FakeClock()
        with closing(SqliteLog(tmp_path / "log.sqlite", compound="riverside", device=place.device, clock=clock)) as log:
            log.append(note(1), visit="v")
            with closing(Sender(log, Exchange(central.url, place.device, papers=papers, proxy=address))) as sender:
                assert sender.flush(WAIT_S) == 0
    # The site CA, the enrolment, and then the records.
    assert enrolled == 2
    assert len(asked) > enrolled
    assert set(asked) == {urlsplit(central.url).netloc}


def test_a_proxy_that_is_away_is_no_way_round_it(central: Running, tmp_path: Path) -> None:
    with proxy() as (address, asked):
        pass
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        Enrolment(central.url, "riverside", papers_in(tmp_path), None, proxy=address).enrol(code(central, tmp_path))
    assert asked == []


def test_the_answer_is_lost_and_the_same_device_asks_again(central: Running, tmp_path: Path) -> None:
    papers, given = papers_in(tmp_path), code(central, tmp_path)
    first = enrolment(central.url, papers).enrol(given)
    # As if the power had gone before anything of the answer was kept: the key is there.
    (papers.folder / PLACE).unlink()
    assert papers.place() is None
    assert enrolment(central.url, papers).enrol(given) == first
    with central.engine.connect() as connection:
        assert len(devices_of(connection)) == 1


def test_the_key_is_on_the_disk_before_the_server_hears_of_it(tmp_path: Path) -> None:
    papers = papers_in(tmp_path)
    with pytest.raises(ServiceUnavailable):
        enrolment("http://127.0.0.1:9", papers).enrol(EnrolmentCode(bytes(10)))
    key = (papers.folder / KEY).read_bytes()
    with answering(500) as (url, _), pytest.raises(ServiceUnavailable):
        enrolment(url, papers).enrol(EnrolmentCode(bytes(10)))
    assert (papers.folder / KEY).read_bytes() == key


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda given: EnrolmentCode(bytes(10), given.ca), "knows no such code"),
        (lambda given: EnrolmentCode(given.secret, b"\1" * 10), "somebody is in between"),
        (lambda given: EnrolmentCode(given.secret), "server without TLS"),
    ],
    ids=["made up", "another site's", "without a CA"],
)
def test_a_wrong_code_is_of_no_use(
    central: Running, tmp_path: Path, spoil: Callable[[EnrolmentCode], EnrolmentCode], words: str
) -> None:
    papers = papers_in(tmp_path)
    with pytest.raises((CodeUseless, Obstructed, UsageError), match=words):
        enrolment(central.url, papers).enrol(spoil(code(central, tmp_path)))
    assert papers.place() is None


@pytest.mark.parametrize(
    ("hours_ago", "compound", "words"), [(3, "riverside", "has expired"), (0, "lakeside", "no such code")]
)
def test_a_code_that_is_over_or_of_another_compound_says_so(
    central: Running, tmp_path: Path, hours_ago: int, compound: str, words: str
) -> None:
    given = code(central, tmp_path, hours=2, at_us=now_us() - hours_ago * 3_600_000_000)
    with pytest.raises(CodeUseless, match=words):
        enrolment(central.url, papers_in(tmp_path), compound=compound).enrol(given)


def test_guessing_is_slowed_down(central: Running, tmp_path: Path) -> None:
    wrong = EnrolmentCode(bytes(10), code(central, tmp_path).ca)
    asking = enrolment(central.url, papers_in(tmp_path))
    for _ in range(5):
        with pytest.raises(CodeUseless):
            asking.enrol(wrong)
    with pytest.raises(ServiceUnavailable, match="status 429"):
        asking.enrol(wrong)


def test_somebody_in_between_gets_neither_the_code_nor_a_kiosk(central: Running, tmp_path: Path) -> None:
    given = code(central, tmp_path)
    stranger = site_ca(tmp_path / "stranger")
    pem = stranger.certificate.read_bytes()
    genuine = (tmp_path / "tls" / "site-ca.pem").read_bytes()
    for shown, path in ((pem, ["/api/v1/site-ca"]), (genuine, ["/api/v1/site-ca"])):
        with answering(200, shown, tls=stranger) as (url, asked):
            papers = papers_in(tmp_path)
            with pytest.raises(Obstructed) as caught:
                enrolment(url, papers).enrol(given)
            assert caught.value.obstacle is Obstacle.IN_BETWEEN
            # With the genuine CA shown by a stranger, the next connection fails before a word is said.
            assert asked == path
            assert papers.place() is None


@pytest.mark.parametrize(("status", "headers"), [(302, {"Location": "http://login.example/"}), (200, {}), (511, {})])
def test_a_captive_portal_is_named(tmp_path: Path, status: int, headers: dict[str, str]) -> None:
    given = EnrolmentCode(bytes(10), b"\1" * 10)
    with answering(status, HTML, headers, tls=site_ca(tmp_path / "portal")) as (url, _), pytest.raises(Obstructed) as caught:
        enrolment(url, papers_in(tmp_path)).enrol(given)
    assert caught.value.obstacle is Obstacle.CAPTIVE_PORTAL


def test_a_revoked_device_does_not_come_back_by_its_old_code(central: Running, tmp_path: Path) -> None:
    papers, given = papers_in(tmp_path), code(central, tmp_path)
    place = enrolment(central.url, papers).enrol(given)
    with changing(central.engine) as connection:
        revoke(connection, "riverside", place.device, TECHNICIAN, now_us())
    with pytest.raises(CodeUseless, match="revoked"):
        enrolment(central.url, papers).enrol(given)


class TestByItself:
    """What the sender's thread does before it sends."""

    def test_it_waits_for_the_code_and_then_enrols(self, central: Running, tmp_path: Path) -> None:
        file, papers, stop = tmp_path / "code", papers_in(tmp_path), threading.Event()
        asking = enrolment(central.url, papers, f"file:{file}")
        thread = threading.Thread(target=asking.until_enrolled, args=(stop, lambda *_: None))
        thread.start()
        file.write_text(f"{code(central, tmp_path)}\n", encoding="utf-8")
        thread.join(WAIT_S)
        assert not thread.is_alive()
        assert papers.place() is not None

    def test_a_code_that_is_of_no_use_is_said_once_and_a_new_one_taken(self, central: Running, tmp_path: Path) -> None:
        said: list[str] = []
        file, papers, stop, told = tmp_path / "code", papers_in(tmp_path), threading.Event(), threading.Event()

        def on_health(well: bool, detail: str) -> None:
            said.append(detail)
            told.set()

        file.write_text(str(EnrolmentCode(bytes(10), code(central, tmp_path, gate="x").ca)), encoding="utf-8")
        asking = enrolment(central.url, papers, f"file:{file}")
        thread = threading.Thread(target=asking.until_enrolled, args=(stop, on_health))
        thread.start()
        assert told.wait(WAIT_S)
        file.write_text(str(code(central, tmp_path)), encoding="utf-8")
        thread.join(WAIT_S)
        assert papers.place() is not None
        assert len(said) == 1
        assert "knows no such code" in said[0]

    def test_it_ends_at_once_when_it_is_asked_to(self, tmp_path: Path) -> None:
        stop = threading.Event()
        asking = enrolment("https://127.0.0.1:9", papers_in(tmp_path), f"file:{tmp_path / 'none'}")
        thread = threading.Thread(target=asking.until_enrolled, args=(stop, lambda *_: None))
        thread.start()
        stop.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()

    def test_a_kiosk_that_is_enrolled_asks_nobody(self, central: Running, tmp_path: Path) -> None:
        papers = papers_in(tmp_path)
        enrolment(central.url, papers).enrol(code(central, tmp_path))
        Enrolment("https://nowhere.invalid", "riverside", papers, "file:none").until_enrolled(
            threading.Event(), lambda *_: pytest.fail("it asked")
        )


@pytest.mark.parametrize("text", ["", "not a code", "1000G-40R40-M30E2-09185-GR38E-1W812-4GK64"])
def test_a_code_that_cannot_be_right_is_bad_usage(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        Enrolment("https://127.0.0.1", "riverside", papers_in(tmp_path), text)


@pytest.mark.parametrize("name", [KEY, PLACE])
def test_damaged_papers_are_told_apart_from_none(central: Running, tmp_path: Path, name: str) -> None:
    papers = papers_in(tmp_path)
    place = enrolment(central.url, papers).enrol(code(central, tmp_path))
    (papers.folder / name).write_bytes(b"\0" * 50)
    fresh = Papers(papers.folder)
    with pytest.raises(PapersUnusable, match=name):
        fresh.signer()
    clock = FakeClock()
    with closing(SqliteLog(tmp_path / "log.sqlite", compound="riverside", device=place.device, clock=clock)) as log:
        log.append(note(1), visit="v")
        with closing(Sender(log, Exchange(central.url, place.device, papers=fresh), jitter=lambda: 0.0)) as sender:
            assert sender.flush(0.2) == 2


def test_papers_that_another_process_renews_are_noticed(central: Running, tmp_path: Path) -> None:
    papers = papers_in(tmp_path)
    assert papers.signer() is None
    first = enrolment(central.url, Papers(papers.folder)).enrol(code(central, tmp_path))
    assert papers.place() == first
    (papers.folder / KEY).unlink()
    second = enrolment(central.url, Papers(papers.folder)).enrol(code(central, tmp_path, gate="gate-2"))
    signer = papers.signer()
    assert signer is not None
    assert signer.key_id == f"riverside/{second.device}"


def test_the_server_answers_nobody_without_tls(central: Running) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(central.url.replace("https", "http"), timeout=WAIT_S)
