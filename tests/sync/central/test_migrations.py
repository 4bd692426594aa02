"""Alembic up and down, with data, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, inspect, text

from sync.central.blind import Field
from sync.central.database import changing, migrations, open_database
from sync.central.enrolment import redeem
from sync.central.people import People
from sync.central.staff.accounts import listed
from sync.central.store import Store
from sync.central.verification import verify_logs
from tests.sync.central.enrolling import code_for, public
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog
from tests.sync.central.signed_in import account_of
from tests.sync.central.test_store import log_of, rows
from tests.sync.central.vaults import sealer_of, vault_in

TABLES = ("compound", "log", "event", "boot", "envelope", "access")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_database(url, NOON_US)
    yield opened
    opened.dispose()


def move(engine: Engine, revision: str, *, up: bool) -> None:
    with changing(engine) as connection:
        (command.upgrade if up else command.downgrade)(migrations(connection), revision)


def contents(url: str) -> dict[str, list[str]]:
    return {name: sorted(map(repr, rows(url, f"SELECT * FROM {name}"))) for name in TABLES}


def test_down_and_up_again_loses_nothing(engine: Engine, url: str, tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    store = Store(url, wall_us=lambda: NOON_US, vault=vault)
    people = People(store.engine, vault, lambda: NOON_US)
    log = KioskLog()
    sealer = sealer_of(vault)
    for name in ("Zhang Wei", "Li Na"):
        log.passage(sealer=sealer, person={"name": name})
    log.add("parcel")
    upload = log.upload(mended=[(3, b"17")])
    assert store.append("riverside", "gate-1", LOG_ID, upload, {"more": 1})[0]
    before, parts = contents(url), rows(url, "SELECT compound, arrival, at_us, sealed, raw FROM personal ORDER BY arrival")
    store.close()
    move(engine, "0001_logs", up=False)
    assert "blind" not in inspect(engine).get_table_names()
    assert contents(url) == before
    move(engine, "head", up=True)
    assert contents(url) == before
    assert rows(url, "SELECT compound, arrival, at_us, sealed, raw FROM personal ORDER BY arrival") == parts
    # What was left out is made again from the sealed parts.
    assert people.find("riverside", {Field.NAME: "Li Na"}) == [2]
    store.engine.dispose()


def test_a_database_of_the_first_version_is_brought_up_to_date_when_it_is_opened(engine: Engine, url: str) -> None:
    move(engine, "0001_logs", up=False)
    store = Store(url)
    log = log_of(3)
    assert store.append("riverside", "gate-1", LOG_ID, log.upload())[0]
    with store.engine.connect() as connection:
        assert [one.broken for one in verify_logs(connection)] == [""]
    store.close()


def test_all_the_way_down_nothing_is_left_and_up_again_all_is_new(engine: Engine, url: str) -> None:
    store = Store(url)
    store.append("riverside", "gate-1", LOG_ID, log_of(3).upload())
    store.close()
    move(engine, "base", up=False)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    move(engine, "head", up=True)
    again = Store(url)
    assert again.append("riverside", "gate-1", LOG_ID, log_of(2).upload())[1].next_seq == 3
    again.close()


def test_without_the_devices_table_nobody_is_enrolled_and_nothing_else_is_lost(engine: Engine, url: str) -> None:
    code = code_for(engine, at_us=NOON_US)
    key = public(Ed25519PrivateKey.generate())
    first = redeem(engine, "riverside", code.secret, key, NOON_US)
    before = contents(url)
    move(engine, "0002_blind_index", up=False)
    assert {"device", "enrolment_code"}.isdisjoint(inspect(engine).get_table_names())
    move(engine, "head", up=True)
    assert contents(url) == before
    # The same key at the same gate is the same device again.
    again = code_for(engine, at_us=NOON_US)
    assert redeem(engine, "riverside", again.secret, key, NOON_US) == first


def test_messages_go_to_a_device_at_a_gate_and_what_was_under_way_is_dropped(engine: Engine, url: str) -> None:
    def address() -> list[str]:
        _, *middle, _ = inspect(engine).get_pk_constraint("message")["constrained_columns"]
        return middle

    steps = (
        ("0005_messages_to_gates", False, ["gate"]),
        ("0004_documents", False, ["device"]),
        ("0005_messages_to_gates", True, ["gate"]),
        ("head", True, ["gate", "device"]),
    )
    for revision, up, after in steps:
        names, places = ", ".join(address()), ", ".join("'gate-1'" for _ in address())
        with engine.begin() as connection:
            under_way = f"VALUES ('riverside', {places}, '00', 1, 2, '{{}}', '')"
            columns = f"(compound, {names}, id, issued_us, expires_us, statement, signature)"
            connection.execute(text(f"INSERT INTO message {columns} {under_way}"))
        move(engine, revision, up=up)
        assert address() == after
        assert {"gate", "device"} & {column["name"] for column in inspect(engine).get_columns("message")} == set(after)
        assert rows(url, "SELECT * FROM message") == []


def test_without_the_tables_of_staff_nobody_signs_in_and_what_they_did_stays_recorded(engine: Engine, url: str) -> None:
    account_of(engine, compound="riverside")
    before = contents(url)
    move(engine, "0007_visitor_forms", up=False)
    assert {"staff_account", "staff_session"}.isdisjoint(inspect(engine).get_table_names())
    move(engine, "head", up=True)
    assert contents(url) == before
    with engine.connect() as connection:
        assert listed(connection) == []
