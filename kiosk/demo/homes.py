"""The residents of the demo: a notice reaches their phones by a webhook, they load the page, think, and answer over HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from kiosk.demo.phone import WITHIN_S, hidden
from kiosk.demo.scenarios import AGREES, REFUSES, SILENT, SLOW
from kiosk.lines import get_logger

THINKS_S = {AGREES: 0.3, SLOW: 8.0, REFUSES: 0.5}
ANSWERS = {AGREES: "given", SLOW: "given", REFUSES: "declined"}
MAX_NOTICE = 64 * 1024
NOBODY = "http://127.0.0.1:9/"
"""The discard port: nobody listens there."""

_log = get_logger()


class Homes:
    """The residents' phones, on threads of their own. They trust the site's CA."""

    def __init__(self, site_ca: Path) -> None:
        self._site_ca = site_ca
        self._over = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="demo-homes", daemon=True
        )
        self._thread.start()

    def target(self, unit: str) -> str:
        """By what the resident of a home is reached."""
        return NOBODY if unit == SILENT else f"http://127.0.0.1:{self._server.server_port}/{unit}"

    def reached(self, unit: str, link: str) -> None:
        """Let a resident read the page at a link, and answer."""
        if self._over.wait(THINKS_S[unit]):
            return
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.verify = str(self._site_ca)
                page = session.get(link, timeout=WITHIN_S)
                page.raise_for_status()
                fields = {**hidden(page.text), "answer": ANSWERS[unit]}
                session.post(link, fields, timeout=WITHIN_S).raise_for_status()
        except requests.RequestException as error:
            # The visit then ends in another way than it must, and the report says so.
            _log.warning("host has not answered", kind=type(error).__name__)

    def close(self) -> None:
        """Let everybody go. Idempotent."""
        self._over.set()
        self._server.shutdown()
        self._thread.join(WITHIN_S)
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        super().__init__(("127.0.0.1", 0), _Notices)


class _Notices(BaseHTTPRequestHandler):
    timeout = WITHIN_S
    server: _Server

    def do_POST(self) -> None:
        """Take a notice, and let whoever got it answer."""
        unit = self.path.lstrip("/")
        said = self.rfile.read(min(MAX_NOTICE, int(self.headers.get("Content-Length", "0"))))
        self.send_response(200 if unit in ANSWERS else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if unit in ANSWERS:
            self.wfile.flush()
            self.server.homes.reached(unit, json.loads(said)["link"])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep no log: links are their readers' business."""
