"""Whoever may stand between a kiosk and its server: one on loopback that answers as a test says, over TLS or not."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sync.central.site_ca import SiteCA

JOIN_S = 10.0
HTML = b"<!DOCTYPE html><title>Welcome to Riverside Wi-Fi</title>"


def site_ca(folder: Path, *names: str) -> SiteCA:
    """A CA of its own with a certificate for these names."""
    made = SiteCA(folder)
    made.prepare(list(names) or ["127.0.0.1"], time.time_ns() // 1000)
    return made


@contextmanager
def answering(
    status: int = 200,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    tls: SiteCA | None = None,
    on: dict[str, tuple[int, bytes]] | None = None,
) -> Iterator[tuple[str, list[str]]]:
    """A server that gives this answer to everything, but for what is `on` a path; its URL, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            code, text = (on or {}).get(self.path, (status, body))
            self.send_response(code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever does not trust us hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.chain, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="test-portal", daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(JOIN_S)
