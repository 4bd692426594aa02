from pathlib import Path

from kiosk.bench import batches
from kiosk.bench.batches import EVENTS, Fleet
from kiosk.bench.ingest import Taken, bench_ingest
from sync.central.store import Store
from sync.central.verification import verify_logs
from sync.sealing import MonthSealer
from sync.wire import decode_upload
from tests.sync.central.kiosks import NOON_US
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
            assert store.append(batch.compound, batch.device, batch.log_id, decode_upload(batch.body)[0])[0]
    with store.engine.connect() as connection:
        logs = list(verify_logs(connection))
    assert [(one.events, one.broken) for one in logs if one.broken] == []
    assert sorted(one.events for one in logs) == [2 * EVENTS, 3 * EVENTS, 3 * EVENTS]
    store.close()


def test_a_part_is_told_in_events_a_second_and_milliseconds_a_batch() -> None:
    times = [0.010] * 99 + [0.5]
    told = Taken(1000, 2.0, times).to_json()
    assert told == {"events_per_s": 500.0, "batch_ms_p50": 10.0, "batch_ms_p99": 500.0}


def test_a_small_measurement_has_every_figure() -> None:
    report = bench_ingest(rows=2000, part=1000)
    assert list(report["workers"]) == ["1", "2", "4"]
    assert report["growth"]["rows"] == 2000
    if report["database"] == "postgresql":
        assert report["ratio_to_copy"] > 0
