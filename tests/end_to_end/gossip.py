"""A whole gate of real processes for the privacy test, and an issuer that says more than it is asked."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec

from drivers.simulated.observer import Observer
from drivers.simulated.script import Script, VisitorScript, save
from kiosk.demo.vault import make_vault
from kiosk.errors import DeviceLost
from kiosk.link import Connection, connect, greet
from kiosk.model import Part
from kiosk.supervisor import Program, Supervisor
from tests.kiosk.runtimes import trust_document
from tests.kiosk.test_cli_kiosk import GATEPOST
from ui.display import virtual_display

PATIENCE_S = 60.0
PARTS = ("core", "gate", "eyes")


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something to come about."""
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends, f"it never came to this: {what}"
        threading.Event().wait(0.05)


class Gossip:
    """An issuer's service on a bare socket: it answers each token as its table says, byte for byte."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self._answers = answers
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="gossip", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5.0)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller, suppress(OSError):
                caller.settimeout(5.0)
                question = b""
                while not question.endswith(b"}") and (more := caller.recv(65536)):
                    question += more
                token = msgspec.json.decode(question.partition(b"\r\n\r\n")[2])["token"]
                self.asked.append(token)
                caller.sendall(self._answers.get(token, b""))


class WholeGate:
    """World, server, simulated issuer and a kiosk's processes, each writing its log at the level debug."""

    def __init__(self, folder: Path, gossip: Gossip, secret: str, phone: str) -> None:
        self.folder = folder
        self.server_port, self.metrics_port = _free_port(), _free_port()
        self.supervisor = Supervisor()
        self._run_dir = folder / "run"
        self._run_dir.mkdir(mode=0o700)
        self.vault = make_vault(folder, "riverside")
        (folder / "trust.json").write_text(json.dumps(trust_document()), encoding="utf-8")
        (folder / "tokens.json").write_text(json.dumps({secret: "green"}), encoding="utf-8")
        save(Script(open_ended=True), folder / "script.json")
        (folder / "central.toml").write_text(
            f'[server]\nport = {self.server_port}\n[database]\nurl = "sqlite:///{folder}/central.sqlite"\n'
            f"{self.vault.section}[simulation]\nallowed = true\n",
            encoding="utf-8",
        )
        # Addresses with a password and a key in them, as a careless owner writes them.
        (folder / "kiosk.toml").write_text(
            f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = "{self._run_dir}"\n'
            f"metrics_port = {self.metrics_port}\n"
            '[policy]\nfile = "shipped:response-level-2"\ntrust = ["trust.json"]\nissuer_timeout_s = 1.0\n'
            f'[policy.issuers]\nhealth = "http://gate:{secret}@127.0.0.1:{gossip.port}/ask?key={secret}"\n'
            '[camera]\nsource = "simulated"\n[thermometer]\nsource = "simulated"\n[relay]\nsource = "simulated"\n'
            f'[log]\npath = "{folder}/log.sqlite"\nmonth_keys = "{self.vault.month_keys}"\n'
            f'[server]\nurl = "http://gate:{secret}@127.0.0.1:{self.server_port}"\ntimeout_s = 1.0\n'
            f'[screen]\nguard_phone = "{phone}"\ncache = "{folder}/cache"\nstatistics = "{folder}/pace.json"\n'
            f'[simulation]\nworld = "{folder}/world.sock"\n',
            encoding="utf-8",
        )

    def open(self) -> None:
        """Start every process and wait until all are ready."""
        folder = str(self.folder)
        self._start("central", "central", "--config", f"{folder}/central.toml")
        self._start("issuer", "issuer", "--table", f"{folder}/tokens.json")
        self._start("world", "world", "--script", f"{folder}/script.json", "--socket", f"{folder}/world.sock")
        self.supervisor.processes["world"].wait_ready()
        for part in PARTS:
            self._start(part, "kiosk", "--config", f"{folder}/kiosk.toml", "--part", part)
        for process in self.supervisor.processes.values():
            process.wait_ready()

    @contextmanager
    def with_screen(self) -> Iterator[None]:
        """A screen on a display of its own for as long as the block lasts."""
        with virtual_display(800, 480) as display:
            self._start("screen", "kiosk", "--config", f"{self.folder}/kiosk.toml", "--part", "screen", display=display)
            self.supervisor.processes["screen"].wait_ready(PATIENCE_S)
            try:
                yield
            finally:
                self.supervisor.end("screen")

    @property
    def issuer_port(self) -> int:
        """Where the simulated issuer listens."""
        return int(self.supervisor.processes["issuer"].wait_ready().rstrip("/").rpartition(":")[2])

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def visitors_come(self, *visitors: VisitorScript) -> None:
        """Let visitors of the simulated world come, and wait until the last has left."""
        with closing(Observer(self.folder / "world.sock")) as observer:
            for visitor in visitors:
                observer.add(visitor)
            observer.begin()
            left = 0
            ends = time.monotonic() + PATIENCE_S
            while left < len(visitors):
                assert time.monotonic() < ends
                left += type(observer.receive(1.0)).__name__ == "VisitorReport"

    @contextmanager
    def linked(self, part: Part | None) -> Iterator[Connection]:
        """A connection to the core, as a part or as a stranger."""
        link = connect(self._run_dir / "core.sock")
        try:
            if part is not None:
                greet(link, part, "test")
            yield link
        finally:
            link.close()

    def raw_link(self, *records: bytes) -> None:
        """Say something to the core that may be no message."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link, suppress(OSError, DeviceLost):
            link.settimeout(5.0)
            link.connect(str(self._run_dir / "core.sock"))
            for record in records:
                link.send(record)
            link.recv(1)

    def talk(self, port: int, *pieces: bytes) -> bytes:
        """Say something over TCP, and return what comes back."""
        with socket.create_connection(("127.0.0.1", port), 5.0) as link:
            answer = b""
            with suppress(OSError):
                for piece in pieces:
                    link.sendall(piece)
                link.shutdown(socket.SHUT_WR)
                while more := link.recv(65536):
                    answer += more
        return answer

    def strike(self, name: str, number: int) -> None:
        """Send a process a signal that kills it, and wait until it is there again."""
        process = self.supervisor.processes[name]
        ready, pid = process.times_ready, process.pid
        assert pid is not None
        os.kill(pid, number)
        assert process.wait_ready_again(ready, PATIENCE_S)

    @contextmanager
    def held_up(self, name: str) -> Iterator[None]:
        """A process that answers nobody for as long as the block lasts."""
        pid = self.supervisor.processes[name].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        """End every process. Idempotent."""
        self.supervisor.close()

    def _start(self, name: str, *arguments: str, display: str | None = None) -> None:
        environment = {} if display is None else {"DISPLAY": display}
        argv = [str(GATEPOST), *arguments]
        self.supervisor.start(Program(name, argv, self.folder / f"{name}.log", environment=environment))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
