"""A real server on a thread of the test's own, and what the tests say to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from sync.central.config import CentralConfig, DatabaseSection, DocumentsSection, ServerSection, SimulationSection
from sync.central.document_key import DocumentKey
from sync.central.serve import serve
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER, Standing, decode_standing
from tests.sync.central.kiosks import KioskLog

WAIT_S = 20.0


def document_key(folder: Path) -> DocumentKey:
    """The document key of a server in a folder."""
    return DocumentKey(folder / "document-key")


class Running:
    """A server that answers at `url`."""

    def __init__(self, url: str, session: requests.Session, stop: threading.Event, thread: threading.Thread) -> None:
        self.url = url
        self.session = session
        self._stop = stop
        self._thread = thread

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(self.url + path, headers=named, timeout=WAIT_S)

    def post(self, path: str, body: bytes, compound: str = "riverside", *, simulated: bool = False) -> requests.Response:
        headers = {COMPOUND_HEADER: compound, "Content-Type": "application/json"}
        if simulated:
            headers[SIMULATED_HEADER] = "1"
        return self.session.post(self.url + path, data=body, headers=headers, timeout=WAIT_S)

    def send(self, log: KioskLog, first: int = 1, last: int | None = None) -> Standing:
        """Upload events of a log, which must fit."""
        answer = self.post(log.path, log.body(first, last), log.compound)
        assert answer.status_code == 200, answer.text
        return decode_standing(answer.content)

    def end(self) -> None:
        """Ask the server to stop and see that it does. Idempotent."""
        self._stop.set()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()


@contextmanager
def server(
    folder: Path, *, port: int = 0, host: str = "127.0.0.1", simulation: bool = False, demo_data: bool = False
) -> Iterator[Running]:
    config = CentralConfig(
        server=ServerSection(host=host, port=port),
        database=DatabaseSection(url=f"sqlite:///{folder / 'central.sqlite'}"),
        documents=DocumentsSection(key=str(folder / "document-key")),
        simulation=SimulationSection(allowed=simulation),
    )
    stop, ready = threading.Event(), threading.Event()
    urls: list[str] = []

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    def run() -> None:
        try:
            serve(config, on_ready, stop, demo_data=demo_data)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="central")
    thread.start()
    with requests.Session() as session:
        session.trust_env = False
        try:
            assert ready.wait(WAIT_S)
            assert urls, "the server did not start"
            running = Running(urls[0], session, stop, thread)
            yield running
        finally:
            stop.set()
            thread.join(WAIT_S)
            assert not thread.is_alive()
