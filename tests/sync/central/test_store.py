from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from kiosk.events import GENESIS, NOTHING_SEALED, Event, canonical, chain_hash
from kiosk.model import Answer, ClockState, GateOutcome, Role
from sync.central.store import Store
from sync.wire import BEGIN_NEW, Standing, decode_upload
from tests.captured_lines import capture_logs
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog

DAY_US = 86_400_000_000
HASH = "ab" * 32


def log_of(count: int, **identity: str) -> KioskLog:
    log = KioskLog(**identity)
    for number in range(1, count + 1):
        log.add(number=number)
    return log


def send(store: Store, log: KioskLog, first: int = 1, last: int | None = None, **mended: Any) -> tuple[bool, Standing]:
    return store.append(log.compound, log.device, log.log_id, log.upload(first, last, **mended))


def rows(url: str, query: str) -> list[Any]:
    """What the database itself holds."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(query)))
    finally:
        engine.dispose()


def changed(url: str, statement: str) -> None:
    """Change the database behind the server's back."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def held(store: Store) -> list[int]:
    return [msgspec.json.decode(found["header"])["number"] for found in store.since("riverside", 0, 1000)]


def counts(store: Store) -> tuple[int, int]:
    (log,) = store.logs()
    return log["faulty"], log["aside"]


def test_what_is_appended_stands_at_its_head_and_is_read_in_order(store: Store) -> None:
    log = log_of(5)
    assert send(store, log, 1, 3) == (True, Standing(next_seq=4, head=log.events[2].hash.hex()))
    assert send(store, log, 4) == (True, Standing(next_seq=6, head=log.events[4].hash.hex()))
    assert store.standing("riverside", "gate-1", LOG_ID) == Standing(next_seq=6, head=log.events[4].hash.hex())
    assert held(store) == [1, 2, 3, 4, 5]
    assert len(held(store)) == 5


def test_a_database_that_is_lost_is_told_once_and_so_is_its_return(store: Store, url: str) -> None:
    log = log_of(1)
    with capture_logs() as said:
        changed(url, "ALTER TABLE event RENAME TO elsewhere")
        for _ in range(5):
            with pytest.raises(SQLAlchemyError):
                send(store, log)
            with pytest.raises(SQLAlchemyError):
                store.since("riverside", 0, 10)
        changed(url, "ALTER TABLE elsewhere RENAME TO event")
        for _ in range(5):
            send(store, log)
            store.since("riverside", 0, 10)
    assert [line["event"] for line in said] == ["database lost", "database back"]
    assert held(store) == [1]


def test_a_log_that_nobody_sent_stands_at_its_beginning_and_asking_writes_nothing(store: Store) -> None:
    assert store.standing("riverside", "gate-1", LOG_ID) == Standing(next_seq=1, head=GENESIS.hex())
    assert store.logs() == []


@pytest.mark.parametrize(("first", "last"), [(1, 5), (2, 4), (5, 5), (1, 1)])
def test_a_repeat_is_answered_the_same_and_kept_once(store: Store, first: int, last: int) -> None:
    log = log_of(5)
    fitted, standing = send(store, log)
    # A log that goes on beyond what was sent says so.
    kept_to = None if last == 5 else last + 1
    assert send(store, log, first, last) == (fitted, msgspec.structs.replace(standing, kept_to=kept_to))
    assert held(store) == [1, 2, 3, 4, 5]


def test_an_upload_that_overlaps_what_is_there_adds_the_rest(store: Store) -> None:
    log = log_of(5)
    send(store, log, 1, 3)
    fitted, standing = send(store, log, 2, 5)
    assert (fitted, standing.next_seq) == (True, 6)
    assert held(store) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("there", [0, 2], ids=["of an unknown log", "of a known log"])
def test_a_gap_is_refused_with_the_number_to_go_on_from_and_takes_nothing(store: Store, there: int) -> None:
    log = log_of(6)
    if there:
        send(store, log, 1, there)
    before = held(store)
    fitted, standing = send(store, log, 5, 6)
    head = log.events[there - 1].hash if there else GENESIS
    assert (fitted, standing) == (False, Standing(next_seq=there + 1, head=head.hex()))
    assert held(store) == before


def test_a_gap_is_noted_until_it_is_filled(store: Store) -> None:
    log = log_of(9)
    send(store, log, 1, 2)
    for first in (5, 7, 6):
        send(store, log, first)
        (found,) = store.logs()
        assert (found["next_seq"], found["gap_to"], found["gap_us"]) == (3, max(first, 5 if first == 5 else 7), NOON_US)
    send(store, log, 3, 5)
    assert store.logs()[0]["gap_to"] == 7
    send(store, log, 6)
    assert (store.logs()[0]["gap_to"], store.logs()[0]["gap_us"]) == (0, 0)


def test_an_upload_without_events_changes_nothing(store: Store) -> None:
    log = log_of(2)
    send(store, log)
    assert send(store, log, 3)[1].next_seq == 3
    assert len(held(store)) == 2


def test_logs_of_the_same_name_in_two_compounds_are_two(store: Store) -> None:
    one, other = log_of(2), log_of(3, compound="lakeside")
    send(store, one)
    send(store, other)
    assert [(log["compound"], log["next_seq"]) for log in store.logs()] == [("lakeside", 4), ("riverside", 3)]


@pytest.mark.parametrize("at", [1, 3, 6], ids=["from the first event", "in what is there", "at the head"])
def test_a_fork_is_kept_aside_and_the_kiosk_told_to_begin_anew(store: Store, at: int) -> None:
    log = log_of(5)
    send(store, log)
    other = log.branch(min(at, 5) - 1)
    for number in range(100, 104):
        other.add(number=number)
    fitted, standing = send(store, other, at)
    kept_to = len(other.events) + 1
    head = log.events[4].hash.hex()
    assert not fitted
    assert standing == Standing(next_seq=6, head=head, fork=True, log=BEGIN_NEW, kept_to=kept_to)
    assert held(store) == [1, 2, 3, 4, 5]
    assert counts(store) == (0, kept_to - at)
    # The log itself goes on.
    log.add(number=6)
    assert send(store, log, 6)[0]


def test_of_a_fork_only_what_differs_is_kept_and_only_once(store: Store, url: str) -> None:
    log = log_of(4)
    send(store, log)
    other = log.branch(2)
    other.add(number=103)
    other.add(number=104)
    for _ in range(3):
        assert send(store, other, 1)[1].fork
    assert counts(store) == (0, 2)
    assert [row.seq for row in rows(url, "SELECT seq FROM event WHERE forked ORDER BY arrival")] == [3, 4]


def test_the_rest_of_a_forked_log_is_kept_aside_too(store: Store) -> None:
    log = log_of(2)
    send(store, log)
    other = log.branch(1)
    for number in range(102, 110):
        other.add(number=number)
    assert send(store, other, 2, 4)[1].kept_to == 5
    fitted, standing = send(store, other, 5, 9)
    assert (fitted, standing.fork, standing.kept_to) == (False, True, 10)
    assert counts(store) == (0, 8)


def test_an_event_of_a_schema_newer_than_the_servers_is_believed_and_kept_as_it_came(store: Store, url: str) -> None:
    log = log_of(1)
    newer = {**log.events[0].fields, "schema": 99, "seq": 2, "later": {"deep": [1, "?"]}}
    header = canonical(newer)
    before = log.events[0].hash
    log.events.append(Event(header, before, NOTHING_SEALED, chain_hash(header, before, NOTHING_SEALED)))
    assert send(store, log) == (True, Standing(next_seq=3, head=log.events[1].hash.hex()))
    assert rows(url, "SELECT header, faulty FROM event WHERE seq = 2") == [(header, "")]
    assert rows(url, "SELECT device, schema FROM unread") == [("gate-1", 99)]


def test_an_unknown_kind_and_unknown_members_are_kept_as_they_came(store: Store, url: str) -> None:
    log = KioskLog()
    log.add("parcel_deposited", compartment=7)
    sent = msgspec.json.decode(log.body())
    sent["events"][0]["witness"] = {"by": ["gate-2"]}
    sent["batch_of"] = "2031"
    body = msgspec.json.encode(sent)
    upload, members = decode_upload(body)
    assert store.append("riverside", "gate-1", LOG_ID, upload, members)[0]
    (event,) = rows(url, "SELECT kind, raw, faulty FROM event JOIN personal USING (compound, arrival)")
    assert (event.kind, event.faulty) == ("parcel_deposited", "")
    assert msgspec.json.decode(bytes(event.raw)) == sent["events"][0]
    (envelope,) = rows(url, "SELECT from_seq, members FROM envelope")
    assert (envelope.from_seq, msgspec.json.decode(bytes(envelope.members))) == (1, {"batch_of": "2031"})
    # A repeat brings nothing new.
    store.append("riverside", "gate-1", LOG_ID, upload, members)
    assert len(rows(url, "SELECT members FROM envelope")) == 1


NOT_BELIEVED = {
    "no object": b"17",
    "an empty object": b"{}",
    "no hash": b'{"header": "{}", "sealed_digest": "' + HASH.encode() + b'"}',
    "a header that is no JSON": msgspec.json.encode({"header": "{", "sealed_digest": HASH, "hash": HASH}),
    "a header with NUL": msgspec.json.encode({"header": '{"kind":"\x00"}', "sealed_digest": HASH, "hash": HASH}),
    "a header that nests without end": msgspec.json.encode({"header": "[" * 60_000, "sealed_digest": HASH, "hash": HASH}),
    "another identity": msgspec.json.encode({"header": "{}", "sealed_digest": HASH, "hash": HASH}),
}


@pytest.mark.parametrize("case", NOT_BELIEVED)
def test_an_event_that_cannot_be_believed_is_kept_and_counted_and_holds_up_nothing(store: Store, url: str, case: str) -> None:
    log = log_of(3)
    fitted, standing = send(store, log, mended=[(2, NOT_BELIEVED[case])])
    # The event after it names another hash than the bad one claims: it is faulty as well, and kept as well.
    assert (fitted, standing.next_seq) == (True, 4)
    assert counts(store) == (2, 0)
    found = rows(url, "SELECT raw, kind, faulty FROM event LEFT JOIN personal USING (compound, arrival) ORDER BY seq")
    assert found[0].raw is None
    assert bytes(found[1].raw) == NOT_BELIEVED[case]
    assert [bool(row.faulty) for row in found] == [False, True, True]
    assert [row.kind for row in found] == ["note", "", ""]
    log.add(number=4)
    assert send(store, log, 4)[0]
    assert [bool(found["faulty"]) for found in store.since("riverside", 0, 10)] == [False, True, True, False]


def test_a_header_that_was_changed_on_the_way_is_faulty_and_the_next_is_not(store: Store) -> None:
    log = log_of(3)
    changed = msgspec.json.decode(log.body())["events"][1]
    changed["header"] = changed["header"].replace('"number":2', '"number":7')
    assert send(store, log, mended=[(2, msgspec.json.encode(changed))])[1].next_seq == 4
    assert [bool(found["faulty"]) for found in store.since("riverside", 0, 10)] == [False, True, False]
    assert counts(store) == (1, 0)


def test_a_kind_that_a_database_would_not_take_is_kept(store: Store, url: str) -> None:
    log = KioskLog()
    log.add("\x00" + "k" * 300)
    assert send(store, log)[0]
    (event,) = rows(url, "SELECT kind, faulty FROM event")
    assert event.faulty == ""
    assert len(event.kind) == 64


def test_readers_go_on_from_the_number_they_had(store: Store) -> None:
    log = log_of(7)
    send(store, log)
    seen: list[int] = []
    after = 0
    while found := store.since("riverside", after, 3):
        seen += [msgspec.json.decode(one["header"])["number"] for one in found]
        after = found[-1]["arrival"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


def test_watchers_are_told_after_what_changed_something_and_only_then(store: Store) -> None:
    told: list[int] = []
    store.watch(lambda: told.append(len(held(store))))
    log = log_of(4)
    send(store, log, 1, 2)
    send(store, log, 1, 2)
    send(store, log, 4)
    send(store, log, 3)
    assert told == [2, 4]


def test_what_was_appended_is_there_when_the_database_is_opened_again(url: str) -> None:
    log = log_of(3)
    first = Store(url)
    send(first, log)
    first.close()
    first.close()
    again = Store(url)
    assert again.standing("riverside", "gate-1", LOG_ID).next_seq == 4
    assert len(held(again)) == 3
    again.close()


def test_passages_come_in_the_order_in_which_they_happened(store: Store) -> None:
    late, live = KioskLog(), KioskLog("gate-2")
    for hours in (30, 29):
        late.passage(at_us=NOON_US - hours * 3_600_000_000)
    live.passage(at_us=NOON_US - 60_000_000)
    send(store, live)
    # A gate that was alone for a day brings its passages afterwards: they are not the latest.
    send(store, late)
    assert [found.gate for found in store.passages()] == ["gate-2", "gate-1", "gate-1"]
    assert [found.event.rpartition("/")[2] for found in store.passages()] == ["1", "2", "1"]


@pytest.mark.parametrize(
    ("clock", "wall_us", "at_us"),
    [
        (ClockState.SYNCHRONISED, NOON_US - DAY_US, NOON_US - DAY_US),
        (ClockState.DRIFTING, NOON_US - DAY_US, NOON_US - DAY_US),
        (ClockState.NEVER_SET, 60_000_000, NOON_US),
        (ClockState.SYNCHRONISED, NOON_US + 60_000_000, NOON_US + 60_000_000),
        (ClockState.SYNCHRONISED, NOON_US + DAY_US, NOON_US),
        (ClockState.SYNCHRONISED, -5, NOON_US),
    ],
    ids=["synchronised", "drifting", "never set", "a little ahead", "in the future", "before 1970"],
)
def test_a_clock_that_cannot_be_believed_gives_way_to_the_time_of_arrival(
    store: Store, clock: ClockState, wall_us: int, at_us: int
) -> None:
    log = KioskLog()
    log.passage(at_us=wall_us, clock=clock)
    send(store, log)
    (found,) = store.passages()
    assert found.at_us == at_us
    assert found.certain is (at_us == wall_us)


def test_a_passage_says_what_became_of_it_and_the_first_outcome_stands(store: Store) -> None:
    log = KioskLog()
    admission = log.passage(Answer.ADMIT, "guest_green", role=Role.GUARD)
    send(store, log)
    assert store.passages()[0].outcome == ""
    log.outcome(admission, GateOutcome.NOT_PASSED, NOON_US + 1)
    log.outcome(admission, GateOutcome.UNKNOWN, NOON_US + 2)
    send(store, log, 2)
    (found,) = store.passages()
    assert (found.answer, found.reasons, found.outcome) == ("admit", ("guest_green",), "not_passed")
    assert found.by_guard
    assert not found.simulated


def test_events_kept_aside_or_not_believed_are_no_passages(store: Store) -> None:
    log = KioskLog()
    log.passage(Answer.ADMIT)
    other = log.branch(0)
    other.passage(Answer.REFUSE)
    send(store, log)
    send(store, other)
    broken = KioskLog("gate-2")
    broken.passage(Answer.HOLD)
    changed = msgspec.json.decode(broken.body())["events"][0]
    changed["header"] = changed["header"].replace("hold", "admit")
    send(store, broken, mended=[(1, msgspec.json.encode(changed))])
    assert [found.answer for found in store.passages()] == ["admit"]


def test_no_more_passages_are_read_than_asked_for(store: Store) -> None:
    log = KioskLog()
    for number in range(10):
        log.passage(at_us=NOON_US + number)
    send(store, log)
    assert [found.at_us - NOON_US for found in store.passages(3)] == [9, 8, 7]
