"""Which addresses of forms the server believes, without having heard of the visit."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kiosk.model import ClockState, VisitId
from kiosk.records import note_draft
from kiosk.viewing import short_code
from sync.central.access import Asker, Role
from sync.central.database import changing, open_database
from sync.central.enrolled import revoke
from sync.central.forms.opening import TOLERANCE_S, NoForm, Why, opened
from sync.central.store import Store
from sync.form_link import GOOD_FOR_S
from tests.sync.central.enrolling import Device, enrol, now_us
from tests.sync.central.forms.links import VISIT, token_of
from tests.sync.central.kiosks import KioskLog


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = open_database(f"sqlite:///{tmp_path / 'central.sqlite'}", now_us())
    yield found
    found.dispose()


@pytest.fixture
def device(engine: Engine) -> Device:
    return enrol(engine)


def why_not(engine: Engine, token: str) -> Why:
    with pytest.raises(NoForm) as refused:
        opened(engine, token, now_us())
    return refused.value.why


def test_an_address_by_an_enrolled_device_is_believed(engine: Engine, device: Device) -> None:
    found = opened(engine, token_of(device), now_us())
    assert (found.link.compound, found.link.device, found.link.visit) == ("riverside", device.place.device, VISIT)
    assert found.gate == "gate-1"


@pytest.mark.parametrize("left_s", [-TOLERANCE_S - 5, GOOD_FOR_S + TOLERANCE_S + 5, 2**31])
def test_an_address_whose_time_is_over_or_cannot_be_is_not_good(engine: Engine, device: Device, left_s: int) -> None:
    left_s = min(left_s, 2**32 - 1 - now_us() // 1_000_000)
    assert why_not(engine, token_of(device, left_s=left_s)) is Why.EXPIRED


def test_a_clock_that_drifts_costs_nobody_their_form(engine: Engine, device: Device) -> None:
    for left_s in (5 - TOLERANCE_S, GOOD_FOR_S + TOLERANCE_S - 5):
        assert opened(engine, token_of(device, left_s=left_s), now_us()).gate == "gate-1"


def test_an_address_in_anothers_name_is_foreign(engine: Engine, device: Device) -> None:
    other = enrol(engine, "hillside", "gate-9")
    assert why_not(engine, token_of(device, name="gate-2")) is Why.FOREIGN
    assert why_not(engine, token_of(device, compound="hillside")) is Why.FOREIGN
    assert why_not(engine, token_of(device, compound="hillside", name=other.place.device)) is Why.FOREIGN


def test_an_address_by_a_revoked_device_is_foreign(engine: Engine, device: Device) -> None:
    with changing(engine) as connection:
        revoke(connection, "riverside", device.place.device, Asker("Wang", Role.MANAGER, "stolen"), now_us())
    assert why_not(engine, token_of(device)) is Why.FOREIGN


def asked(engine: Engine, device: Device, at_us: int, visit: str = VISIT) -> None:
    """Let a gate's log tell that somebody there asked for the form."""
    log = KioskLog(device.place.device, device.place.compound)
    log.append(note_draft(log.stamp(at_us, ClockState.SYNCHRONISED, False), "form_requested", {"visit": visit}))
    store = Store(str(engine.url))
    store.append(log.compound, log.device, log.log_id, log.upload(), {})
    store.close()


def test_a_code_that_was_typed_off_the_screen_finds_the_visit_of_which_the_log_has_told(
    engine: Engine, device: Device
) -> None:
    code = short_code(VISIT)
    assert why_not(engine, code) is Why.FOREIGN
    asked(engine, device, now_us())
    found = opened(engine, code.lower(), now_us())
    assert (found.link.visit, found.link.device, found.gate) == (VISIT, device.place.device, "gate-1")
    assert why_not(engine, short_code(VisitId("ffffffffffffffff"))) is Why.FOREIGN


def test_a_code_of_a_visit_that_asked_long_ago_is_nobodys(engine: Engine, device: Device) -> None:
    asked(engine, device, now_us() - (GOOD_FOR_S + 5) * 1_000_000)
    assert why_not(engine, short_code(VISIT)) is Why.FOREIGN


def test_an_odd_visit_in_a_log_is_passed_over(engine: Engine, device: Device) -> None:
    asked(engine, device, now_us(), "no visit at all")
    assert why_not(engine, short_code(VISIT)) is Why.FOREIGN


def test_a_changed_address_and_a_guess_are_foreign(engine: Engine, device: Device) -> None:
    token = token_of(device)
    for changed in (token[:40] + ("A" if token[40] != "A" else "B") + token[41:], token[:-6], "x", "7KQ2MX"):
        assert re.fullmatch(r"[\w-]+", changed)
        assert why_not(engine, changed) is Why.FOREIGN
