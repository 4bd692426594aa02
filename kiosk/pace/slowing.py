"""Slows process groups down, by a pacer in a process of its own. Nothing is left stopped, whoever dies."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

from kiosk.errors import GatepostError

END_WITHIN_S = 2.0


class PacerGone(GatepostError, RuntimeError):
    """The pacer could not be started, or died: what was measured since is not at the scale asked for."""


class Slowing:
    """Everything in the groups takes `scale` times longer until `close`. Any thread may call any method.

    Should the pacer die, its groups are continued at once and `broken` is True. Should this process die, the pacer
    sees it and continues them.
    """

    def __init__(self, scale: float) -> None:
        """Start the pacer. Raises PacerGone."""
        self.scale = scale
        self.broken = False
        self._guard = threading.Lock()
        self._groups: set[int] = set()
        self._closing = False
        self._pacer = subprocess.Popen(
            # -P: a folder named kiosk in the working directory is not this one.
            [sys.executable, "-P", "-m", "kiosk.pace.pacer", str(scale)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        self.real_time = self._first_words()
        self._watcher = threading.Thread(target=self._watch, name="pacer-watch", daemon=True)
        self._watcher.start()

    @property
    def pacer_pid(self) -> int:
        """The pacer's process."""
        return self._pacer.pid

    def add(self, group: int) -> None:
        """Slow one more group down, from now until it ends or `close`."""
        with self._guard:
            if self._closing or self.broken:
                return
            self._groups.add(group)
            with suppress(OSError):
                self._write(group)

    def close(self) -> None:
        """Let all groups run at full speed again. Idempotent."""
        with self._guard:
            self._closing = True
            if self._pacer.stdin is not None:
                with suppress(OSError):
                    self._pacer.stdin.close()
        self._watcher.join(END_WITHIN_S)
        if self._watcher.is_alive():
            self._pacer.kill()
            self._watcher.join(END_WITHIN_S)

    def _write(self, group: int) -> None:
        if self._pacer.stdin is not None:
            self._pacer.stdin.write(f"{group}\n".encode())
            self._pacer.stdin.flush()

    def _first_words(self) -> bool:
        """Whether the pacer may wake before others do."""
        line = b"" if self._pacer.stdout is None else self._pacer.stdout.readline()
        try:
            return bool(json.loads(line)["real_time"])
        except (ValueError, KeyError) as error:
            self._pacer.kill()
            self._pacer.wait()
            raise PacerGone("the process that slows the kiosk down did not start") from error

    def _watch(self) -> None:
        """Wait for the pacer's end. It continues its groups itself, unless it was killed."""
        if self._pacer.stdout is not None:
            self._pacer.stdout.read()
            self._pacer.stdout.close()
        status = self._pacer.wait()
        with self._guard:
            self.broken = status != 0 or not self._closing
            for group in self._groups:
                with suppress(OSError):
                    os.killpg(group, signal.SIGCONT)
