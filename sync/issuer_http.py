"""HTTP to a health-code issuer. Loaded by the thread that speaks it: its library takes a Pi 4 a third of a second."""

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from kiosk.errors import ServiceUnavailable
from sync.cutting import Cutter


class IssuerHttp:
    """One connection at a time, which `cutter` can end. Belongs to one thread."""

    def __init__(self, cutter: Cutter, ca_file: str | None) -> None:
        """`ca_file` replaces the usual authorities."""
        self._session = requests.Session()
        # Neither a proxy nor a password file of the account that happens to run the kiosk.
        self._session.trust_env = False
        self._session.verify = ca_file if ca_file is not None else True
        self._session.headers["Accept-Encoding"] = "identity"
        adapter = _CuttableAdapter(cutter)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def post(self, url: str, body: dict[str, str], timeout_s: float, at_most: int) -> tuple[int, bytes]:
        """Return an answer's status and its first `at_most` bytes. Raises ServiceUnavailable when there is none."""
        try:
            response = self._session.post(url, json=body, timeout=timeout_s, allow_redirects=False, stream=True)
            with response:
                return response.status_code, response.raw.read(at_most, decode_content=False)
        except (requests.RequestException, HTTPError, ValueError) as error:
            failure = type(error).__name__
        # Raised out here, because the library's error holds the request, and with it the token.
        raise ServiceUnavailable(f"the health-code issuer cannot be asked ({failure})")

    def close(self) -> None:
        """Let go of the connections. Idempotent."""
        self._session.close()


class _CuttableAdapter(HTTPAdapter):
    """Requests' transport, whose one connection another thread can cut at any stage, the handshake included."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool)
        cutter = self._cutter

        class Plain(_Watched, HTTPConnection):
            watcher = cutter

        class Secure(_Watched, HTTPSConnection):
            watcher = cutter

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


class _Watched(HTTPConnection):
    """A connection that shows its socket to the cutter from the first moment."""

    watcher: Cutter

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self.watcher.adopt(connection)
        return connection

    def close(self) -> None:
        self.watcher.abandon()
        super().close()
