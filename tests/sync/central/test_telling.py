"""A pass for one use, used at one gate: the others are told while they are in touch."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from kiosk.model import GateOutcome
from sync.central.document_key import DocumentKey
from sync.central.messages import snapshot
from sync.central.schema import device
from sync.central.store import Store
from sync.central.telling import HEARD_WITHIN_US, Telling
from sync.downward.message import Message
from sync.downward.signing import Purpose, verified
from tests.captured_lines import capture_logs
from tests.sync.central.kiosks import NOON_US
from tests.sync.central.test_replays import MARK, Gate

GATES = {"north-1": "north", "south-1": "south", "east-1": "east"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'central.sqlite'}", wall_us=lambda: NOON_US)
    with opened.engine.begin() as connection:
        for number, (name, gate) in enumerate(GATES.items()):
            row = {"compound": "riverside", "device": name, "gate": gate, "direction": "in", "enrolled_us": 1}
            connection.execute(insert(device).values(**row, public_key=bytes([number]) * 32))
    yield opened
    opened.close()


@pytest.fixture
def key(tmp_path: Path) -> DocumentKey:
    return DocumentKey(tmp_path / "document-key")


@pytest.fixture
def telling(store: Store, key: DocumentKey) -> Store:
    store.tell_uses(Telling(store.engine, key, lambda: NOON_US, time.monotonic).tell)
    return store


def told(store: Store, key: DocumentKey, at_us: int = NOON_US) -> dict[str, list[dict[str, object]]]:
    public = key.private().public_key()
    found = snapshot(store.engine, at_us).messages
    return {
        to.gate: [verified(one.signed, Purpose.MESSAGE, public, Message).body for one in messages]
        for to, messages in found.items()
    }


def test_every_other_gate_is_told_and_the_one_that_admitted_is_not(telling: Store, key: DocumentKey) -> None:
    north = Gate("north-1")
    north.admits()
    north.send(telling)
    assert told(telling, key) == {gate: [{"mark": MARK, "used": True}] for gate in ("south", "east")}
    assert told(telling, key, NOON_US + HEARD_WITHIN_US) == {}


def test_a_use_that_is_given_back_is_told_as_well(telling: Store, key: DocumentKey) -> None:
    north = Gate("north-1")
    admission = north.admits()
    north.send(telling)
    north.ends(admission, GateOutcome.NOT_PASSED, gives_back=True)
    north.send(telling)
    assert sorted(body["used"] for body in told(telling, key)["south"]) == [False, True]  # type: ignore[type-var]


def test_a_gate_without_a_kiosk_is_not_told(telling: Store, key: DocumentKey) -> None:
    with telling.engine.begin() as connection:
        connection.execute(update(device).where(device.c.device == "east-1").values(ended_us=2, ended_as="revoked"))
    north = Gate("north-1")
    north.admits()
    north.send(telling)
    assert set(told(telling, key)) == {"south"}


def test_what_uses_no_pass_tells_nobody_anything(telling: Store, key: DocumentKey) -> None:
    north = Gate("north-1")
    north.passage()
    north.send(telling)
    assert told(telling, key) == {}


def test_a_key_that_cannot_be_used_loses_no_event_and_is_logged_once(store: Store, tmp_path: Path) -> None:
    broken = tmp_path / "broken-key"
    broken.write_text("no key", encoding="utf-8")
    broken.chmod(0o600)
    store.tell_uses(Telling(store.engine, DocumentKey(broken), lambda: NOON_US, time.monotonic).tell)
    north = Gate("north-1")
    with capture_logs() as lines:
        for mark in (MARK, "ab" * 16):
            north.admits(mark)
            north.send(store)
    assert store.standing("riverside", "north-1", north.log_id).next_seq == 3
    assert [line["event"] for line in lines] == ["telling gates of used passes lost"]
