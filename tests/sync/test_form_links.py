"""The addresses that a kiosk vouches for: with its enrolled key and a clock that was set, one for each visit."""

from pathlib import Path

import pytest

from kiosk.direction import Direction
from kiosk.model import ClockState, VisitId
from sync.enrolment_wire import NOTHING, Enrolled, Place
from sync.form_link import GOOD_FOR_S, read
from sync.form_links import REMEMBERED, DeviceFormLinks
from sync.identity import KEY, Papers
from tests.kiosk.fakes import FakeClock

VISIT = VisitId("00112233aabbccdd")
PLACE = Place(compound="riverside", gate="gate-1", direction=Direction.BOTH, device="gate-1-ab12", replaces=None)


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    found = Papers(tmp_path / "identity")
    found.make_key()
    return found


def enrol(papers: Papers) -> None:
    papers.keep(Enrolled(enrolled=1, place=PLACE, time_us=0, site_ca=None, month_keys=NOTHING, document_key=None))


def test_a_visit_has_one_address_signed_by_the_devices_key(papers: Papers) -> None:
    enrol(papers)
    clock = FakeClock()
    links = DeviceFormLinks(papers, clock)
    token = links.token(VISIT)
    assert token is not None
    found = read(token)
    papers.read_key().public_key().verify(found.signature, found.signed)
    assert (found.link.compound, found.link.device, found.link.visit) == ("riverside", "gate-1-ab12", VISIT)
    assert found.link.expires_s == clock.wall() // 1_000_000 + GOOD_FOR_S
    clock.advance(60.0)
    assert links.token(VISIT) == token


def test_no_two_visits_have_the_same_nonce(papers: Papers) -> None:
    enrol(papers)
    links = DeviceFormLinks(papers, FakeClock())
    tokens = [links.token(VisitId(f"{number:016x}")) for number in range(REMEMBERED + 10)]
    assert len({read(token).link.nonce for token in tokens if token is not None}) == REMEMBERED + 10


def test_a_kiosk_vouches_for_no_visit_until_it_is_enrolled(papers: Papers) -> None:
    links = DeviceFormLinks(papers, FakeClock())
    assert links.token(VISIT) is None
    enrol(papers)
    assert links.token(VISIT) is not None


def test_a_kiosk_that_does_not_know_the_date_vouches_for_no_visit(papers: Papers) -> None:
    enrol(papers)
    clock = FakeClock()
    clock.trusted = ClockState.NEVER_SET
    assert DeviceFormLinks(papers, clock).token(VISIT) is None


def test_a_damaged_identity_offers_no_form_and_stops_nothing(papers: Papers) -> None:
    enrol(papers)
    (papers.folder / KEY).write_bytes(b"damaged")
    assert DeviceFormLinks(papers, FakeClock()).token(VISIT) is None
