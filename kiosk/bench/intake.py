"""Uploads taken in by workers of their own: processes each with the server's routes, as several servers on a database are.

Only socket and TLS are not there: a request is whole in memory when its time begins.
"""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

from fastapi import FastAPI
from nacl.pwhash import argon2id

from kiosk.bench import batches
from kiosk.bench.batches import EVENTS, Batch
from kiosk.errors import GatepostError
from sync.central.authentication import Authentication
from sync.central.body import Refused
from sync.central.file_vault import FileVault
from sync.central.log_routes import log_routes
from sync.central.metrics import Metrics
from sync.central.store import Store
from sync.central.vault import Vault

PASSPHRASE = b"only for this measurement"
READY_WITHIN_S = 60.0
TAKEN = 200
"""The status of an answer to an upload that was appended."""
_others: Barrier
"""In a worker: where it waits until all are ready."""


class IntakeFailed(GatepostError, RuntimeError):
    """A worker could not take its uploads in: there is no figure."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How uploads were taken in: events in all, from the first one's begin to the last one's end, and each one's time."""

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


def take_in(url: str, vault: Path, files: Sequence[Path]) -> Taken:
    """Let a worker for each file take its uploads in, all at the same time. Raises IntakeFailed."""
    # Processes that share nothing with this one, nor with each other, but what they have imported.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ready = context.Barrier(len(files))
    with ProcessPoolExecutor(len(files), context, _share, (ready,)) as pool:
        working = [pool.submit(_work, url, vault, path) for path in files]
        try:
            found = [one.result() for one in working]
        except BrokenProcessPool as error:
            raise IntakeFailed("a worker was killed while it took uploads in; is there memory enough?") from error
        except Exception as error:
            # One that waited for another tells less than the other does.
            told = [said for one in working if (said := one.exception()) is not None]
            first = next((said for said in told if not isinstance(said, BrokenBarrierError)), error)
            raise IntakeFailed(f"a worker could not take its uploads in: {type(first).__name__}: {first}") from error
    begins, ends, each = zip(*found, strict=True)
    times = [took for worker in each for took in worker]
    return Taken(len(times) * EVENTS, max(ends) - min(begins), times)


def vault_at(path: Path) -> FileVault:
    """The vault of a measurement, which costs no time to open."""
    return FileVault(path, PASSPHRASE, ops=argon2id.OPSLIMIT_MIN, mem=argon2id.MEMLIMIT_MIN)


def serving(store: Store, vault: Vault, now_us: int) -> FastAPI:
    """The server's routes for logs, as it builds them: nothing is taken that no enrolled device has signed.

    Its clock stands at `now_us`: what was signed beforehand is fresh for as long as the measurement takes.
    """
    app = FastAPI(openapi_url=None)
    authentication = Authentication(store.engine, asyncio.Event(), lambda: now_us, simulation_allowed=False)
    app.include_router(log_routes(store, Metrics(store.engine, vault, "bench"), authentication))
    return app


async def take_one(app: FastAPI, batch: Batch) -> None:
    """All that a server does with an upload, from its bytes to its answer. Raises IntakeFailed."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": batch.path,
        "raw_path": batch.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), text.encode()) for name, text in batch.headers.items()],
        "client": None,
        "server": None,
    }
    told: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": batch.body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    try:
        await app(scope, receive, send)
    except Refused as error:
        raise IntakeFailed(f"an upload to {batch.path} was refused: {error}") from error
    status = told[0]["status"]
    if status != TAKEN:
        raise IntakeFailed(f"an upload to {batch.path} was answered with {status}: {told[1]['body'].decode()}")


def _share(ready: Barrier) -> None:
    global _others
    _others = ready


def _work(url: str, vault: Path, path: Path) -> tuple[float, float, list[float]]:
    """Take a file's uploads in, in a process of its own: begin, end and each upload's time, by the monotonic clock."""
    try:
        opened = vault_at(vault)
        store = Store(url, vault=opened)
        try:
            made_us = path.stat().st_mtime_ns // 1000
            return asyncio.run(_take_all(serving(store, opened, made_us), path))
        finally:
            store.close()
    except BaseException:
        _others.abort()
        raise


async def _take_all(app: FastAPI, path: Path) -> tuple[float, float, list[float]]:
    _others.wait(READY_WITHIN_S)
    took: list[float] = []
    began = time.monotonic()
    for batch in batches.read(path):
        start = time.monotonic()
        await take_one(app, batch)
        took.append(time.monotonic() - start)
    return began, time.monotonic(), took
