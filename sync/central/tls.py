"""The server's side of TLS: its certificate by the site CA, in use from the start and exchanged while it runs."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.lines import get_logger
from sync.central.config import CentralConfig, TlsSection
from sync.central.opening import wall_us
from sync.central.site_ca import SiteCA
from sync.enrolment_code import NO_CA, fingerprint

_log = get_logger()


def site_fingerprint(config: CentralConfig) -> bytes:
    """What a code says of the server's CA, which is made if need be; NO_CA where there is no TLS. Raises UsageError."""
    if config.tls is None:
        return NO_CA
    tls = Tls(config.tls)
    tls.prepare(wall_us())
    return fingerprint(tls.ca.public_key())


class Tls:
    """What uvicorn is told, and the one context that it makes of it."""

    def __init__(self, section: TlsSection) -> None:
        self.ca = SiteCA(Path(section.folder))
        self._names = section.names
        self._context: ssl.SSLContext | None = None

    def prepare(self, now_us: int) -> bool:
        """Make or renew the certificates; whether anything was new. Raises UsageError."""
        return self.ca.prepare(self._names, now_us)

    def renew(self) -> None:
        """Renew the server's certificate where it is time; connections from now on get the new one. Raises UsageError."""
        if self.prepare(wall_us()) and self._context is not None:
            self._context.load_cert_chain(self.ca.chain, self.ca.key)
            _log.info("certificate renewed")

    def settings(self) -> dict[str, Any]:
        """Settings of uvicorn."""
        return {"ssl_certfile": self.ca.chain, "ssl_keyfile": self.ca.key, "ssl_context_factory": self._make}

    def _make(self, _: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        self._context = default()
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        return self._context
