"""Codes and devices in the database: each code lets one device in, once, and what was shut out stays out."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select, text

from kiosk.direction import Direction
from kiosk.errors import UsageError
from sync.central.access import recorded
from sync.central.database import changing, open_database
from sync.central.enrolled import Ended, Enrolment, devices_of, find, may_bring, revoke
from sync.central.enrolment import HOUR_US, CodeRefused, redeem
from sync.central.schema import enrolment_code
from sync.enrolment_wire import Place, Why
from tests.sync.central.enrolling import TECHNICIAN, code_for, public
from tests.sync.central.kiosks import NOON_US

RIVERSIDE = "riverside"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_database(url, NOON_US)
    yield opened
    opened.dispose()


def key() -> bytes:
    return public(Ed25519PrivateKey.generate())


def admitted(engine: Engine, gate: str = "gate-1", replaces: str | None = None, direction: str = "both") -> Enrolment:
    code = code_for(engine, gate=gate, replaces=replaces, direction=direction, at_us=NOON_US)
    return redeem(engine, RIVERSIDE, code.secret, key(), NOON_US)


def shut_out(engine: Engine, name: str) -> None:
    with changing(engine) as connection:
        revoke(connection, RIVERSIDE, name, TECHNICIAN, NOON_US)


def why(engine: Engine, secret: bytes, public_key: bytes, at_us: int = NOON_US, compound: str = RIVERSIDE) -> Why:
    with pytest.raises(CodeRefused) as caught:
        redeem(engine, compound, secret, public_key, at_us)
    return caught.value.why


def test_a_code_lets_one_device_in_at_its_place(engine: Engine) -> None:
    code, mine = code_for(engine, direction="in", at_us=NOON_US), key()
    found = redeem(engine, RIVERSIDE, code.secret, mine, NOON_US)
    place = found.place
    assert (place.compound, place.gate, place.direction, place.replaces) == (RIVERSIDE, "gate-1", Direction.IN, None)
    assert place.device.startswith("gate-1-")
    with engine.connect() as connection:
        assert find(connection, RIVERSIDE, place.device) == found
    assert why(engine, code.secret, key()) is Why.CODE_USED


def test_the_same_device_gets_the_same_answer_when_the_first_was_lost_however_late(engine: Engine) -> None:
    code, mine = code_for(engine, hours=1, at_us=NOON_US), key()
    first = redeem(engine, RIVERSIDE, code.secret, mine, NOON_US)
    assert redeem(engine, RIVERSIDE, code.secret, mine, NOON_US + 48 * HOUR_US) == first
    assert len(devices(engine)) == 1
    shut_out(engine, first.place.device)
    assert why(engine, code.secret, mine) is Why.REVOKED


def test_a_code_expires(engine: Engine) -> None:
    code = code_for(engine, hours=2, at_us=NOON_US)
    assert why(engine, code.secret, key(), NOON_US + 2 * HOUR_US + 1) is Why.CODE_EXPIRED
    assert redeem(engine, RIVERSIDE, code.secret, key(), NOON_US + 2 * HOUR_US).ended_as is None


def test_a_code_is_of_one_compound_and_a_made_up_one_of_none(engine: Engine) -> None:
    code = code_for(engine, at_us=NOON_US)
    assert why(engine, code.secret, key(), compound="lakeside") is Why.CODE_UNKNOWN
    assert why(engine, bytes(10), key()) is Why.CODE_UNKNOWN
    assert redeem(engine, RIVERSIDE, code.secret, key(), NOON_US).ended_as is None


def test_of_many_devices_with_one_code_exactly_one_is_let_in(engine: Engine) -> None:
    code, count = code_for(engine, at_us=NOON_US), 8
    together = threading.Barrier(count)

    def attempt(_: int) -> str:
        together.wait(20)
        try:
            return redeem(engine, RIVERSIDE, code.secret, key(), NOON_US).place.device
        except CodeRefused as refused:
            return refused.why

    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(attempt, range(count)))
    assert found.count(Why.CODE_USED) == count - 1
    assert [one.place.device for one in devices(engine)] == [name for name in found if name != Why.CODE_USED]


def test_one_device_that_asks_many_times_at_once_is_one_device(engine: Engine) -> None:
    code, mine, count = code_for(engine, at_us=NOON_US), key(), 6
    together = threading.Barrier(count)

    def attempt(_: int) -> Enrolment:
        together.wait(20)
        return redeem(engine, RIVERSIDE, code.secret, mine, NOON_US)

    with ThreadPoolExecutor(count) as pool:
        assert len({one.place.device for one in pool.map(attempt, range(count))}) == 1
    assert len(devices(engine)) == 1


def test_a_device_that_is_enrolled_needs_no_second_code(engine: Engine) -> None:
    mine = key()
    redeem(engine, RIVERSIDE, code_for(engine, at_us=NOON_US).secret, mine, NOON_US)
    other = code_for(engine, gate="gate-2", at_us=NOON_US)
    assert why(engine, other.secret, mine) is Why.KEY_KNOWN
    # The refusal used nothing up.
    assert redeem(engine, RIVERSIDE, other.secret, key(), NOON_US).ended_as is None


def test_a_replacement_points_to_the_device_before_it_which_is_heard_no_longer(engine: Engine) -> None:
    first = admitted(engine)
    second = admitted(engine, replaces=first.place.device)
    assert second.place.replaces == first.place.device
    ended = {one.place.device: (one.ended_as, one.ended_us) for one in devices(engine)}
    assert ended == {first.place.device: (Ended.REPLACED, NOON_US), second.place.device: (None, None)}


def test_until_it_enrols_a_replacement_changes_nothing(engine: Engine) -> None:
    first = admitted(engine)
    code_for(engine, replaces=first.place.device, at_us=NOON_US)
    assert [one.ended_as for one in devices(engine)] == [None]


@pytest.mark.parametrize(
    ("there", "wanted", "free"),
    [("both", "both", False), ("both", "in", False), ("in", "both", False), ("in", "in", False), ("in", "out", True)],
)
def test_a_gate_has_one_device_for_each_direction(engine: Engine, there: str, wanted: str, free: bool) -> None:
    name = admitted(engine, direction=there).place.device
    if free:
        assert admitted(engine, direction=wanted).ended_as is None
        return
    with pytest.raises(UsageError, match=f"--replaces {name}"):
        code_for(engine, direction=wanted, at_us=NOON_US)
    shut_out(engine, name)
    assert admitted(engine, direction=wanted).ended_as is None


def test_nobody_is_replaced_at_another_gate(engine: Engine) -> None:
    name = admitted(engine).place.device
    for wrong in (name, "gate-9-00000000"):
        with pytest.raises(UsageError, match="never had such a device"):
            code_for(engine, gate="gate-2", replaces=wrong, at_us=NOON_US)


def test_revoking_is_for_good_and_only_of_what_is_there(engine: Engine) -> None:
    name = admitted(engine).place.device
    shut_out(engine, name)
    assert [(one.ended_as, one.ended_us) for one in devices(engine)] == [(Ended.REVOKED, NOON_US)]
    with pytest.raises(UsageError, match="already"):
        shut_out(engine, name)
    with pytest.raises(UsageError, match="no device gate-7"):
        shut_out(engine, "gate-7")


def test_who_let_whom_in_and_who_shut_them_out_is_recorded_without_the_code(engine: Engine) -> None:
    code = code_for(engine, at_us=NOON_US)
    name = redeem(engine, RIVERSIDE, code.secret, key(), NOON_US).place.device
    shut_out(engine, name)
    with engine.connect() as connection:
        lines = recorded(connection, RIVERSIDE)
    assert [(line["act"], line["who"]) for line in lines] == [
        ("issue_code", "Chen"),
        ("enrol", "gatepost"),
        ("revoke", "Chen"),
    ]
    assert [json.loads(line["subject"])["gate"] for line in lines] == ["gate-1"] * 3
    assert code.secret.hex() not in str(lines)
    assert str(code) not in str(lines)


def test_of_a_code_only_a_digest_is_kept(engine: Engine) -> None:
    code = code_for(engine, at_us=NOON_US)
    with engine.connect() as connection:
        (row,) = connection.execute(select(enrolment_code)).all()
        assert code.secret not in bytes(row.digest)
        assert code.secret.hex() not in str(tuple(row))


def test_codes_that_are_over_for_long_are_forgotten_and_others_are_not(engine: Engine) -> None:
    used = code_for(engine, at_us=NOON_US)
    mine = key()
    first = redeem(engine, RIVERSIDE, used.secret, mine, NOON_US)
    code_for(engine, gate="gate-2", at_us=NOON_US + 20 * 24 * HOUR_US)
    assert redeem(engine, RIVERSIDE, used.secret, mine, NOON_US + 20 * 24 * HOUR_US) == first
    code_for(engine, gate="gate-3", at_us=NOON_US + 40 * 24 * HOUR_US)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM enrolment_code")).scalar_one() == 2


def test_a_device_brings_its_own_logs_those_before_it_and_those_of_nobody(engine: Engine) -> None:
    first = admitted(engine).place
    second = admitted(engine, replaces=first.device).place
    third = admitted(engine, replaces=second.device).place
    other = admitted(engine, gate="gate-2").place

    def may(caller: Place | None, name: str) -> bool:
        with engine.connect() as connection:
            return may_bring(connection, RIVERSIDE, caller, name)

    assert all(may(third, one.device) for one in (first, second, third))
    assert all(may(caller, "gate-1") for caller in (first, other, None))
    assert not may(other, first.device)
    assert not may(first, third.device)
    assert not may(None, other.device)


def devices(engine: Engine) -> list[Enrolment]:
    with engine.connect() as connection:
        return devices_of(connection, RIVERSIDE)
