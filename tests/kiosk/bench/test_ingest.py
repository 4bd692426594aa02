import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from msgspec.structs import replace
from sqlalchemy import create_engine, text

from kiosk.bench import batches
from kiosk.bench.batches import EVENTS, Batch, Fleet
from kiosk.bench.cluster import Cluster, postgresql
from kiosk.bench.filling import grow, settle
from kiosk.bench.ingest import enrol, measure
from kiosk.bench.intake import IntakeFailed, Taken, serving, take_in, take_one, vault_at
from sync.central.enrolled import Ended, end
from sync.central.store import Store
from sync.central.vault import ClosedVault
from sync.central.verification import verify_logs
from sync.sealing import MonthSealer
from sync.wire import COMPOUND_HEADER, decode_upload
from tests.sync.central.kiosks import NOON_US
from tests.sync.central.test_store import log_of, send
from tests.sync.test_sealing import KEYS


def test_the_fleets_logs_go_on_from_batch_to_batch_and_a_server_believes_them(tmp_path: Path) -> None:
    fleet = Fleet({name: MonthSealer(KEYS) for name in ("one", "other")}, 3, NOON_US)
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}", wall_us=lambda: NOON_US)
    for _ in range(2):
        paths = [tmp_path / "first", tmp_path / "second"]
        fleet.write(paths, 4)
        found = [batch for path in paths for batch in batches.read(path)]
        assert len(found) == 4
        for batch in sorted(found, key=lambda batch: decode_upload(batch.body)[0].from_seq):
            *_, device, log_id = batch.path.split("/")
            upload = decode_upload(batch.body)[0]
            assert store.append(batch.headers[COMPOUND_HEADER], device, log_id, upload)[0]
    with store.engine.connect() as connection:
        logs = list(verify_logs(connection))
    assert [(one.events, one.broken) for one in logs if one.broken] == []
    assert sorted(one.events for one in logs) == [2 * EVENTS, 3 * EVENTS, 3 * EVENTS]
    store.close()


def test_a_part_is_told_in_events_a_second_and_milliseconds_a_batch() -> None:
    times = [0.010] * 99 + [0.5]
    told = Taken(1000, 2.0, times).to_json()
    assert told == {"events_per_s": 500.0, "batch_ms_p50": 10.0, "batch_ms_p99": 500.0}


def test_a_small_measurement_has_every_figure(any_cluster: Cluster | str) -> None:
    report = measure(any_cluster, rows=4000, part=1000, numbers=(2,))
    assert list(report["workers"]) == ["2"]
    sizes = [one["rows"] for one in report["growth"]["sizes"]]
    assert sizes == [1000, 5000 if report["database"] == "postgresql" else 4000]
    if report["database"] == "postgresql":
        assert report["ratio_to_copy"] == max(one["ratio_to_copy"] for one in report["workers"].values())
        assert all(one["log_kb"] > 100 and one["log_pages"] >= 0 for one in report["growth"]["sizes"])


def test_it_is_measured_on_a_database_that_keeps_what_it_commits() -> None:
    with postgresql(durable=True) as found:
        if isinstance(found, str):
            pytest.skip(found)
        engine = create_engine(found.new().replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW fsync")) == "on"
        engine.dispose()


def test_rows_that_are_grown_from_rows_are_as_many_as_they_are_said_to_be(cluster: Cluster) -> None:
    url = cluster.new()
    store = Store(url, wall_us=lambda: NOON_US)
    send(store, log_of(10))
    assert grow(url, 33) == 30
    assert grow(url, 100) == 90
    settle(url)
    assert [found["next_seq"] for found in store.logs()] == [11] * 9
    # Numbers of arrival go on behind all of them.
    send(store, log_of(1, device="gate-9"))
    assert len(store.since("riverside", 0, 1000)) == 91
    store.close()


@pytest.fixture
def batch_and_app(tmp_path: Path) -> Iterator[tuple[Batch, FastAPI, Store]]:
    """An upload of an enrolled device's, and a server as a worker has one."""
    fleet = Fleet({"one": MonthSealer(KEYS)}, 1, NOON_US)
    fleet.write([tmp_path / "batches"], 1)
    url = f"sqlite:///{tmp_path / 'central.sqlite'}"
    vault = vault_at(tmp_path / "vault")
    store = Store(url, vault=vault)
    enrol(url, fleet, NOON_US)
    (batch,) = batches.read(tmp_path / "batches")
    yield batch, serving(store, vault, time.time_ns() // 1000), store
    store.close()


def test_an_upload_counts_that_an_enrolled_device_has_signed(batch_and_app: tuple[Batch, FastAPI, Store]) -> None:
    batch, app, store = batch_and_app
    asyncio.run(take_one(app, batch))
    assert [log["next_seq"] for log in store.logs()] == [EVENTS + 1]


REFUSED = {
    "unsigned": "not signed",
    "another body": "not the one that was signed",
    "another place": "changed on its way",
    "revoked": "revoked",
    "an hour ago": "signed too long ago",
}


@pytest.mark.parametrize(("change", "why"), REFUSED.items(), ids=REFUSED)
def test_the_server_takes_nothing_else(batch_and_app: tuple[Batch, FastAPI, Store], change: str, why: str) -> None:
    batch, app, store = batch_and_app
    match change:
        case "unsigned":
            batch = replace(batch, headers={COMPOUND_HEADER: "one"})
        case "another body":
            batch = replace(batch, body=batch.body + b" ")
        case "another place":
            batch = replace(batch, path=batch.path + "0")
        case "an hour ago":
            app = serving(store, ClosedVault("none"), time.time_ns() // 1000 + 3_600_000_000)
        case _:
            with store.engine.begin() as connection:
                end(connection, "one", "gate-0", Ended.REVOKED, NOON_US)
    with pytest.raises(IntakeFailed, match=f"was refused: .*{why}"):
        asyncio.run(take_one(app, batch))
    assert store.logs() == []


@pytest.mark.parametrize("workers", [1, 3])
def test_a_worker_that_fails_ends_the_run_with_one_sentence(tmp_path: Path, workers: int) -> None:
    fleet = Fleet({"one": MonthSealer(KEYS)}, 6, NOON_US)
    paths = [tmp_path / str(number) for number in range(workers)]
    fleet.write(paths, 6)
    # Its logs do not go on from anything that the server has.
    fleet.write(paths[-1:], 6)
    url = f"sqlite:///{tmp_path / 'central.sqlite'}"
    enrol(url, fleet, NOON_US)
    with pytest.raises(
        IntakeFailed, match=r"^a worker could not take .*: an upload to /api/v1/logs/gate-\d/\d+ was answered with 409"
    ):
        take_in(url, tmp_path / "vault", paths)


def test_a_worker_that_cannot_even_begin_keeps_the_others_from_nothing_but_their_end(tmp_path: Path) -> None:
    paths = [tmp_path / "there", tmp_path / "not there"]
    fleet = Fleet({"one": MonthSealer(KEYS)}, 2, NOON_US)
    fleet.write(paths[:1], 2)
    url = f"sqlite:///{tmp_path / 'central.sqlite'}"
    enrol(url, fleet, NOON_US)
    with pytest.raises(IntakeFailed, match="FileNotFoundError"):
        take_in(url, tmp_path / "vault", paths)
    with pytest.raises(IntakeFailed, match="UsageError"):
        take_in("nonsense", tmp_path / "vault", paths)
