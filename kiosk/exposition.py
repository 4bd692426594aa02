"""Where Prometheus finds the figures of a process: on loopback, and gone without harm when the port is taken."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, disable_created_metrics, start_http_server

from kiosk.lines import get_logger

LOOPBACK = "127.0.0.1"
JOIN_WITHIN_S = 2.0

_log = get_logger()


class Exposition:
    """A process's registry of figures, and the server that tells them. Any thread may count."""

    def __init__(self) -> None:
        # A second time series for each, saying when it began: nobody here asks for it.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._stop: Callable[[], None] | None = None

    def serve(self, port: int) -> int | None:
        """Serve on loopback, on any free port for 0; return the port. One that is taken costs the figures only."""
        try:
            server, thread = start_http_server(port, LOOPBACK, self.registry)
        except OSError as error:
            _log.error("metrics not served", port=port, reason=error.strerror or str(error))
            return None
        thread.name = "metrics"

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(JOIN_WITHIN_S)

        self._stop = stop
        _log.info("metrics served", host=LOOPBACK, port=server.server_port)
        return server.server_port

    def close(self) -> None:
        """Serve no longer. Idempotent."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()
