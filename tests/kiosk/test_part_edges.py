"""A real core whose parts are lost for many turns and come back: one line for each edge, with how long it was away."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from kiosk import config
from kiosk.bootstrap.core import build_core
from kiosk.bootstrap.process import core_socket
from kiosk.errors import DeviceLost, ServiceUnavailable
from kiosk.evidence import HealthStatus, IssuerAnswer, Observation, Scan
from kiosk.link import Beat, Connection, PartHealth, Passed, Scanned, connect_patiently, greet
from kiosk.model import Part
from kiosk.units import Monotonic, Seconds
from tests.captured_lines import capture_logs
from tests.drivers.pictured import RealClock
from tests.kiosk.fakes import FakeLog
from tests.kiosk.runtimes import HEALTH_CODE, trust_document
from tests.sync.central.serving import server

PATIENCE_S = 20.0
TURNS = 12
CLOCK = RealClock()


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends, "it never came to that"
        threading.Event().wait(0.01)


class Parts:
    """Everything around the core that a test can break. Each counts how often it was turned to."""

    def __init__(self, folder: Path, said: list[Any]) -> None:
        self.folder = folder
        self.said = said
        self.broken: set[Part] = set()
        self.turns: dict[Part, int] = dict.fromkeys(Part, 0)
        self.log = _Log(self)
        self.links: dict[Part, Connection] = {}

    def turned_to(self, part: Part) -> bool:
        self.turns[part] += 1
        return part not in self.broken

    def open_thermometer(self) -> "_Thermometer":
        return _Thermometer(self)

    def join(self, part: Part) -> Connection:
        link = connect_patiently(core_socket(config.load(self.folder / "kiosk.toml")), threading.Event().wait)
        assert link is not None
        greet(link, part, "test")
        self.links[part] = link
        return link

    def lines(self, part: Part) -> list[dict[str, Any]]:
        return [line for line in list(self.said) if line["event"] in (f"{part} lost", f"{part} back")]


class _Thermometer:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def observe(self) -> Observation:
        if not self._parts.turned_to(Part.THERMOMETER):
            raise DeviceLost("it does not answer")
        return Observation(False, CLOCK.monotonic())

    def rest_s(self) -> Seconds:
        return Seconds(0.02)

    def close(self) -> None:
        """Nothing to let go of."""


class _Log(FakeLog):
    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts

    def append(self, *arguments: Any, **more: Any) -> Any:
        self.failing = not self._parts.turned_to(Part.LOG)
        return super().append(*arguments, **more)


class _Issuer:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        if not self._parts.turned_to(Part.ISSUER):
            raise ServiceUnavailable("no answer")
        return IssuerAnswer(HealthStatus.GREEN)


@contextmanager
def core(folder: Path, server_url: str | None = None) -> Iterator[Parts]:
    (folder / "trust.json").write_text(json.dumps(trust_document()), encoding="utf-8")
    (folder / "kiosk.toml").write_text(
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = "{folder}"\n'
        f'[policy]\nfile = "shipped:response-level-2"\ntrust = ["trust.json"]\n[log]\npath = "{folder}/log.sqlite"\n'
        + ("" if server_url is None else f'[server]\nurl = "{server_url}"\ntimeout_s = 1.0\n[simulation]\nworld = "none"\n'),
        encoding="utf-8",
    )
    stop = threading.Event()
    with capture_logs() as said, ThreadPoolExecutor(1, "test-core") as pool:
        parts = Parts(folder, said)
        built = build_core(
            config.load(folder / "kiosk.toml"),
            folder,
            clock=CLOCK,
            thermometer=parts.open_thermometer,
            log=parts.log if server_url is None else None,
            issuers={"health": _Issuer(parts)},
        )
        running = pool.submit(built.run, stop)
        try:
            yield parts
        finally:
            stop.set()
            running.result(PATIENCE_S)
            for link in parts.links.values():
                link.close()
            built.close()


def turned_to_again(parts: Parts, part: Part) -> Callable[[], None]:
    def turn() -> None:
        before = parts.turns[part]
        until(lambda: parts.turns[part] > before)

    return turn


def test_the_thermometer(tmp_path: Path) -> None:
    with core(tmp_path) as parts:
        until(lambda: parts.turns[Part.THERMOMETER] > 0)
        parts.broken.add(Part.THERMOMETER)
        turn = turned_to_again(parts, Part.THERMOMETER)
        for _ in range(4):
            turn()
        until(lambda: bool(parts.lines(Part.THERMOMETER)))
        parts.broken.clear()
        until(lambda: len(parts.lines(Part.THERMOMETER)) == 2)
        for _ in range(TURNS):
            turn()
        lost, back = parts.lines(Part.THERMOMETER)
    assert (lost["event"], lost["detail"]) == ("thermometer lost", "it does not answer")
    assert back["event"] == "thermometer back"
    assert back["after_s"] >= 0.2


def test_the_log(tmp_path: Path) -> None:
    with core(tmp_path) as parts:
        gate = parts.join(Part.GATE)

        def somebody_passes() -> None:
            before = parts.turns[Part.LOG]
            gate.send(Beat(CLOCK.monotonic()))
            gate.send(Passed(None, CLOCK.monotonic()))
            until(lambda: parts.turns[Part.LOG] > before)

        somebody_passes()
        parts.broken.add(Part.LOG)
        for _ in range(4):
            somebody_passes()
        until(lambda: bool(parts.lines(Part.LOG)))
        parts.broken.clear()
        somebody_passes()
        until(lambda: len(parts.lines(Part.LOG)) == 2)
        for _ in range(TURNS):
            somebody_passes()
        lost, back = parts.lines(Part.LOG)
    assert (lost["event"], lost["detail"], back["event"]) == ("log lost", "the disk is full", "log back")


def test_the_issuer(tmp_path: Path) -> None:
    with core(tmp_path) as parts:
        eyes = parts.join(Part.EYES)
        shown = 0

        def somebody_shows_a_health_code() -> None:
            nonlocal shown
            shown += 1
            before, now = parts.turns[Part.ISSUER], CLOCK.monotonic()
            eyes.send(Beat(now))
            eyes.send(Scanned(Scan(HEALTH_CODE + str(shown).encode(), "QRCode", "test", now, now)))
            until(lambda: parts.turns[Part.ISSUER] > before)

        parts.broken.add(Part.ISSUER)
        somebody_shows_a_health_code()
        somebody_shows_a_health_code()
        until(lambda: bool(parts.lines(Part.ISSUER)))
        parts.broken.clear()
        somebody_shows_a_health_code()
        until(lambda: len(parts.lines(Part.ISSUER)) == 2)
        somebody_shows_a_health_code()
        lost, back = parts.lines(Part.ISSUER)
    assert (lost["event"], lost["detail"], back["event"]) == ("issuer lost", "health: no answer", "issuer back")


class _HangsUp:
    """Takes the server's place, and hangs up on everybody who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            caller.close()
            self.calls += 1

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_S)


def test_the_server(tmp_path: Path) -> None:
    absent = _HangsUp()
    with closing(absent), core(tmp_path, f"http://127.0.0.1:{absent.port}") as parts, ExitStack() as stack:
        until(lambda: absent.calls >= 3)
        assert [line["event"] for line in parts.lines(Part.SERVER)] == ["server lost"]
        absent.close()
        stack.enter_context(server(tmp_path, port=absent.port, simulation=True))
        until(lambda: len(parts.lines(Part.SERVER)) == 2)
        lost, back = parts.lines(Part.SERVER)
    assert (lost["event"], back["event"]) == ("server lost", "server back")
    assert back["after_s"] > 0


@pytest.mark.parametrize("part", [Part.GATE, Part.EYES, Part.SCREEN])
def test_a_process(tmp_path: Path, part: Part) -> None:
    with core(tmp_path) as parts:
        # A gate that has not come yet is lost as well, until it comes: the core knows that it has by the second beat.
        link = parts.join(part)
        beats = 0
        while beats < 2:
            beats += isinstance(link.receive(PATIENCE_S), Beat)
            link.send(Beat(CLOCK.monotonic()))
        link.close()
        until(lambda: bool(parts.lines(part)) and parts.lines(part)[-1]["event"] == f"{part} lost")
        before = len(parts.lines(part))
        # Many a beat goes to nobody meanwhile.
        looked = parts.turns[Part.THERMOMETER]
        until(lambda: parts.turns[Part.THERMOMETER] > looked + 20)
        assert len(parts.lines(part)) == before
        parts.join(part)
        until(lambda: parts.lines(part)[-1]["event"] == f"{part} back")
        assert len(parts.lines(part)) == before + 1
        assert parts.lines(part)[-1]["after_s"] >= 0.3


def test_the_camera(tmp_path: Path) -> None:
    with core(tmp_path) as parts:
        eyes = parts.join(Part.EYES)
        for well in (False, True):
            for _ in range(TURNS):
                eyes.send(PartHealth(Part.CAMERA, well, "", Monotonic(CLOCK.monotonic())))
        until(lambda: len(parts.lines(Part.CAMERA)) == 2)
        lost, back = parts.lines(Part.CAMERA)
    assert (lost["event"], back["event"]) == ("camera lost", "camera back")
