"""The running server: bind first, then open the database, then serve until it is asked to stop."""

import asyncio
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from kiosk import __version__
from kiosk.errors import UsageError
from kiosk.worker import Worker
from sync.central.api import create_app
from sync.central.authentication import Authentication
from sync.central.boards import Boards
from sync.central.config import CentralConfig
from sync.central.demo_data import fill
from sync.central.document_key import DocumentKey
from sync.central.enrolment_routes import Enrolling
from sync.central.forms.store import Forms
from sync.central.gates import Orders
from sync.central.guessing import Attempts
from sync.central.housekeeping import Housekeeping
from sync.central.metrics import Metrics
from sync.central.office import PLACES, Office
from sync.central.opening import pass_key_of, vault_or_closed, wall_us
from sync.central.passes.issuing import Passes
from sync.central.people import People
from sync.central.policies import Policies
from sync.central.publishing import Documents
from sync.central.residents.consents import Consents
from sync.central.residents.couriers import Courier, couriers
from sync.central.residents.delivering import WORKERS, Delivering
from sync.central.residents.homes import Homes
from sync.central.residents.invitations import Invitations
from sync.central.residents.premises import Premises
from sync.central.residents.targets import Reach
from sync.central.residents.web import ResidentPages
from sync.central.staff.delays import Delays
from sync.central.staff.passwords import Passwords
from sync.central.staff.signing import Signing
from sync.central.store import Store
from sync.central.telling import Telling
from sync.central.tls import Tls
from sync.central.vault import Vault

GRACE_S = 1
"""A request under way has so long to end; a kiosk that is cut off sends again."""
CUT_S = 0.6
CONNECTIONS = 500 + PLACES
"""Kiosks that wait for news, and everybody else."""
SPARE_FILES = 500
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what the configuration may say, not what is chosen here


def serve(
    config: CentralConfig,
    on_ready: Callable[[str], None],
    stop: threading.Event | None = None,
    *,
    demo_data: bool = False,
) -> None:
    """Serve until `stop`, SIGTERM or SIGINT; `on_ready` gets the URL.

    With `demo_data` an empty database is filled with a made-up day first. Raises UsageError, also when the port is in use.
    """
    with _listener(config.server.host, config.server.port) as listener, ExitStack() as stack:
        tls = None if config.tls is None else Tls(config.tls)
        if tls is not None:
            tls.prepare(wall_us())
        vault = vault_or_closed(config.vault)
        store = Store(config.database.url, vault=vault)
        stack.callback(store.close)
        if demo_data:
            fill(store, wall_us())
        boards = Boards(store.latest)
        document_key = DocumentKey(Path(config.documents.key))
        days_of = Policies(store.engine, wall_us).retention(config.retention.days_of)
        forms = Forms(
            store.engine,
            vault,
            Attempts(time.monotonic),
            document_key,
            wall_us,
            days_of,
            pass_key_of(config),
        )
        url = url_of(config, listener.getsockname()[1])
        found_at = config.residents.url or url
        premises = Premises(store.engine, vault, document_key, wall_us, time.monotonic, lambda: found_at)
        consents = Consents(premises)
        store.hear("consent_requested", consents.requested)
        by = couriers(config.mail)
        _deliver(store, vault, consents, by, stack)
        documents = Documents(store.engine, document_key, wall_us)
        invitations = Invitations(store.engine, vault, pass_key_of(config), documents, wall_us, config.residents.zone)
        homes = Homes(premises, invitations)
        housekeeping = Housekeeping(
            store.engine,
            People(store.engine, vault, wall_us),
            vault,
            wall_us,
            days_of=days_of,
            months_ahead=config.vault.months_ahead,
            forget_forms=forms.forget,
            forget_consents=lambda: consents.forget(days_of) + invitations.forget(days_of) + homes.forget(),
            renew=None if tls is None else tls.renew,
            read_unread=store.read_unread,
        )
        metrics = Metrics(store.engine, vault, __version__)
        stack.callback(metrics.close)
        if config.server.metrics_port is not None:
            metrics.serve(config.server.metrics_port)
        authentication = Authentication(store.engine, boards.closing, wall_us, simulation_allowed=config.simulation.allowed)
        store.tell_uses(Telling(store.engine, document_key, wall_us, time.monotonic).tell)
        enrolling = Enrolling(
            store.engine,
            vault,
            Attempts(time.monotonic),
            document_key,
            wall_us,
            None if tls is None else tls.ca.certificate.read_bytes(),
        )
        _allow_files(CONNECTIONS + SPARE_FILES)
        office = Office(store.engine, wall_us)
        metrics.waiting(lambda: office.waiting)
        signing = Signing(store.engine, Passwords(), Delays(time.monotonic), wall_us)
        pass_file = None if config.passes.key is None else Path(config.passes.key)
        passes = Passes(store.engine, pass_file, documents, wall_us)
        app = create_app(
            store,
            boards,
            housekeeping,
            metrics,
            authentication,
            enrolling,
            documents,
            office,
            forms,
            signing,
            passes,
            Orders(store.engine, document_key, wall_us),
            ResidentPages(consents, homes, by),
            wall_us,
        )
        settings = uvicorn.Config(
            app,
            log_level="warning",
            # Its words may quote a request; what libraries have to say goes to kiosk.diagnostics.
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE_S,
            **({} if tls is None else tls.settings()),
        )
        _Server(settings, boards, office, lambda: on_ready(url), stop or threading.Event()).run([listener])


def _deliver(store: Store, vault: Vault, consents: Consents, by: Mapping[Reach, Courier], stack: ExitStack) -> None:
    """Let what residents are asked be brought to them, until the server ends."""
    wake = threading.Condition()

    def wake_all() -> None:
        with wake:
            wake.notify_all()

    job = Delivering(store.engine, vault, consents, by, wall_us, wake)
    workers = [Worker(f"consent-{number}", job) for number in range(WORKERS)]
    consents.on_asked(wake_all)
    for worker in workers:
        stack.callback(worker.close)
        worker.start()
    stack.callback(_end, workers, wake_all)


def _end(workers: list[Worker], wake_all: Callable[[], None]) -> None:
    """All of them are asked to end before any is waited for."""
    for worker in workers:
        worker.stop()
    wake_all()


class _Server(uvicorn.Server):
    """Tells when it accepts, ends when `stop` is set, and lets the page's listeners go before it waits for anybody."""

    def __init__(
        self,
        config: uvicorn.Config,
        boards: Boards,
        office: Office,
        on_ready: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        super().__init__(config)
        self._boards = boards
        self._office = office
        self._on_ready = on_ready
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._boards.close()
        self._office.close()
        cutting = asyncio.create_task(self._cut_off())
        await super().shutdown(sockets)
        cutting.cancel()

    async def _cut_off(self) -> None:
        """Whoever has not read its answer by now keeps nobody waiting."""
        await asyncio.sleep(CUT_S)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal is a wish to stop, not an accident: it is not raised again once the server has ended in order."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._asked) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, *_: object) -> None:
        self._stop.set()


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens already, so that nobody else can take the port meanwhile. Raises UsageError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named asyncio sends without delay; else every answer waits 40 ms for the other end's ACK.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(socket.SOMAXCONN)
        except OSError as error:
            raise UsageError(f"[server] {host}:{port} cannot be listened on: {error.strerror or error}") from error
        except (ValueError, TypeError) as error:
            raise UsageError(f"[server] host = {host!r} is no name or address") from error
        yield listener


def _allow_files(count: int) -> None:
    """Let this process have so many open files, one for each connection, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def url_of(config: CentralConfig, port: int) -> str:
    """By which address the server is called: where it listens everywhere, by the first of its names."""
    host = config.server.host
    if config.tls is not None and host in EVERYWHERE:
        host = config.tls.names[0]
    scheme = "http" if config.tls is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
