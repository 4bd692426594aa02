"""Backup and restore on both databases, while the server runs; and a restored older server gets the rest again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kiosk.bench.cluster import Cluster
from kiosk.errors import UsageError
from kiosk.events import Draft
from sync.central.backup import back_up
from sync.central.config import CentralConfig, DatabaseSection, ServerSection, SimulationSection
from sync.central.serve import serve
from sync.central.store import Store
from sync.central.verification import verify_logs
from sync.exchange import Exchange
from sync.log import SqliteLog
from sync.sender import Sender
from tests.kiosk.fakes import FakeClock
from tests.sync.central.test_store import log_of, send

WAIT_S = 30.0
Backup = Callable[[], None]
Restore = Callable[[], None]


@contextmanager
def central(url: str) -> Iterator[str]:
    """A server on loopback over a database; its URL."""
    ready, stop = threading.Event(), threading.Event()
    urls: list[str] = []

    def on_ready(at: str) -> None:
        urls.append(at)
        ready.set()

    config = CentralConfig(
        server=ServerSection(port=0), database=DatabaseSection(url=url), simulation=SimulationSection(allowed=True)
    )
    thread = threading.Thread(target=serve, args=(config, on_ready, stop), name="central")
    thread.start()
    try:
        assert ready.wait(WAIT_S)
        yield urls[0]
    finally:
        stop.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Backup, Restore]:
    """A new database, how it is copied while it is used, and how the copy takes its place again."""
    if request.param == "sqlite":
        path, copy = tmp_path / "central.sqlite", tmp_path / "copy.sqlite"

        def back() -> None:
            store = Store(f"sqlite:///{path}")
            back_up(store.engine, copy)
            store.close()

        def restore() -> None:
            for old in tmp_path.glob("central.sqlite*"):
                old.unlink()
            path.write_bytes(copy.read_bytes())

        return f"sqlite:///{path}", back, restore
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.new()
    return url, lambda: cluster.dump(url), lambda: cluster.restore(url)


def test_a_restored_older_server_gets_the_missing_events_again(place: tuple[str, Backup, Restore], tmp_path: Path) -> None:
    url, back, restore = place
    with closing(SqliteLog(tmp_path / "log.sqlite", compound="riverside", device="gate-1", clock=FakeClock())) as log:

        def come(count: int) -> None:
            for number in range(count):
                log.append(Draft("note", {"number": number}, b"sealed"), visit="")

        def flush(to: str) -> None:
            with closing(Sender(log, Exchange(to, "gate-1", simulated=True), batch=20)) as sender:
                assert sender.flush(WAIT_S) == 0

        with central(url) as server:
            come(30)
            flush(server)
            back()
            come(50)
            flush(server)
        restore()
        with central(url) as server:
            come(1)
            flush(server)
        head = log.head()
    store = Store(url)
    (found,) = store.logs()
    assert (found["next_seq"], found["head"], found["aside"]) == (head.next_seq, head.hash.hex(), 0)
    with store.engine.connect() as connection:
        assert [(one.broken, one.erased) for one in verify_logs(connection)] == [("", 0)]
    assert [one["arrival"] for one in store.since("riverside", 0, 200)] == list(range(1, head.next_seq))
    store.close()


def test_a_copy_is_of_one_moment_though_kiosks_go_on_sending(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}")
    log = log_of(200)
    begun = threading.Event()

    def go_on() -> None:
        for first in range(1, 200, 2):
            send(store, log, first, first + 1)
            begun.set()

    sending = threading.Thread(target=go_on)
    sending.start()
    assert begun.wait(WAIT_S)
    back_up(store.engine, tmp_path / "copy.sqlite")
    sending.join(WAIT_S)
    store.close()
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    with copy.engine.connect() as connection:
        (found,) = verify_logs(connection)
    assert found.broken == ""
    assert found.events >= 2
    copy.close()


def test_postgresql_is_left_to_its_own_tool(cluster: Cluster, tmp_path: Path) -> None:
    store = Store(cluster.new())
    with pytest.raises(UsageError, match="pg_dump"):
        back_up(store.engine, tmp_path / "copy")
    store.close()
    assert not (tmp_path / "copy").exists()


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}")
    with pytest.raises(UsageError, match="cannot be written"):
        back_up(store.engine, Path("/proc/nowhere/copy"))
    store.close()


def test_dumps_hold_every_partition(cluster: Cluster) -> None:
    url = cluster.new()
    store = Store(url)
    send(store, log_of(5))
    store.close()
    cluster.dump(url)
    cluster.restore(url)
    again = Store(url)
    assert len(again.since("riverside", 0, 10)) == 5
    again.close()
