"""The running server: bind first, then migrate, then serve until a signal."""

import socket
from collections.abc import Callable

import uvicorn

from kiosk.errors import UsageError
from sync.central.api import create_app
from sync.central.config import CentralConfig
from sync.central.store import Store


class _Server(uvicorn.Server):
    """Tells when it accepts."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def serve(config: CentralConfig, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` gets the URL. Raises UsageError, also when the port is in use."""
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise UsageError(f"[server] {host}:{port} cannot be listened on: {error.strerror}") from error
        store = Store(config.database.url)
        url = f"http://{host}:{listener.getsockname()[1]}"
        app = create_app(store, simulation_allowed=config.simulation.allowed)
        settings = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
        try:
            _Server(settings, lambda: on_ready(url)).run([listener])
        finally:
            store.close()
