"""`gatepost bench ingest`: how fast the server takes in what many gates send, and how that holds as its tables grow.

Every device has sent once before anything is measured: what counts is a log that goes on, not one that begins. An
upload counts from its bytes to its commit on the disk: read, verified, unsealed for the index, appended. Beside it, in
the same run, the same rows are copied into the same tables with PostgreSQL's COPY, as fast as anything brings them in.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk.bench.batches import COMPOUNDS, EVENTS, Fleet
from kiosk.bench.cluster import Cluster, postgresql
from kiosk.bench.filling import copy_in, grow, rows_since, settle
from kiosk.bench.intake import Taken, take_in, vault_at
from kiosk.units import WallTime
from sync.central.store import Store
from sync.sealing import MonthSealer, month_of

DEVICES = 1000
PART = 100_000
"""So many events are sent in one measurement."""
WORKERS = (1, 2, 4)
GROWING_WORKERS = 2
TENFOLD = 10


def bench_ingest(rows: int = 1_000_000, part: int = PART) -> dict[str, Any]:
    """Measure, on a PostgreSQL of this run's own where there is one, else on SQLite; the report. Raises IntakeFailed."""
    with postgresql(durable=True) as cluster:
        return measure(cluster, rows, part, WORKERS)


def measure(cluster: Cluster | str, rows: int, part: int, numbers: Sequence[int]) -> dict[str, Any]:
    """Measure on this PostgreSQL, or on SQLite where there is none.

    `part` events are sent in each measurement, by each of these `numbers` of workers. On PostgreSQL the tables grow
    tenfold at a time until they have `rows`, on SQLite by what is sent. Raises IntakeFailed.
    """
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        bench = _Bench(Path(folder), cluster, part)
        return {
            "database": "sqlite" if isinstance(cluster, str) else "postgresql",
            "devices": bench.devices,
            "events_per_batch": EVENTS,
            **bench.compare(numbers),
            "growth": bench.grow(rows),
        }


class _Bench:
    """One run: a database at a time, and the fleet that sends to it."""

    def __init__(self, folder: Path, cluster: Cluster | str, part: int) -> None:
        self.devices = min(DEVICES, part // EVENTS)
        self._folder = folder
        self._cluster = cluster
        self._part = part
        self._made = 0

    def compare(self, numbers: Sequence[int]) -> dict[str, Any]:
        """What so many workers take in and, on PostgreSQL, the ratio of each to COPY of the rows that it took in."""
        url = self._begin()
        self._take_in(url, GROWING_WORKERS, self.devices)
        # A second database, which COPY alone fills: the same rows lie in its tables before each of its turns.
        copied = None if isinstance(self._cluster, str) else self._new()
        if copied is not None:
            copy_in(copied, rows_since(url, 0))
        found: dict[str, dict[str, float]] = {}
        for workers in numbers:
            since_us = _now_us()
            taken = self._take_in(url, workers, self._part // EVENTS)
            figures = found[str(workers)] = taken.to_json()
            if copied is not None:
                copying = taken.events / copy_in(copied, rows_since(url, since_us))
                figures["copy_events_per_s"] = round(copying, 1)
                figures["ratio_to_copy"] = round(taken.events / taken.wall_s / copying, 3)
        if copied is None:
            return {"workers": found}
        return {"workers": found, "ratio_to_copy": max(figures["ratio_to_copy"] for figures in found.values())}

    def grow(self, rows: int) -> dict[str, Any]:
        """How an upload fares as the tables grow: figures for each size, and the last one's median over the first's."""
        url = self._begin()
        there = self._take_in(url, GROWING_WORKERS, self.devices).events
        sizes: list[dict[str, float]] = []
        while True:
            self._settle(url)
            taken = self._take_in(url, GROWING_WORKERS, self._part // EVENTS)
            sizes.append({"rows": there, **taken.to_json()})
            there += taken.events
            if there >= rows:
                break
            there = self._fill(url, there, min(rows, int(sizes[-1]["rows"]) * TENFOLD))
        first, last = sizes[0], sizes[-1]
        ratio = round(last["batch_ms_p50"] / first["batch_ms_p50"], 3)
        return {"workers": GROWING_WORKERS, "sizes": sizes, "batch_ratio": ratio}

    def _begin(self) -> str:
        """Take a new database and a new fleet."""
        url = self._new()
        vault = vault_at(self._vault)
        now_us = _now_us()
        names = [f"compound-{number}" for number in range(COMPOUNDS)]
        for name in names:
            vault.create(name, [month_of(now_us)], now_us)
        keys = {name: [one.key for one in vault.records() if one.compound == name] for name in names}
        self._fleet = Fleet({name: MonthSealer(keys[name]) for name in names}, self.devices, now_us - 86_400_000_000)
        return url

    def _new(self) -> str:
        self._made += 1
        path = self._folder / f"{self._made}.sqlite"
        url = f"sqlite:///{path}" if isinstance(self._cluster, str) else self._cluster.new()
        Store(url).close()
        return url

    def _take_in(self, url: str, workers: int, uploads: int) -> Taken:
        files = [self._folder / f"batches-{number}" for number in range(workers)]
        self._fleet.write(files, uploads)
        return take_in(url, self._vault, files)

    def _settle(self, url: str) -> None:
        if not isinstance(self._cluster, str):
            settle(url)

    def _fill(self, url: str, there: int, rows: int) -> int:
        """Bring the tables to so many rows, nobody measuring; how many there are then."""
        if not isinstance(self._cluster, str):
            return grow(url, rows)
        while there < rows:
            there += self._take_in(url, GROWING_WORKERS, self._part // EVENTS).events
        return there

    @property
    def _vault(self) -> Path:
        return self._folder / "vault"


def _now_us() -> WallTime:
    return WallTime(time.time_ns() // 1000)
