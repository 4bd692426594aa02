"""A real server on a thread of the test's own, and what the tests say to it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from sqlalchemy import Engine

from sync.central.config import (
    CentralConfig,
    DatabaseSection,
    DocumentsSection,
    FormsSection,
    PassesSection,
    ServerSection,
    SimulationSection,
    TlsSection,
    VaultSection,
)
from sync.central.database import open_database
from sync.central.document_key import DocumentKey
from sync.central.serve import serve
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER, Standing, decode_standing
from tests.sync.central.enrolling import Anybody
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.signed_in import sign_in

WAIT_S = 20.0


def document_key(folder: Path) -> DocumentKey:
    """The document key of a server in a folder."""
    return DocumentKey(folder / "document-key")


class Running:
    """A server that answers at `url`. What is asked of it is signed by a device of the compound that it is about.

    It is also asked by an administrator, whose session is `cookie`.
    """

    def __init__(
        self, url: str, session: requests.Session, engine: Engine, stop: threading.Event, thread: threading.Thread
    ) -> None:
        self.url = url
        self.session = session
        self.engine = engine
        self.cookie = sign_in(session, engine)
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

    def signed(self, method: str, target: str, body: bytes, compound: str = "riverside") -> dict[str, str]:
        """The headers of a request by a device of a compound."""
        prepared = requests.Request(method, self.url + target, {COMPOUND_HEADER: compound}, data=body, auth=self.session.auth)
        headers = prepared.prepare().headers
        return {name: str(text) for name, text in headers.items() if name != "Content-Length"}

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
    folder: Path,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    simulation: bool = False,
    demo_data: bool = False,
    names: list[str] | None = None,
    url: str | None = None,
    vault: VaultSection | None = None,
    passes: PassesSection | None = None,
    resume_passes: bool = False,
) -> Iterator[Running]:
    """Run a server; with TLS where it has `names`; over the database at `url`, else one in `folder`."""
    database = url or f"sqlite:///{folder / 'central.sqlite'}"
    config = CentralConfig(
        server=ServerSection(host=host, port=port),
        tls=None if names is None else TlsSection(names=names, folder=str(folder / "tls")),
        database=DatabaseSection(url=database),
        vault=vault or VaultSection(),
        documents=DocumentsSection(key=str(folder / "document-key")),
        passes=passes or PassesSection(),
        forms=FormsSection(pass_key=str(folder / "pass-key") if resume_passes else None),
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
    engine: Engine | None = None
    with requests.Session() as session:
        session.trust_env = False
        try:
            assert ready.wait(WAIT_S)
            assert urls, "the server did not start"
            engine = open_database(database, time.time_ns() // 1000)
            if names is not None:
                session.verify = str(folder / "tls" / "site-ca.pem")
            session.auth = Anybody(engine)
            yield Running(urls[0], session, engine, stop, thread)
        finally:
            if engine is not None:
                engine.dispose()
            stop.set()
            thread.join(WAIT_S)
            assert not thread.is_alive()
