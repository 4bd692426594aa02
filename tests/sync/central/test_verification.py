import re
from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import text

from sync.central.store import Store
from sync.central.verification import Verified, verify_logs
from tests.sync.central.kiosks import LOG_ID, KioskLog
from tests.sync.central.test_store import log_of, send


def verified(store: Store, device: str | None = None, log_id: str | None = None) -> list[Verified]:
    with store.engine.connect() as connection:
        return list(verify_logs(connection, device, log_id))


def change(store: Store, statement: str, **values: object) -> None:
    with store.engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount == 1


def test_whole_logs_are_verified_to_their_heads(store: Store) -> None:
    for device, count in (("gate-1", 7), ("gate-2", 1)):
        send(store, log_of(count, device=device))
    assert [(one.device, one.events, one.erased, one.broken) for one in verified(store)] == [
        ("gate-1", 7, 0, ""),
        ("gate-2", 1, 0, ""),
    ]
    assert [one.device for one in verified(store, "gate-2")] == ["gate-2"]
    assert verified(store, "gate-2", "00000000") == []
    assert len(verified(store, log_id=LOG_ID)) == 2


def test_many_events_over_many_uploads_are_verified(store: Store) -> None:
    log = log_of(4100)
    for first in range(1, 4100, 1000):
        send(store, log, first, min(first + 999, 4100))
    assert [(one.events, one.broken) for one in verified(store)] == [(4100, "")]


CHANGES: dict[str, tuple[Callable[[Store], None], str]] = {
    "a header": (
        lambda store: change(store, "UPDATE event SET header = replace(header, :a, :b) WHERE seq = 3", a=":3", b=":4"),
        "/3: expected event|/3: event 3 does not have the hash",
    ),
    "a hash": (
        lambda store: change(store, "UPDATE event SET hash = :hash WHERE seq = 3", hash=bytes(32)),
        "/3: event 3 does not have the hash",
    ),
    "a digest": (
        lambda store: change(store, "UPDATE event SET sealed_digest = :hash WHERE seq = 3", hash=bytes(32)),
        "/3: event 3 does not have the hash",
    ),
    "an event left out": (
        lambda store: change(store, "DELETE FROM event WHERE seq = 3"),
        "/4: event 3 is missing before it",
    ),
    "the last event left out": (
        lambda store: change(store, "DELETE FROM event WHERE seq = 5"),
        "/5: the log's head says 5 events, and here its chain ends",
    ),
    "a head": (
        lambda store: change(store, "UPDATE log SET head = :hash", hash=bytes(32)),
        "/6: the log's head says 5 events, and here its chain ends",
    ),
    "a sealed part": (
        lambda store: change(store, "UPDATE personal SET sealed = :other", other=b"other"),
        "/2: its sealed part is not the one that was hashed",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_first_broken_event_is_named(store: Store, what: str) -> None:
    log = KioskLog()
    for number in range(1, 6):
        log.append_sealed(b"sealed", number=number) if number == 2 else log.add(number=number)
    send(store, log)
    assert [one.broken for one in verified(store)] == [""]
    manipulate, words = CHANGES[what]
    manipulate(store)
    (found,) = verified(store)
    assert re.search(words, found.broken), found.broken


def test_an_event_that_arrived_faulty_is_named(store: Store) -> None:
    log = log_of(3)
    changed = msgspec.json.decode(log.body())["events"][1]
    changed["header"] = changed["header"].replace('"number":2', '"number":7')
    send(store, log, mended=[(2, msgspec.json.encode(changed))])
    (found,) = verified(store)
    assert found.broken.startswith(f"riverside/gate-1/{LOG_ID}/2: it arrived so: event 2 does not have the hash")


def test_a_fork_kept_aside_breaks_nothing(store: Store) -> None:
    log = log_of(3)
    send(store, log)
    other = log.branch(1)
    other.add(number=77)
    send(store, other, 2)
    assert [one.broken for one in verified(store)] == [""]


def test_an_erased_part_is_counted_and_breaks_nothing(store: Store) -> None:
    log = KioskLog()
    log.append_sealed(b"sealed")
    log.append_sealed(b"sealed too")
    send(store, log)
    change(store, "DELETE FROM personal WHERE arrival = 1")
    assert [(one.events, one.erased, one.broken) for one in verified(store)] == [(2, 1, "")]
