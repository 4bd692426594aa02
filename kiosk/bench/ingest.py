"""`gatepost bench ingest`: how fast the server takes in what many gates send, and how that holds as its tables grow.

Workers are processes with a store each, as servers on one database are. A batch counts from its bytes to its commit on
the disk: read, verified, unsealed for the index, appended. Beside it, in the same run, the same rows are copied into
the same tables with PostgreSQL's COPY, as fast as anything can bring them in.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl.pwhash import argon2id

from kiosk.bench import batches
from kiosk.bench.batches import COMPOUNDS, EVENTS, Fleet
from kiosk.bench.cluster import Cluster, postgresql
from sync.central.file_vault import FileVault
from sync.central.store import Store
from sync.sealing import MonthSealer, month_of
from sync.wire import decode_upload

DEVICES = 1000
PART = 100_000
"""So many events are sent in one measurement."""
WORKERS = (1, 2, 4)
PASSPHRASE = b"only for this measurement"
COPIED = ("event", "personal", "blind")


@dataclass(frozen=True, slots=True)
class Taken:
    """How one part was taken in: events in all, from the first batch's begin to the last one's end, and each batch's time."""

    events: int
    wall_s: float
    batches_s: Sequence[float]

    def to_json(self) -> dict[str, float]:
        """As the report has it; times in milliseconds."""
        ordered = sorted(self.batches_s)
        return {
            "events_per_s": round(self.events / self.wall_s, 1),
            "batch_ms_p50": round(statistics.median(ordered) * 1000, 2),
            "batch_ms_p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 2),
        }


def bench_ingest(rows: int = 1_000_000, part: int = PART) -> dict[str, Any]:
    """Measure, on a PostgreSQL of this run's own where there is one, else on SQLite; the report.

    `rows` is how far the tables grow, in parts of `part` events.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatepost-bench-")))
        cluster = stack.enter_context(postgresql(durable=True))
        bench = _Bench(folder, cluster, part)
        report: dict[str, Any] = {
            "database": "sqlite" if isinstance(cluster, str) else "postgresql",
            "devices": DEVICES,
            "events_per_batch": EVENTS,
            "workers": {},
        }
        for workers in WORKERS:
            bench.begin()
            report["workers"][str(workers)] = bench.take_in(workers).to_json()
        best = max(entry["events_per_s"] for entry in report["workers"].values())
        if not isinstance(cluster, str):
            report["copy_events_per_s"] = round(part / bench.copy_s(), 1)
            report["ratio_to_copy"] = round(best / report["copy_events_per_s"], 3)
        report["growth"] = bench.grow(rows)
        return report


class _Bench:
    """One run: a database at a time, and the fleet that sends to it."""

    def __init__(self, folder: Path, cluster: Cluster | str, part: int) -> None:
        self._folder = folder
        self._cluster = cluster
        self._part = part
        self._made = 0

    def begin(self) -> None:
        """Take a new database and a new fleet."""
        self._made += 1
        path = self._folder / f"{self._made}.sqlite"
        self.url = f"sqlite:///{path}" if isinstance(self._cluster, str) else self._cluster.new()
        vault = _vault(self._folder)
        now_us = time.time_ns() // 1000
        names = [f"compound-{number}" for number in range(COMPOUNDS)]
        for name in names:
            vault.create(name, [month_of(now_us)], now_us)  # type: ignore[arg-type]  # a moment is a number
        keys = {name: [one.key for one in vault.records() if one.compound == name] for name in names}
        self._fleet = Fleet({name: MonthSealer(keys[name]) for name in names}, DEVICES, now_us - 86_400_000_000)
        Store(self.url).close()

    def take_in(self, workers: int) -> Taken:
        """Let so many workers take in one part."""
        paths = [self._folder / f"batches-{number}" for number in range(workers)]
        self._fleet.write(paths, self._part // EVENTS)
        context = multiprocessing.get_context("spawn")
        barrier, results = context.Barrier(workers), context.SimpleQueue()
        processes = [context.Process(target=_work, args=(self.url, self._folder, path, barrier, results)) for path in paths]
        for process in processes:
            process.start()
        found = [results.get() for _ in processes]
        for process in processes:
            process.join()
        begins, ends, each = zip(*found, strict=True)
        return Taken(self._part, max(ends) - min(begins), [took for times in each for took in times])

    def copy_s(self) -> float:
        """How long PostgreSQL takes to copy the rows of the last part into the same tables, emptied before."""
        import psycopg

        with closing(psycopg.connect(self.url)) as connection, connection.cursor() as cursor:
            data = {}
            for table in COPIED:
                with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)") as copy:  # noqa: S608 - our names
                    data[table] = b"".join(copy)
            for table in COPIED:
                cursor.execute(f"TRUNCATE {table}")
            connection.commit()
            began = time.monotonic()
            for table in COPIED:
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(data[table])
            connection.commit()
            return time.monotonic() - began

    def grow(self, rows: int) -> dict[str, Any]:
        """Take in part after part until there are so many rows: the first part's figures, the last one's, their ratio."""
        self.begin()
        workers = 2
        parts = [self.take_in(workers) for _ in range(max(2, rows // self._part))]
        first, last = parts[0].to_json(), parts[-1].to_json()
        return {
            "workers": workers,
            "rows": len(parts) * self._part,
            "first": first,
            "last": last,
            "batch_ratio": round(last["batch_ms_p50"] / first["batch_ms_p50"], 3),
        }


def _work(url: str, folder: Path, path: Path, barrier: Any, results: Any) -> None:
    """Take in a file's batches, in a process of its own."""
    store = Store(url, vault=_vault(folder))
    took: list[float] = []
    barrier.wait()
    began = time.monotonic()
    for batch in batches.read(path):
        start = time.monotonic()
        upload, members = decode_upload(batch.body)
        fitted, _ = store.append(batch.compound, batch.device, batch.log_id, upload, members)
        took.append(time.monotonic() - start)
        if not fitted:
            raise RuntimeError("a batch did not fit its log")
    ended = time.monotonic()
    store.close()
    results.put((began, ended, took))


def _vault(folder: Path) -> FileVault:
    return FileVault(folder / "vault", PASSPHRASE, ops=argon2id.OPSLIMIT_MIN, mem=argon2id.MEMLIMIT_MIN)
