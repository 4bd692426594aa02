"""Keeps processes up: started in order, restarted when they die, ended in reverse. systemd's part on a Pi."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.errors import AlreadySaid, GatepostError, UsageError
from kiosk.lines import get_logger
from kiosk.stopping import SUPERVISED

STARTED_WITHIN_S = 120.0
"""How long a process may take to be ready: on a busy machine it takes minutes. One that ends is not waited for."""
READY_WITHIN_S = 30.0
"""How long a kiosk with a core waits for the rest of itself before it says that it is there."""
END_WITHIN_S = 20.0
BACK_OFF_S = (0.0, 0.1, 0.2, 0.5, 1.0)
"""Before the restarts that follow one another: a kiosk without its core is a closed gate."""
STEADY_AFTER_S = 2.0
BAD_USAGE = 2

_log = get_logger()


class NotReady(GatepostError, RuntimeError):
    """A process ended, or said nothing in time, before it was ready."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, under which name, where its standard error goes (None: to ours), and what its environment has besides.

    `patient`: it is started again also when it ends before it was ever ready, but for bad usage. `on_start` hears the
    process's id, which is its group's too, at every start, on a thread of the supervisor's.
    """

    name: str
    argv: Sequence[str]
    log: Path | None = None
    restart: bool = True
    patient: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    on_start: Callable[[int], None] = lambda _: None


class Process:
    """One supervised process. It says that it is ready with one JSON line, `{"ready": ...}`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ready: str | None = None
        self.ready_after_s: float | None = None
        self.restarts = 0
        self.times_ready = 0
        self._child: subprocess.Popen[str] | None = None
        self._is_ready = threading.Event()
        self._readiness = threading.Condition()
        self._over = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keep {program.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process just now."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Start without waiting."""
        self._thread.start()

    def wait_ready(self, within_s: float = STARTED_WITHIN_S) -> str:
        """Return what it said when it was ready. Raises UsageError for exit status 2, NotReady otherwise."""
        if not self._is_ready.wait(within_s) or self.ready is None:
            status = self._child.poll() if self._child is not None else None
            if status == BAD_USAGE:
                if self.program.log is None:
                    raise AlreadySaid
                raise UsageError(self._last_words().removeprefix("gatepost: "))
            raise NotReady(self._why_not(status, within_s))
        return self.ready

    def wait_ready_again(self, since: int, within_s: float) -> bool:
        """Wait until it has been ready more often than `since` (an earlier `times_ready`)."""
        with self._readiness:
            return self._readiness.wait_for(lambda: self.times_ready > since, within_s)

    def end(self, within_s: float = END_WITHIN_S) -> int | None:
        """Ask the process to end, insist after a time, and return its status. Idempotent."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
        if self._thread.is_alive() and not self._over.wait(within_s):
            _log.error("process killed", process=self.program.name)
            if child is not None:
                child.kill()
        if self._thread.is_alive():
            self._thread.join(5.0)
        return child.returncode if child is not None else None

    def _keep(self) -> None:
        try:
            failures = 0
            while not self._stopping.is_set():
                began = time.monotonic()
                try:
                    status: int | None = self._run_once(began)
                except OSError as error:
                    # No memory for a process, no disk for its log: both may come back.
                    _log.error("process not started", process=self.program.name, reason=error.strerror)
                    status = None
                if self._stopping.is_set() or not self._comes_back(status):
                    return
                failures = 0 if time.monotonic() - began > STEADY_AFTER_S else failures
                _log.warning("process died", process=self.program.name, status=status)
                self.restarts += 1
                self._stopping.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1
        finally:
            self._is_ready.set()
            self._over.set()

    def _comes_back(self, status: int | None) -> bool:
        was_ready = self._is_ready.is_set()
        return self.program.restart and (was_ready or (self.program.patient and status != BAD_USAGE))

    def _run_once(self, began: float) -> int:
        errors = contextlib.nullcontext(None) if self.program.log is None else self.program.log.open("ab")
        with errors as stderr:
            self._child = subprocess.Popen(
                list(self.program.argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **self.program.environment, SUPERVISED: "1"},
                # A group of its own: an interrupt at the terminal reaches us, and we end them in order.
                process_group=0,
            )
        self.program.on_start(self._child.pid)
        with self._child as child:
            if self._stopping.is_set():
                child.terminate()
            for line in child.stdout or ():
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    self.ready = str(json.loads(line)["ready"])
                    if self.ready_after_s is None:
                        self.ready_after_s = time.monotonic() - began
                    self._is_ready.set()
                    with self._readiness:
                        self.times_ready += 1
                        self._readiness.notify_all()
            return child.wait()

    def _why_not(self, status: int | None, within_s: float) -> str:
        name, words = self.program.name, self._last_words()
        if self._over.is_set():
            return f"{name} did not become ready: {words or ('it did not start' if status is None else f'status {status}')}"
        waited = f"{name} did not become ready within {within_s:.0f} s; the machine may be busy"
        return f"{waited}; its last words: {words}" if words else waited

    def _last_words(self) -> str:
        if self.program.log is None or not self.program.log.exists():
            return ""
        lines = self.program.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class Supervisor:
    """Several processes, ended in the reverse of the order in which they were started."""

    def __init__(self) -> None:
        self.processes: dict[str, Process] = {}

    def start(self, program: Program) -> Process:
        """Start a process without waiting for it."""
        process = Process(program)
        self.processes[program.name] = process
        process.start()
        return process

    def end(self, name: str) -> int | None:
        """End one process and return its status."""
        process = self.processes.pop(name, None)
        return process.end() if process is not None else None

    def close(self) -> None:
        """End all. Idempotent."""
        for name in reversed(list(self.processes)):
            self.end(name)


def this_program() -> list[str]:
    """How to call this program again: the console script, or the interpreter with it."""
    return [sys.argv[0]] if os.access(sys.argv[0], os.X_OK) else [sys.executable, sys.argv[0]]


def run_kiosk(argv: Sequence[str], config: Path, stop: threading.Event, ready: Callable[[str], None], *, screen: bool) -> int:
    """Run all processes of a kiosk until `stop`. `argv` is how this program is called; `screen`: whether it has one.

    A gate, eyes or a screen that does not become ready is said, started again and again, and waited for no longer: the
    others go on without it as they do when it is lost later. Raises GatepostError without a core.
    """
    supervisor = Supervisor()
    try:

        def start(part: str, *, patient: bool = True) -> Process:
            command = [*argv, "kiosk", "--config", str(config), "--part", part]
            return supervisor.start(Program(part, command, patient=patient))

        # The core says what is wrong with the configuration; until it has, the others have nobody to speak to.
        start("core", patient=False).wait_ready()
        until = time.monotonic() + READY_WITHIN_S
        for part in [start("gate"), start("eyes"), *([start("screen")] if screen else [])]:
            try:
                part.wait_ready(max(0.0, until - time.monotonic()))
            except NotReady:
                _log.error("process not ready", process=part.program.name)
        ready("kiosk")
        stop.wait()
    finally:
        supervisor.close()
    return 0
