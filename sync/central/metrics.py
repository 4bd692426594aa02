"""The server's figures for Prometheus, on loopback: uploads counted as they come, and where the logs stand when asked.

Labels are compounds, devices and results; none names a person, a visit or an event. `docs/central.md` describes them.
"""

import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import (
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from kiosk.exposition import Exposition
from sync.central.cases import waiting as waiting_cases
from sync.central.devices import Device, devices
from sync.central.partitions import in_default
from sync.central.schema import personal
from sync.central.vault import Vault, VaultClosed
from sync.wire import Standing

APPEND_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
OF_DEVICE: Mapping[str, tuple[str, Callable[[Device], float]]] = {
    "events": ("Events that the server holds.", lambda one: one.events),
    "missing_events": ("Events that later ones were offered after, and that are not there.", lambda one: one.missing),
    "aside_events": ("Events of forks, kept aside.", lambda one: one.aside),
    "faulty_events": ("Events that cannot be read or believed.", lambda one: one.faulty),
    "newer_events": ("Events of a schema that this server cannot read yet.", lambda one: one.newer),
    "uncertain_events": ("Events of which only the time of arrival is known.", lambda one: one.uncertain),
    "corrected_events": ("Events whose time was corrected.", lambda one: one.corrected),
    "received_timestamp_seconds": ("When something new came last.", lambda one: one.received_us / 1e6),
}


class Metrics(Exposition):
    """The figures of one server, in a registry of their own. Any thread may count."""

    def __init__(
        self, engine: Engine, vault: Vault, software: str, wall_us: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        super().__init__()
        registry = self.registry
        self._uploads = Counter(
            "gatepost_central_uploads", "Uploads answered: taken, gap or fork.", ("result",), registry=registry
        )
        self._events = Counter("gatepost_central_events", "Events in the uploads that were taken.", registry=registry)
        self._append_s = Histogram(
            "gatepost_central_append_seconds",
            "How long it took to take in an upload, whatever became of it.",
            buckets=APPEND_BUCKETS_S,
            registry=registry,
        )
        for result in ("taken", "gap", "fork"):
            self._uploads.labels(result)
        ProcessCollector(namespace="gatepost_central", registry=registry)
        Info("gatepost_central", "What runs here.", registry=registry).info({"software": software})
        registry.register(_Standings(engine, vault, wall_us))

    def uploaded(self, events: int, fitted: bool, standing: Standing, took_s: float) -> None:
        """Count an upload that was answered."""
        self._uploads.labels("taken" if fitted else "fork" if standing.fork else "gap").inc()
        self._append_s.observe(took_s)
        if fitted:
            self._events.inc(events)

    def waiting(self, count: Callable[[], int]) -> None:
        """Show how many kiosks wait for news."""
        Gauge("gatepost_central_waiting_kiosks", "Kiosks that wait for news.", registry=self.registry).set_function(count)


class _Standings(Collector):
    """What the database and the vault say when somebody asks; nothing of the database while it cannot be read."""

    def __init__(self, engine: Engine, vault: Vault, wall_us: Callable[[], int]) -> None:
        self._wall_us = wall_us
        self._engine = engine
        self._vault = vault

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing beforehand, so that to register it asks nobody anything."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask now."""
        yield from self._of_vault()
        try:
            yield from self._of_database()
        except SQLAlchemyError:
            yield GaugeMetricFamily("gatepost_central_database_up", "1 while the database can be read.", value=0)

    def _of_vault(self) -> Iterator[GaugeMetricFamily]:
        try:
            records = self._vault.records()
        except VaultClosed:
            yield GaugeMetricFamily("gatepost_central_vault_open", "1 while the vault is open.", value=0)
            return
        yield GaugeMetricFamily("gatepost_central_vault_open", "1 while the vault is open.", value=1)
        kept = GaugeMetricFamily("gatepost_central_month_keys", "Month keys that are not destroyed.", labels=["compound"])
        for compound in sorted({one.compound for one in records}):
            count = sum(1 for one in records if one.compound == compound and one.destroyed_us is None)
            kept.add_metric([compound], count)
        yield kept

    def _of_database(self) -> Iterator[GaugeMetricFamily]:
        with self._engine.connect() as connection:
            found = devices(connection)
            waiting = connection.execute(
                select(func.count()).select_from(personal).where(personal.c.indexed == 0)
            ).scalar_one()
            fallen_through = in_default(connection)
            cases = waiting_cases(connection, self._wall_us())
        yield GaugeMetricFamily("gatepost_central_database_up", "1 while the database can be read.", value=1)
        yield GaugeMetricFamily(
            "gatepost_central_not_indexed_events", "Sealed parts that wait for the vault to be found by.", value=waiting
        )
        yield GaugeMetricFamily(
            "gatepost_central_default_partition_events", "Events in no month's partition yet.", value=fallen_through
        )
        open_cases = GaugeMetricFamily(
            "gatepost_central_open_cases", "Cases that wait for somebody, by whose turn it is.", labels=["compound", "turn"]
        )
        for (compound, turn), count in sorted(cases.items()):
            open_cases.add_metric([compound, turn], count)
        yield open_cases
        for name, (said, value) in OF_DEVICE.items():
            family = GaugeMetricFamily(f"gatepost_central_device_{name}", said, labels=["compound", "device"])
            for one in found:
                family.add_metric([one.compound, one.device], value(one))
            yield family
