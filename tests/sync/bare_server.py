"""A server on a bare socket, one connection after the other: what it says is up to whoever derives from it."""

import socket
import ssl
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self

WAIT_S = 10.0


class BareServer(ABC):
    """`left` is set whenever a connection has ended, `stop` once the server shall end."""

    def __init__(self, tls: ssl.SSLContext | None = None, path: str = "") -> None:
        self.connections = 0
        self.left = threading.Event()
        self.stop = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    @abstractmethod
    def answer(self, connection: socket.socket) -> None:
        """Say what there is to say on a connection; whatever fails on it ends it."""

    def _serve(self) -> None:
        while not self.stop.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            plain.settimeout(WAIT_S)
            with plain, suppress(OSError, ValueError):
                if self._tls is None:
                    self.answer(plain)
                else:
                    with self._tls.wrap_socket(plain, server_side=True) as secured:
                        self.answer(secured)
            self.left.set()
