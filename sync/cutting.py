"""A connection that another thread can cut, at any stage: whoever asks waits until a deadline and no longer."""

import socket
import threading
import time
from contextlib import suppress


class Cutter:
    """Holds on to the one connection over which a question is asked. Any thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._current: object = None
        self._deadline = 0.0
        self._open = True

    def begin(self, question: object, deadline: float) -> None:
        """From now on `cut(question)` cuts, and a connection made after the deadline is cut at once."""
        with self._lock:
            self._current, self._deadline = question, deadline

    def end(self) -> None:
        """The question is done: nobody may cut on its account."""
        with self._lock:
            self._current = None

    def cut(self, question: object) -> None:
        """End the connection if that question is still under way."""
        with self._lock:
            if self._current is question:
                self._shut_down()

    def shut(self) -> None:
        """End the connection, and each that would still be made."""
        with self._lock:
            self._open = False
            self._shut_down()

    def adopt(self, connection: socket.socket) -> None:
        """Keep a handle on a new connection. TLS takes over the socket itself, but not a duplicate."""
        with self._lock:
            self._let_go()
            self._handle = connection.dup()
            if not self._open or time.monotonic() >= self._deadline:
                self._shut_down()

    def abandon(self) -> None:
        """Let go of the handle, so that the connection can end."""
        with self._lock:
            self._let_go()

    def _shut_down(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None
