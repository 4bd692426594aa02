"""What comes down from the central server to a core: its documents on disk, the way to newer ones, commands."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.bootstrap.process import SOFTWARE
from kiosk.config import Config
from kiosk.errors import UsageError
from kiosk.in_force import InForce, Renewed
from kiosk.inbox import Downward
from kiosk.lines import get_logger
from kiosk.ports import Clock
from kiosk.worker import Worker

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from sync.downward.keeper import Keeper
    from sync.downward.orders import Orders
    from sync.downward.way import Way
    from sync.enrolment_wire import Place
    from sync.identity import Papers

FOLDER = "documents"
"""Beside the log."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What listens, once there is a key to believe by. `worker` listens; before it ends, `way` has to hang up."""

    keeper: "Keeper"
    orders: "Orders"
    way: "Way"
    worker: Worker


class ComesDown:
    """Listens from the moment that there is a key to believe by: from the start, or since this kiosk was enrolled.

    Once it is enrolled it listens as that device, at that device's gate, and seals to the month keys that it was given.

    Any thread may call any method.
    """

    def __init__(
        self, config: Config, gate: str, clock: Clock, configured: Callable[[], InForce], tell: Callable[[Downward], None]
    ) -> None:
        """`configured` reads what counts where nothing came down; it raises UsageError."""
        self._config = config
        self._gate = gate
        self._clock = clock
        self._configured = configured
        self._tell = tell
        self._on_begun: Callable[[Parts], None] = lambda _: None
        self._lock = threading.Lock()
        self._parts: Parts | None = None
        self._place: Place | None = None
        self._started = False
        self._closed = False

    def in_force(self) -> InForce:
        """What counts at the start: what came down before, else the configuration. Raises UsageError."""
        with self._lock:
            self._place = self._enrolled_as()
            parts = self._made()
        return self._configured() if parts is None else parts.keeper.in_force()

    def start(self, on_begun: Callable[[Parts], None]) -> None:
        """Let it listen as soon as it can; `on_begun` gets the parts of it then."""
        with self._lock:
            self._on_begun, self._started = on_begun, True
            self._begin(self._parts)

    def enrolled(self) -> None:
        """Listen anew, and go by what the enrolment brought, if this kiosk has been enrolled since it began."""
        with self._lock:
            place = self._enrolled_as()
            if self._closed or place == self._place:
                return
            self._place = place
            self._end()
            try:
                parts = self._made()
                in_force = self._configured() if parts is None else parts.keeper.in_force()
            except UsageError as error:
                get_logger().error("nothing comes down", reason=str(error))
                return
            self._tell(Renewed(in_force))
            if self._started:
                self._begin(parts)

    def close(self) -> None:
        """Listen no longer. Idempotent."""
        with self._lock:
            self._closed = True
            self._end()

    def _end(self) -> None:
        """Let go of what listens: two at once would write over what the other remembers."""
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.way.hang_up()
            parts.worker.close()
            parts.way.close()

    def _enrolled_as(self) -> "Place | None":
        from sync.identity import PapersUnusable, papers_beside

        with suppress(PapersUnusable):
            return papers_beside(Path(self._config.log.path)).place()
        return None

    def _begin(self, parts: Parts | None) -> None:
        if parts is not None and not self._closed:
            self._on_begun(parts)
            parts.worker.start()

    def _made(self) -> Parts | None:
        """The parts, made when there is a server and a key. Raises UsageError."""
        if self._parts is None:
            self._parts = _parts(self._config, self._gate, self._clock, self._configured(), self._tell)
        return self._parts


def _parts(config: Config, place: str, clock: Clock, configured: InForce, tell: Callable[[Downward], None]) -> Parts | None:
    from sync.identity import PapersUnusable, papers_beside

    section, gate = config.server, config.gate
    if section.url is None:
        return None
    papers = papers_beside(Path(config.log.path))
    key = document_key(config, papers)
    if key is None:
        return None
    device = gate.device
    with suppress(PapersUnusable):
        # A kiosk that has just been enrolled may have learnt that it is another device, at another gate.
        if (own := papers.place()) is not None:
            place, device = own.gate, own.device
    from sync.downward.keeper import Keeper
    from sync.downward.listener import Listener
    from sync.downward.orders import Orders
    from sync.downward.shelf import Shelf
    from sync.downward.way import Way
    from sync.line import Line

    simulated = config.simulation is not None
    line = Line(section.url, device, papers=papers, timeout_s=section.timeout_s, simulated=simulated, proxy=section.proxy)
    way = Way(line, gate.compound, place)
    keeper = Keeper(
        Shelf(Path(config.log.path).parent / FOLDER, key, gate.compound, place),
        way,
        key,
        compound=gate.compound,
        gate=place,
        software=SOFTWARE,
        clock=clock,
        configured=configured,
        tell=tell,
    )
    orders = Orders(key, (gate.compound, place, device), keeper.time, clock.monotonic(), papers.unseal)
    return Parts(keeper, orders, way, Worker("downward", Listener(keeper, orders, way, clock, tell)))


def document_key(config: Config, papers: "Papers") -> "Ed25519PublicKey | None":
    """The key by which what comes down is believed; None while there is none. Raises UsageError for a configured one.

    One that came with the enrolment and was damaged since nobody here can correct: it is logged, and nothing comes down.
    """
    from sync.identity import PapersUnusable

    configured = config.server.document_key
    try:
        told = configured or papers.document_key()
        if told is None:
            return None
        from sync.downward.signing import read_public_key

        return read_public_key(told, "[server] document_key" if configured else "the document key of the enrolment")
    except (PapersUnusable, UsageError) as error:
        if configured is not None:
            raise
        get_logger().error("nothing comes down", reason=str(error))
        return None
