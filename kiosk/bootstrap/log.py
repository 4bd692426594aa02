"""The durable log, what sends it to the central server, and what stands by when the disk fails."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from pathlib import Path

from kiosk.bootstrap.place import enrolment_of
from kiosk.config import Config
from kiosk.errors import LogUnusable
from kiosk.health import OnHealth
from kiosk.ports import Clock, Log
from kiosk.units import Seconds

FLUSH_WITHIN = Seconds(10.0)


def open_log(
    config: Config,
    clock: Clock,
    stack: ExitStack,
    wake: threading.Event,
    on_server: OnHealth,
    on_disk: OnHealth,
    on_enrolled: Callable[[], None],
) -> Log:
    """Open the durable log and, where there is a server, what sends it there and stands by when the disk fails.

    A kiosk that is to be enrolled is so on the sender's thread, before anything is sent: no visitor waits for it.
    """
    from sync.identity import papers_beside
    from sync.log import SqliteLog

    gate, url, simulated = config.gate, config.server.url, config.simulation is not None
    papers = papers_beside(Path(config.log.path))
    enrolment = enrolment_of(config)
    disk = SqliteLog(
        Path(config.log.path),
        compound=gate.compound,
        device=gate.device,
        clock=clock,
        capacity=config.log.capacity,
        fsync=_fsync(config, clock, stack),
    )
    if url is None:
        stack.callback(disk.close)
        if disk.fault is not None:
            on_disk(False, disk.fault)
        return disk
    # Only here: a kiosk without a server shall not carry what speaks to one.
    from sync.exchange import Exchange
    from sync.resilient import ResilientLog
    from sync.sender import Sender
    from sync.standby import PATIENCE_S, Standby

    def exchange(timeout_s: float) -> Exchange:
        proxy = config.server.proxy
        return Exchange(url, gate.device, papers=papers, timeout_s=timeout_s, simulated=simulated, proxy=proxy)

    timeout_s = config.server.timeout_s
    standby = Standby(exchange(min(PATIENCE_S, timeout_s)), compound=gate.compound, device=gate.device, clock=clock)
    log = ResilientLog(disk, standby, on_health=on_disk)
    stack.callback(log.close)
    sender = Sender(disk, exchange(timeout_s), batch=config.server.batch, on_health=on_server)
    stack.callback(sender.close)
    stop = threading.Event()

    def send() -> None:
        if enrolment is not None:
            enrolment.until_enrolled(stop, on_server)
            on_enrolled()
        sender.run(stop, wake)

    thread = threading.Thread(target=send, name="sender", daemon=True)
    thread.start()

    def finish() -> None:
        stop.set()
        wake.set()
        thread.join(timeout_s + 1)
        log.mend()
        with suppress(LogUnusable):
            sender.flush(FLUSH_WITHIN)

    stack.callback(finish)
    return log


def _fsync(config: Config, clock: Clock, stack: ExitStack) -> Callable[[], AbstractContextManager[None]]:
    """Return what surrounds each durable commit: nothing, or a simulated card's time."""
    if config.simulation is None or config.simulation.fsync == "machine":
        return nullcontext
    from drivers.simulated.storage import SdCard, notes_beside

    card = SdCard(clock, config.simulation.seed, notes_beside(Path(config.log.path)))
    stack.callback(card.close)
    return card.fsync
