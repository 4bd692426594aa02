from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from kiosk.bench.cluster import Cluster
from sync.central.database import open_database, prepare
from sync.central.partitions import in_default, is_partition
from sync.central.store import Store
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog
from tests.sync.central.test_store import rows

PARTITIONS = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY name"


def us(year: int, month: int, day: int = 15) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000


def names(url: str) -> list[str]:
    return [row.name.removeprefix("event_") for row in rows(url, PARTITIONS)]


def test_the_months_to_come_have_theirs_beforehand(cluster: Cluster) -> None:
    url = cluster.new()
    engine = open_database(url, us(2026, 11, 30))
    assert names(url) == ["default", "y2026m11", "y2026m12", "y2027m01", "y2027m02"]
    assert prepare(engine, us(2026, 12, 31)) == ["event_y2027m03"]
    assert prepare(engine, us(2026, 12, 31)) == []
    engine.dispose()


def test_an_event_lies_in_the_month_in_which_it_was_received(cluster: Cluster) -> None:
    url = cluster.new()
    log = KioskLog()
    for number, when in enumerate((us(2026, 11, 1), us(2026, 11, 30), us(2026, 12, 1)), 1):
        log.add(number=number)
        store = Store(url, wall_us=lambda when=when: when)  # type: ignore[misc]  # the default binds it
        store.append("riverside", "gate-1", LOG_ID, log.upload(number))
        store.close()
    found = rows(url, "SELECT tableoid::regclass::text AS name, count(*) FROM event GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in found] == [("event_y2026m11", 2), ("event_y2026m12", 1)]


def test_what_fell_through_is_moved_to_a_partition_of_its_own_and_stays_in_order(cluster: Cluster) -> None:
    url = cluster.new()
    now = [NOON_US]
    store = Store(url, wall_us=lambda: now[0])
    log = KioskLog()
    # The server was not restarted for years, and nobody made a partition.
    for number, when in enumerate((us(2026, 11), us(2029, 1), us(2029, 2), us(2029, 2, 20)), 1):
        now[0] = when
        log.add(number=number)
        assert store.append("riverside", "gate-1", LOG_ID, log.upload(number))[0]
    engine = open_database(url, NOON_US)
    with engine.connect() as connection:
        assert in_default(connection) == 0
    assert {"y2029m01", "y2029m02"} <= set(names(url))
    assert [found["arrival"] for found in store.since("riverside", 0, 10)] == [1, 2, 3, 4]
    # Repeats are known over all partitions.
    assert store.append("riverside", "gate-1", LOG_ID, log.upload(1))[1].next_seq == 5
    assert len(store.since("riverside", 0, 10)) == 4
    engine.dispose()
    store.close()


def test_sqlite_has_no_partitions(tmp_path: object) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/central.sqlite", NOON_US)
    assert prepare(engine, us(2031, 1)) == []
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    assert not any(map(is_partition, tables))
    engine.dispose()


@pytest.mark.parametrize(
    ("name", "ours"),
    [("event_default", True), ("event_y2026m11", True), ("event", False), ("event_y2026m11_x", False), ("eventual", False)],
)
def test_partitions_are_known_by_their_names(name: str, ours: bool) -> None:
    assert is_partition(name) is ours
