"""Both real ends together: the kiosk's log and sender, and the server."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kiosk.events import Draft
from sync.exchange import Exchange
from sync.log import SqliteLog
from sync.sender import Sender
from tests.kiosk.fakes import FakeClock
from tests.sync.central.serving import Running, server

FLUSH_S = 20.0


@contextmanager
def kiosk(path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(path, compound="riverside", device="gate-1", clock=FakeClock())) as log:
        assert log.fault is None
        yield log


def add(log: SqliteLog, count: int, **body: int) -> None:
    for number in range(count):
        log.append(Draft("note", {"number": number, **body}), visit="")


def flush(log: SqliteLog, central: Running, batch: int = 20) -> int:
    with closing(Sender(log, Exchange(central.url, "gate-1", simulated=True), batch=batch)) as sender:
        return sender.flush(FLUSH_S)


@pytest.mark.parametrize("batch", [1, 7, 200])
def test_everything_arrives_in_order(tmp_path: Path, batch: int) -> None:
    with server(tmp_path, simulation=True) as central, kiosk(tmp_path / "log.sqlite") as log:
        add(log, 50)
        assert flush(log, central, batch) == 0
        add(log, 3)
        assert flush(log, central, batch) == 0
        (found,) = central.get("/api/v1/logs").json()["logs"]
        assert (found["next_seq"], found["faulty"], found["aside"]) == (55, 0, 0)
        assert found["head"] == log.head().hash.hex()


def test_a_server_restored_from_a_backup_gets_what_it_lost_again(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    with kiosk(tmp_path / "log.sqlite") as log:
        with server(folder, simulation=True) as central:
            add(log, 10)
            assert flush(log, central) == 0
        shutil.copy(folder / "central.sqlite", tmp_path / "backup.sqlite")
        with server(folder, simulation=True) as central:
            add(log, 100)
            assert flush(log, central) == 0
        for path in folder.iterdir():
            path.unlink()
        shutil.copy(tmp_path / "backup.sqlite", folder / "central.sqlite")
        with server(folder, simulation=True) as central:
            add(log, 1)
            assert flush(log, central) == 0
            (found,) = central.get("/api/v1/logs").json()["logs"]
            assert (found["next_seq"], found["head"]) == (113, log.head().hash.hex())


def test_a_copied_card_forks_and_every_event_of_both_is_at_the_server(tmp_path: Path) -> None:
    with server(tmp_path, simulation=True) as central:
        with kiosk(tmp_path / "one.sqlite") as log:
            add(log, 5)
        shutil.copy(tmp_path / "one.sqlite", tmp_path / "other.sqlite")
        with kiosk(tmp_path / "one.sqlite") as log:
            add(log, 30, card=1)
            assert flush(log, central) == 0
        with kiosk(tmp_path / "other.sqlite") as log:
            # More than one upload: what comes after the fork is kept aside as well.
            add(log, 90, card=2)
            assert flush(log, central) == 0
            add(log, 4, card=2)
            assert flush(log, central) == 0
            logs = central.get("/api/v1/logs").json()["logs"]
            begun = log.head().log_id
        by_id = {found["log_id"]: found for found in logs}
        assert len(by_id) == 2
        assert by_id.pop(begun)["aside"] == 0
        (forked,) = by_id.values()
        assert (forked["next_seq"], forked["aside"]) == (37, 90)
