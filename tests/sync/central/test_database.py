import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import SQLAlchemyError

from kiosk.bench.cluster import Cluster
from kiosk.errors import UsageError
from sync.central.database import open_database
from sync.central.partitions import is_partition
from sync.central.residents import tables
from sync.central.store import Store
from tests.sync.central.kiosks import NOON_US, KioskLog

OURS = {"include_name": lambda name, kind, _: kind != "table" or not is_partition(name)}


def test_the_migrations_make_the_tables_that_the_code_uses(url: str) -> None:
    engine = open_database(url, NOON_US)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=OURS), tables.resident.metadata) == []
    engine.dispose()


def test_a_database_is_opened_again_as_it_is(url: str) -> None:
    for _ in range(2):
        open_database(url, NOON_US).dispose()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("nonsense", "is no database address"),
        ("", "is no database address"),
        ("postgresql://host:port/x", "is no database address"),
        ("nobody://x", "is no database address|not supported"),
        ("mysql://x/y", "mysql is not supported"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:////proc/nowhere/x.sqlite", "cannot be used: /proc/nowhere/x.sqlite: No such file"),
    ],
)
def test_a_bad_address_is_one_sentence(bad: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_database(bad, NOON_US)
    assert str(caught.value).startswith("[database] url")
    assert "\n" not in str(caught.value)


def test_nobody_but_its_owner_may_read_what_is_made(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/central.sqlite", NOON_US)
    with engine.connect():
        found = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    engine.dispose()
    assert "central.sqlite" in found
    assert set(found.values()) == {0o600}


def test_a_database_that_is_not_to_be_made_is_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no database there"):
        open_database(f"sqlite:///{tmp_path}/central.sqlite", NOON_US, make=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "central.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(UsageError, match="file is not a database"):
        open_database(f"sqlite:///{path}", NOON_US)
    assert path.read_bytes() == b"not a database" * 100


def test_a_database_of_a_newer_server_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "central.sqlite"
    open_database(f"sqlite:///{path}", NOON_US).dispose()
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    with pytest.raises(UsageError, match="another version of this server"):
        open_database(f"sqlite:///{path}", NOON_US)


def test_nobody_listening_is_one_sentence_without_the_password(cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UsageError, match="cannot be used") as caught:
        open_database(f"postgresql://user:sesame@127.0.0.1:{port}/x", NOON_US)
    assert "sesame" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_went_away_and_came_back_is_used_again(cluster: Cluster) -> None:
    store = Store(cluster.new())
    log = KioskLog()
    log.add()
    log.add()
    store.append("riverside", "gate-1", log.log_id, log.upload(1, 1))
    cluster.restart()
    assert store.append("riverside", "gate-1", log.log_id, log.upload(2))[1].next_seq == 3
    store.close()


def test_what_goes_wrong_is_told_without_anybodys_record(tmp_path: Path) -> None:
    path = tmp_path / "central.sqlite"
    store = Store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE event")
    log = KioskLog()
    log.add(who="Zhang Wei")
    with pytest.raises(SQLAlchemyError) as caught:
        store.append("riverside", "gate-1", log.log_id, log.upload())
    assert "Zhang" not in str(caught.value)
    store.close()


def test_what_is_acknowledged_is_on_the_disk(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'central.sqlite'}", NOON_US)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    engine.dispose()
