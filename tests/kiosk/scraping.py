"""A real core in a thread of the test's own, with the test as its gate and its eyes; and scrapes, parsed."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from kiosk import config
from kiosk.bootstrap.core import Core, build_core
from kiosk.bootstrap.process import SOFTWARE, core_socket
from kiosk.credentials import Examined, PassClaims, examine, key_id, parse_trust
from kiosk.credentials.passes import encode
from kiosk.evidence import Observation, Reading, Scan
from kiosk.link import (
    BEAT_EVERY,
    AnyMessage,
    Beat,
    Connection,
    GateClosed,
    GateOpened,
    OpenGate,
    Passed,
    Scanned,
    connect_patiently,
    greet,
)
from kiosk.model import Part
from kiosk.people import VisitorKind
from kiosk.units import Celsius, Seconds, WallTime
from tests.captured_lines import capture_logs
from tests.drivers.pictured import RealClock

PATIENCE_S = 15.0
DAY_US = 86_400_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
TRUST = {
    "schema": 1,
    "id": "test",
    "issued_at": "2026-01-01T00:00:00Z",
    "issuers": [
        {
            "kind": "pass",
            "id": "passes",
            "key": base64.b64encode(PUBLIC).decode(),
            "compounds": ["riverside"],
            "visitors": ["resident"],
        }
    ],
}


class Scrape:
    """One answer of a metrics server. Call it with a sample's name and labels for its value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    @classmethod
    def of_registry(cls, registry: CollectorRegistry) -> "Scrape":
        return cls(generate_latest(registry).decode())

    def __call__(self, name: str, /, **labels: str) -> float | None:
        return self.samples.get((name, frozenset(labels.items())))


class WarmForehead:
    """A thermometer that always sees the same person, who came when it was opened."""

    def __init__(self, clock: RealClock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def observe(self) -> Observation:
        now = self._clock.monotonic()
        return Observation(
            True, now, Reading(Celsius(34), Celsius(22), Celsius(36.5), Celsius(0.2), 4, "test", self._began, now)
        )

    def rest_s(self) -> Seconds:
        return Seconds(0.02)

    def close(self) -> None:
        pass


class RunningCore:
    """What a test does with a running core."""

    software = SOFTWARE

    def __init__(self, core: Core, configuration: config.Config, said: list[Any]) -> None:
        self.core = core
        self.said = said
        self.identities: list[str] = []
        self.credential: Examined | None = None
        self._config = configuration
        self._clock = RealClock()

    @property
    def port(self) -> int:
        """Where the figures are served, once the core has said so."""
        ends = time.monotonic() + PATIENCE_S
        while not (served := [line["port"] for line in list(self.said) if line["event"] == "metrics served"]):
            assert time.monotonic() < ends, self.said
            threading.Event().wait(0.02)
        return int(served[0])

    def reaches(self, host: str) -> bool:
        try:
            socket.create_connection((host, self.port), timeout=PATIENCE_S).close()
        except ConnectionRefusedError:
            return False
        return True

    def scrape(self) -> Scrape:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/metrics", timeout=PATIENCE_S) as answer:
            return Scrape(answer.read().decode())

    def scrape_until(self, wanted: Callable[[Scrape], bool]) -> Scrape:
        ends = time.monotonic() + PATIENCE_S
        while not wanted(seen := self.scrape()):
            assert time.monotonic() < ends, seen.text
            threading.Event().wait(0.02)
        return seen

    def admit_resident(self, holder: str | None = None) -> None:
        """Be the eyes that see a pass, and the gate that opens and is walked through."""
        with closing(self._join(Part.GATE)) as gate, closing(self._join(Part.EYES)) as eyes:
            now = self._clock.monotonic()
            code = self._signed_pass(holder)
            self.credential = examine(code, parse_trust(json.dumps(TRUST).encode(), ""), self._clock.wall())
            eyes.send(Scanned(Scan(code, "QRCode", "test", now, now)))
            order = self._heard(gate, eyes)
            self.identities = [order.admission, self.core.runtime.visit.id]
            for answer in (GateOpened, Passed):
                gate.send(answer(order.admission, self._clock.monotonic()))
            gate.send(GateClosed(order.admission, passed=True, at=self._clock.monotonic()))

    def _signed_pass(self, holder: str | None) -> bytes:
        now = self._clock.wall() // 1_000_000 * 1_000_000
        claims = PassClaims(
            pass_id=bytes(12),
            compound="riverside",
            visitor=VisitorKind.RESIDENT,
            not_before=WallTime(now - DAY_US),
            not_after=WallTime(now + DAY_US),
            holder=holder,
        )
        return encode(claims, KEY.sign, key_id(PUBLIC)).encode()

    def _join(self, part: Part) -> Connection:
        connection = connect_patiently(core_socket(self._config), threading.Event().wait)
        assert connection is not None
        greet(connection, part, "test")
        return connection

    def _heard(self, gate: Connection, eyes: Connection) -> OpenGate:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            for link in (gate, eyes):
                link.send(Beat(self._clock.monotonic()))
            message: AnyMessage | None = gate.receive(BEAT_EVERY)
            if isinstance(message, OpenGate):
                return message
        raise AssertionError("the core did not open the gate")


@contextmanager
def running_core(folder: Path, *, metrics_port: int | None) -> Iterator[RunningCore]:
    """Run a core, with no device but a thermometer, for as long as the block lasts."""
    file = folder / "kiosk.toml"
    (folder / "trust.json").write_text(json.dumps(TRUST), encoding="utf-8")
    file.write_text(
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = "{folder}"\n'
        f'[policy]\nfile = "shipped:normal-times"\ntrust = ["trust.json"]\n[log]\npath = "{folder}/log.sqlite"\n',
        encoding="utf-8",
    )
    configuration = config.load(file)
    gate = msgspec.structs.replace(configuration.gate, metrics_port=metrics_port)
    configuration = msgspec.structs.replace(configuration, gate=gate)
    stop = threading.Event()
    clock = RealClock()
    with capture_logs() as said, ThreadPoolExecutor(1, "test-core") as pool:
        core = build_core(configuration, folder, clock=clock, thermometer=lambda: WarmForehead(clock))
        running = pool.submit(core.run, stop)
        try:
            yield RunningCore(core, configuration, said)
        finally:
            stop.set()
            try:
                running.result(PATIENCE_S)
            finally:
                core.close()


@contextmanager
def taken_port() -> Iterator[int]:
    """A port of loopback that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]
