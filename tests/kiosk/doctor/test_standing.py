"""What the doctor says of a kiosk's identity, and of a server that knows it, against a real one over TLS."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kiosk.doctor import network, standing
from kiosk.doctor.findings import Finding, State
from kiosk.units import Seconds, WallTime
from sync.central.database import changing
from sync.central.enrolled import revoke
from sync.enrolment_wire import DEVICE_PATH
from sync.identity import CA, KEY, PLACE, Papers
from tests.kiosk.fakes import FakeClock
from tests.sync.central.enrolling import TECHNICIAN, now_us
from tests.sync.central.serving import Running, server
from tests.sync.portals import HTML, answering, site_ca
from tests.sync.proxies import proxy
from tests.sync.test_line import papers_of

PATIENCE_S = Seconds(10.0)
WELL = b'{"status":"ok"}'


class Watch(FakeClock):
    """A clock that is so far from the true time, in microseconds."""

    def __init__(self, apart_us: int) -> None:
        super().__init__()
        self._apart_us = apart_us

    def wall(self) -> WallTime:
        return WallTime(now_us() + self._apart_us)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("central"), names=["127.0.0.1"]) as running:
        yield running


def asked(url: str, papers: Papers, clock: FakeClock | None = None) -> Finding:
    (found,) = network.server(url, PATIENCE_S, papers, clock)
    return found


def identity(papers: Papers, *, server: bool = True, code: bool = False, compound: str = "riverside") -> Finding:
    (found,) = standing.identity(papers, compound, server=server, code=code)
    return found


def test_an_enrolled_kiosk_is_heard_over_its_own_ca_and_its_clock_compared(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-1")
    clock = Watch(0)
    found = asked(central.url, papers, clock)
    assert (found.state, found.advice) == (State.FIT, "")
    assert found.measured["heard"] is True
    assert abs(found.measured["clock_apart_s"]) < 60
    who = identity(papers)
    assert who.state is State.FIT
    assert who.detail.startswith("enrolled as gate-1-")
    assert who.measured["direction"] == "both"


def test_behind_a_proxy_the_doctor_asks_by_the_same_way_as_the_kiosk(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-9")
    with proxy() as (address, asked_for):
        (found,) = network.server(central.url, PATIENCE_S, papers, Watch(0), proxy=address)
    assert found.state is State.FIT
    assert asked_for == [urlsplit(central.url).netloc] * 2


def test_a_server_whose_clock_is_off_is_told_by_a_kiosk_that_knows_the_time(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-2")
    found = asked(central.url, papers, Watch(-3_600_000_000))
    assert found.state is State.UNFIT
    assert "its clock is +3600 s" in found.detail


def test_a_revoked_kiosk_is_told_what_it_means(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-3")
    place = papers.place()
    assert place is not None
    with changing(central.engine) as connection:
        revoke(connection, "riverside", place.device, TECHNICIAN, now_us())
    found = asked(central.url, papers)
    assert found.state is State.UNFIT
    assert "has been revoked" in found.detail
    assert "keeps everything" in found.advice
    assert found.measured["heard"] is False


def test_somebody_in_between_is_named_and_asked_nothing(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-4")
    with answering(200, WELL, tls=site_ca(tmp_path / "stranger")) as (url, heard):
        found = asked(url, papers)
    assert found.state is State.UNFIT
    assert "somebody is in between" in found.detail
    assert heard == []


def test_before_enrolment_a_certificate_cannot_be_judged_and_nobody_is_accused(central: Running, tmp_path: Path) -> None:
    found = asked(central.url, Papers(tmp_path / "identity"))
    assert found.state is State.UNKNOWN
    assert "not enrolled yet, so its certificate cannot be judged" in found.detail
    assert "in between" not in found.detail + found.advice


@pytest.mark.parametrize(("name", "words"), [("gatepost.example", "for another name"), ("127.0.0.1", "answers in")])
def test_another_name_is_told_from_another_ca(tmp_path: Path, name: str, words: str) -> None:
    ours, papers = site_ca(tmp_path / "tls", name), Papers(tmp_path / "identity")
    papers.folder.mkdir()
    (papers.folder / CA).write_bytes(ours.certificate.read_bytes())
    with answering(200, WELL, tls=ours) as (url, _):
        assert words in asked(url, papers).detail


def test_a_portal_that_answers_in_clear_where_the_pinned_server_spoke_tls_is_named(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-7")
    with answering(302, HTML, {"Location": "http://login.example/"}) as (url, heard):
        found = asked(url.replace("http:", "https:"), papers)
    assert found.state is State.UNFIT
    assert "captive portal" in found.detail
    assert "Sign in" in found.advice
    assert heard == []


def test_a_portal_that_answers_only_what_is_signed_is_named(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-5")
    (papers.folder / CA).unlink()
    with answering(200, WELL, on={"/api/v1/time": (200, b'{"time_us":1}'), DEVICE_PATH: (302, HTML)}) as (url, _):
        found = asked(url, papers)
    assert "captive portal" in found.detail


def test_without_papers_it_depends_on_what_is_wanted(tmp_path: Path) -> None:
    papers = Papers(tmp_path)
    alone, open_, waiting = identity(papers, server=False), identity(papers), identity(papers, code=True)
    assert [(one.state, one.in_order) for one in (alone, open_, waiting)] == [
        (State.ABSENT, True),
        (State.ABSENT, True),
        (State.ABSENT, False),
    ]
    assert "gatepost enrol" in open_.advice


def test_papers_that_cannot_be_used_are_unfit(central: Running, tmp_path: Path) -> None:
    papers = papers_of(central, tmp_path, "gate-6")
    assert "which is not this kiosk's compound" in identity(papers, compound="lakeside").detail
    (papers.folder / KEY).chmod(0o644)
    found = identity(papers)
    assert (found.state, "others may read its key" in found.detail) == (State.UNFIT, True)
    (papers.folder / PLACE).write_bytes(b"{")
    assert identity(Papers(papers.folder)).state is State.UNFIT
