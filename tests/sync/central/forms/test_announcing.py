"""From the phone to the gate: what a kiosk that waits hears of a form, and the pass that brings a visitor back."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.credentials import TrustList, parse_trust
from kiosk.credentials.passes import verify
from kiosk.declared import FormFilled
from kiosk.evidence import Verdict
from kiosk.holder import masked_holder
from kiosk.model import VisitId
from kiosk.people import Declaration, Stay, Vehicle, VisitorKind
from kiosk.units import Monotonic, Seconds, WallTime
from sync.central.document_key import DocumentKey
from sync.central.forms.opening import Opened
from sync.central.forms.resume import GOOD_FOR_S, VISITORS, resume_pass
from sync.central.forms.store import Sent
from sync.central.residents.consents import Outcome, State
from sync.central.schema import message
from sync.device_box import open_box
from sync.downward.orders import Orders
from sync.downward.server_time import ServerTime
from sync.downward.signing import Signed
from sync.form_link import read
from tests.sync.central.enrolling import Device, enrol, now_us
from tests.sync.central.forms.links import VISIT, token_of
from tests.sync.central.forms.phones import GUEST, Phone, forms_server
from tests.sync.central.serving import Running, document_key

TRAVELLER = {**GUEST, "visitor": "courier", "away": "yes", "region": "IT", "days": "3", "symptoms": "no", "vehicle": "van"}


def believed_of(key: DocumentKey) -> TrustList:
    public = base64.b64encode(bytes.fromhex(key.public())).decode()
    issuer = {"kind": "pass", "id": "forms", "key": public, "compounds": ["riverside"], "visitors": sorted(VISITORS)}
    trust = {"schema": 1, "id": "t", "issued_at": "2026-11-01T00:00:00Z", "issuers": [issuer]}
    return parse_trust(json.dumps(trust).encode(), "trust.json").for_compound("riverside")


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


def unsealing(device: Device) -> Callable[[bytes], bytes]:
    """What opens that device's boxes, as `Papers.unseal` does from its folder."""
    seed, public = device.key.private_bytes_raw(), device.key.public_key().public_bytes_raw()
    return lambda box: open_box(seed, public, box)


def test_a_kiosk_that_waits_hears_of_the_form_and_of_nobody_s_name(running: Running, device: Device, folder: Path) -> None:
    assert Phone(running).send(token_of(device), {**TRAVELLER, "plate": "沪A12345"}).status_code == 200
    where = "/api/v1/now?compound=riverside&gate=gate-1&after=&number=0&wait=20"
    news = running.session.get(running.url + where, auth=device, timeout=30).json()
    (said,) = news["messages"]
    time = ServerTime()
    time.learn(now_us(), Monotonic(10.0), Monotonic(10.1))
    key = document_key(folder).private().public_key()
    orders = Orders(key, ("riverside", "gate-1", device.place.device), time, Monotonic(9.0))
    heard = orders.hear(Signed(said["statement"], base64.b64decode(said["signature"])), Monotonic(10.2))
    declared = Declaration(VisitorKind.COURIER, (Stay("IT", 3),), vehicle=Vehicle.VAN)
    assert heard == FormFilled(VISIT, declared)
    orders = Orders(key, ("riverside", "gate-1", device.place.device), time, Monotonic(9.0), unsealing(device))
    heard = orders.hear(Signed(said["statement"], base64.b64decode(said["signature"])), Monotonic(10.2))
    assert heard == FormFilled(VISIT, replace(declared, person=masked_holder("李娜"), plate="沪A12345"))
    with running.engine.connect() as connection:
        statements = "".join(connection.execute(select(message.c.statement)).scalars())
    assert not [text for text in ("李娜", "138", "沪A12345", "12-301") if text in statements]


def test_a_form_that_is_refused_is_told_to_no_gate(running: Running, device: Device) -> None:
    with running.engine.connect() as connection:
        before = len(connection.execute(select(message.c.id)).all())
        visit = VisitId("00000000000000aa")
        assert Phone(running).send(token_of(device, visit), {**GUEST, "name": ""}).status_code == 422
        assert len(connection.execute(select(message.c.id)).all()) == before


def test_a_couriers_form_becomes_a_pass_that_the_gate_believes_for_ten_minutes(tmp_path: Path, device: Device) -> None:
    key = DocumentKey(tmp_path / "pass-key", "pass key")
    form = Opened(read(token_of(device)).link, "gate-1")
    at_us = now_us()
    text = resume_pass(key, form, Sent(VisitorKind.COURIER, at_us), None, "ja")
    assert text is not None
    assert resume_pass(key, form, Sent(VisitorKind.COURIER, at_us), None, "ja") == text
    believed = believed_of(key)
    shown = verify(text.encode(), believed, WallTime(at_us), Seconds(2.0))
    assert (shown.verdict, shown.holder, shown.single_use, shown.language) == (Verdict.VALID, VISIT, True, "ja")
    late = WallTime(at_us + (GOOD_FOR_S + 5) * 1_000_000)
    assert verify(text.encode(), believed, late, Seconds(2.0)).verdict is Verdict.EXPIRED


@pytest.mark.parametrize("kind", sorted(VISITORS - {VisitorKind.COURIER}))
@pytest.mark.parametrize("state", [None, *State])
def test_a_pass_stands_for_the_consent_of_a_host_who_has_given_it_and_of_no_other(
    tmp_path: Path, device: Device, kind: VisitorKind, state: State | None
) -> None:
    key = DocumentKey(tmp_path / "pass-key", "pass key")
    form = Opened(read(token_of(device)).link, "gate-1")
    outcome = None if state is None else Outcome(state, now_us())
    text = resume_pass(key, form, Sent(kind, now_us()), outcome, "zh")
    assert (text is None) == (state is State.DECLINED)
    if text is not None:
        shown = verify(text.encode(), believed_of(key), WallTime(now_us()), Seconds(2.0))
        assert (shown.verdict, shown.holder, shown.invited) == (Verdict.VALID, VISIT, state is State.GIVEN)


def test_a_key_of_another_kind_is_not_taken_for_one_of_passes(tmp_path: Path) -> None:
    document_key(tmp_path).public()
    with pytest.raises(OSError, match="is no pass key"):
        DocumentKey(tmp_path / "document-key", "pass key").public()
