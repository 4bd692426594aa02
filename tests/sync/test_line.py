"""The line to the server: pinned, signed by the server's own clock, and every obstacle called by its name."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import json

from kiosk.errors import ServiceUnavailable
from sync.central.database import changing
from sync.central.enrolled import revoke
from sync.central.enrolment import redeem
from sync.central.site_ca import LEAF_FOR, SiteCA
from sync.chain import Pending
from sync.enrolment_wire import DEVICE_PATH, TIME_PATH, Enrolled, Refusal, ServerTime
from sync.exchange import Exchange, Reply
from sync.identity import Papers
from sync.line import Answer, Line
from sync.log import SqliteLog
from sync.obstacles import Obstacle, Obstructed
from sync.sender import Sender
from sync.signing import DEVICE, Signer
from tests.captured_lines import capture_logs
from tests.kiosk.fakes import FakeClock
from tests.sync.central.enrolling import TECHNICIAN, code_for, enrol, now_us, public
from tests.sync.central.serving import Running, server
from tests.sync.logs import note
from tests.sync.portals import HTML, answering, site_ca

NOBODY = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)), "riverside/gate-1-00000000", DEVICE)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("central"), names=["127.0.0.1"]) as running:
        yield running


def asked(line: Line, signer: Signer = NOBODY, within_s: float = 10.0) -> Answer:
    with closing(line):
        return line.ask_signed(signer, "GET", DEVICE_PATH, "riverside", b"", time.monotonic() + within_s)


def obstacle(line: Line, signer: Signer = NOBODY) -> Obstacle:
    with pytest.raises(Obstructed) as caught:
        asked(line, signer)
    return caught.value.obstacle


def pinned(url: str, ca: SiteCA) -> Line:
    return Line(url, "gate-1", verify=str(ca.certificate))


def test_a_stranger_with_a_certificate_of_its_own_is_in_between_and_hears_nothing(tmp_path: Path) -> None:
    with answering(tls=site_ca(tmp_path / "stranger")) as (url, heard):
        assert obstacle(pinned(url, site_ca(tmp_path / "ours"))) is Obstacle.IN_BETWEEN
    assert heard == []


def test_before_it_is_enrolled_a_kiosk_calls_its_own_server_no_attacker(central: Running) -> None:
    assert obstacle(Line(central.url, "gate-1")) is Obstacle.NOT_JUDGED


@pytest.mark.parametrize("name", ["gatepost.example", "127.0.0.2"])
def test_our_own_ca_for_another_name_is_told_apart(tmp_path: Path, name: str) -> None:
    ours = site_ca(tmp_path, name)
    with answering(tls=ours) as (url, heard):
        assert obstacle(pinned(url, ours)) is Obstacle.OTHER_NAME
    assert heard == []


def test_a_certificate_that_is_over_is_told_apart(tmp_path: Path) -> None:
    ours = SiteCA(tmp_path)
    ours.prepare(["127.0.0.1"], now_us() - int((LEAF_FOR + timedelta(days=1)).total_seconds()) * 1_000_000)
    with answering(tls=ours) as (url, _):
        assert obstacle(pinned(url, ours)) is Obstacle.CERTIFICATE_TIME


@pytest.mark.parametrize(
    ("status", "headers"),
    [(302, {"Location": "http://login.example/"}), (200, {"Content-Type": "text/html"}), (200, {}), (404, {}), (511, {})],
)
def test_a_web_page_is_a_captive_portal(status: int, headers: dict[str, str]) -> None:
    with answering(status, HTML, headers) as (url, heard):
        assert obstacle(Line(url, "gate-1")) is Obstacle.CAPTIVE_PORTAL
    # A redirection is followed nowhere.
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("revoked", Obstacle.REVOKED),
        ("replaced", Obstacle.REPLACED),
        ("unknown_device", Obstacle.UNKNOWN_DEVICE),
        ("bad_signature", Obstacle.CHANGED),
        ("unsigned", Obstacle.NOT_ENROLLED),
        ("simulated", Obstacle.SIMULATED),
    ],
)
def test_a_refusal_is_called_by_its_name(reason: str, named: Obstacle) -> None:
    body = json.encode(Refusal(error="x", reason=reason))
    with answering(403, body) as (url, _), closing(Line(url, "gate-1")) as line, pytest.raises(Obstructed) as caught:
        line.ask("GET", "/", "riverside", b"", line.deadline())
    assert caught.value.obstacle is named


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"reason": 7}', b'{"reason": "of tomorrow"}', b'{"reason": "not_yours"}']
)
def test_other_refusals_are_the_callers_to_read(body: bytes) -> None:
    with answering(403, body) as (url, _), closing(Line(url, "gate-1")) as line:
        assert line.ask("GET", "/", "riverside", b"", line.deadline()) == Answer(403, body)


@pytest.mark.parametrize("told", [b"", b"{}", b'{"time_us": -1}', b'{"time_us": "now"}', b"7", b"x" * 70_000])
def test_a_server_that_tells_no_time_is_no_server(told: bytes) -> None:
    with answering(200, told) as (url, _), pytest.raises(ServiceUnavailable):
        asked(Line(url, "gate-1"))


class TestTheClock:
    """A signature goes by the server's time, whatever this kiosk's own clock says."""

    def test_the_servers_time_is_asked_for_once_and_goes_on_by_the_monotonic_clock(self, central: Running) -> None:
        device = enrol(central.engine, gate="gate-c")
        now = [5.0]
        line = Line(central.url, "gate-1", verify=str(central.session.verify), monotonic=lambda: now[0])
        with closing(line):
            for later in (0.0, 200.0, 3600.0):
                now[0] += later
                # At the last one the server finds it an hour ahead, and the time is learned anew.
                answer = line.ask_signed(device.signer, "GET", DEVICE_PATH, "riverside", b"", now[0] + 10)
                assert answer.status == 200

    def test_what_is_stale_by_the_servers_own_time_means_that_its_clocks_differ(self) -> None:
        now = json.encode(ServerTime(time_us=now_us()))
        stale = json.encode(Refusal(error="x", reason="stale"))
        with answering(200, now, on={DEVICE_PATH: (401, stale)}) as (url, heard):
            assert obstacle(Line(url, "gate-1")) is Obstacle.SERVER_CLOCK
        assert heard == [TIME_PATH, DEVICE_PATH] * 2


def papers_of(central: Running, folder: Path, gate: str) -> Papers:
    """The papers of a kiosk that enrolled at this gate."""
    papers = Papers(folder / "identity")
    code = code_for(central.engine, gate=gate)
    place = redeem(central.engine, "riverside", code.secret, public(papers.make_key()), now_us()).place
    ca = Path(str(central.session.verify)).read_text(encoding="ascii")
    papers.keep(Enrolled(enrolled=1, place=place, time_us=0, site_ca=ca))
    return papers


class CountingExchange(Exchange):
    """Says when it has uploaded twice, well or not."""

    uploads = 0

    def __init__(self, url: str, device: str, *, papers: Papers) -> None:
        super().__init__(url, device, papers=papers)
        self.twice = threading.Event()

    def begin_counting(self) -> None:
        self.uploads = 0
        self.twice.clear()

    def upload(self, pending: Pending, ends: float | None = None) -> Reply:
        try:
            return super().upload(pending, ends)
        finally:
            self.uploads += 1
            if self.uploads == 2:
                self.twice.set()


def test_a_revoked_kiosk_says_so_once_and_keeps_everything(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-k")
    place = papers.place()
    assert place is not None
    health: list[tuple[bool, str]] = []
    with closing(SqliteLog(tmp_path / "log.sqlite", compound="riverside", device=place.device, clock=FakeClock())) as log:
        log.append(note(1), visit="v")
        exchange = CountingExchange(central.url, place.device, papers=papers)
        sender = Sender(log, exchange, on_health=lambda *said: health.append(said), jitter=lambda: 0.0)
        with closing(sender), capture_logs() as logged:
            assert sender.flush(10.0) == 0
            with changing(central.engine) as connection:
                revoke(connection, "riverside", place.device, TECHNICIAN, now_us())
            log.append(note(2), visit="v")
            exchange.begin_counting()
            sender.run(exchange.twice, threading.Event())
            assert log.unacknowledged() == 1
    assert health == [(True, ""), (False, "the server refuses this kiosk: its device has been revoked")]
    # The edge is the core's to log.
    assert logged == []


def test_another_obstacle_while_the_server_is_lost_is_logged_once(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "log.sqlite", compound="riverside", device="gate-1", clock=FakeClock())) as log:
        log.append(note(1), visit="v")
        with answering(302, HTML) as (url, _):
            exchange = Exchange(url, "gate-1")
            with closing(Sender(log, exchange, jitter=lambda: 0.0)) as sender, capture_logs() as logged:
                sender._failed("the server does not answer")
                for _ in range(2):
                    assert sender.flush(0.3) == 2
    assert [(line["event"], line["obstacle"]) for line in logged] == [("server obstructed", "captive_portal")]
