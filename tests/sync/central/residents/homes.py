"""Residents of a real server, the webhook that reaches them, and gates that ask them."""

import base64
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import Engine

from kiosk.declared import ConsentAnswered
from kiosk.model import VisitId
from kiosk.units import Monotonic, WallTime
from sync.central.access import Asker, Role
from sync.central.residents.register import Residents, resident_of
from sync.downward.orders import Order, Orders
from sync.downward.server_time import ServerTime
from sync.downward.signing import Signed
from sync.sealing import month_of
from tests.sync.central.enrolling import Device, now_us
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.serving import Running, document_key
from tests.sync.central.vaults import vault_in

MANAGER = Asker("Wang Fang", Role.MANAGER, "moved in")
WITHIN_S = 10.0


class Mailbox:
    """A webhook that takes what it is sent, or answers with `status`."""

    def __init__(self) -> None:
        self.got: queue.Queue[dict[str, str]] = queue.Queue()
        self.status = 200
        self.tries = 0
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                box.tries += 1
                status = box.status
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if status == 200:
                    box.got.put(json.loads(body))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def path(self) -> str:
        """The path of the next link that comes."""
        return "/" + self.got.get(timeout=WITHIN_S)["link"].split("/", 3)[3]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    found = Mailbox()
    try:
        yield found
    finally:
        found.close()


def settle(engine: Engine, folder: Path, unit: str, name: str, *targets: str, language: str = "en") -> str:
    """Let somebody move in; their id."""
    vault = vault_in(folder)
    vault.create("riverside", [month_of(WallTime(now_us()))], now_us())
    some = [resident_of(unit, name, language, list(targets))]
    (made,) = Residents(engine, vault).add("riverside", some, MANAGER, now_us())
    return made


class Gate:
    """An enrolled device: its log, and what it hears."""

    def __init__(self, running: Running, device: Device, folder: Path) -> None:
        self._running = running
        self._device = device
        self._log = KioskLog(device=device.place.device)
        time = ServerTime()
        time.learn(now_us(), Monotonic(10.0), Monotonic(10.1))
        key = document_key(folder).private().public_key()
        self._orders = Orders(key, ("riverside", device.place.gate, device.place.device), time, Monotonic(9.0))
        self._after = ""

    def ask(self, visit: VisitId) -> None:
        """Tell the server that the rules want consent to a visit."""
        self._log.add("consent_requested", visit=visit, wall_us=now_us(), clock="synchronised")
        seq = len(self._log.events)
        answer = self._running.session.post(
            self._running.url + self._log.path, self._log.body(seq, seq), auth=self._device, timeout=WITHIN_S
        )
        assert answer.status_code == 200, answer.text

    def hear(self, wait_s: int = 5) -> list[Order]:
        """What comes within a while."""
        gate = self._device.place.gate
        where = f"/api/v1/now?compound=riverside&gate={gate}&after={self._after}&number=0&wait={wait_s}"
        news = self._running.session.get(self._running.url + where, auth=self._device, timeout=30).json()
        self._after = news["next"]
        found = [
            self._orders.hear(Signed(one["statement"], base64.b64decode(one["signature"])), Monotonic(10.2))
            for one in news["messages"]
        ]
        return [one for one in found if one is not None]

    def answers(self) -> list[ConsentAnswered]:
        """The answers among what it hears until there is one."""
        for _ in range(4):
            if found := [one for one in self.hear() if isinstance(one, ConsentAnswered)]:
                return found
        return []
