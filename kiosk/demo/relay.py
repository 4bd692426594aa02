"""A wire between the kiosk and its server that can be cut, or lead nowhere for a while: a TCP relay on loopback."""

import contextlib
import socket
import threading

JOIN_S = 2.0
CHUNK = 65536


class CuttableWire:
    """Passes connections on to a port until closed. `cut` breaks all that are open, in both directions."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._away = False
        self._acceptor = threading.Thread(target=self._accept, name="wire-accept", daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where the kiosk finds the server: whoever is in between passes TLS on as it is."""
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Break every open connection."""
        with self._guard:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def lead_nowhere(self, away: bool) -> None:
        """Break every connection, now and to come, or pass them on again."""
        self._away = away
        if away:
            self.cut()

    def close(self) -> None:
        """Take no more connections and break the open ones. Idempotent."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._acceptor.join(JOIN_S)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._away:
                    raise ConnectionError
                far = socket.create_connection(("127.0.0.1", self._to_port), JOIN_S)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._guard:
                self._open |= {near, far}
            if self._away:
                self.cut()
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), name="wire", daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                sink.sendall(chunk)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with self._guard:
                self._open.discard(end)
        source.close()
