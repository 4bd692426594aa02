"""What comes down from the central server to a core: its documents on disk, the way to newer ones, commands."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.bootstrap.process import SOFTWARE
from kiosk.config import Config
from kiosk.in_force import InForce
from kiosk.inbox import Downward
from kiosk.ports import Clock
from kiosk.worker import Worker

if TYPE_CHECKING:
    from sync.downward.keeper import Keeper
    from sync.downward.orders import Orders
    from sync.downward.way import Way

FOLDER = "documents"
"""Beside the log."""


@dataclass(frozen=True, slots=True)
class ComesDown:
    """The parts of it. `worker` listens; before it ends, `way` has to hang up."""

    keeper: "Keeper"
    orders: "Orders"
    way: "Way"
    worker: Worker


def build_downward(
    config: Config, clock: Clock, stack: ExitStack, configured: InForce, tell: Callable[[Downward], None]
) -> ComesDown | None:
    """Build it, where there is a server whose documents can be believed. Raises UsageError."""
    section, gate = config.server, config.gate
    if section.url is None or section.document_key is None:
        return None
    from sync.downward.keeper import Keeper
    from sync.downward.listener import Listener
    from sync.downward.orders import Orders
    from sync.downward.shelf import Shelf
    from sync.downward.signing import read_public_key
    from sync.downward.way import Way
    from sync.exchange import open_session

    key = read_public_key(section.document_key, "[server] document_key")
    session = open_session(gate.device, simulated=config.simulation is not None)
    way = Way(section.url, gate.compound, gate.device, session, timeout_s=section.timeout_s)
    stack.callback(way.close)
    keeper = Keeper(
        Shelf(Path(config.log.path).parent / FOLDER, key, gate.compound, gate.device),
        way,
        key,
        compound=gate.compound,
        device=gate.device,
        software=SOFTWARE,
        clock=clock,
        configured=configured,
        tell=tell,
    )
    orders = Orders(key, gate.compound, gate.device, keeper.time, clock.monotonic())
    return ComesDown(keeper, orders, way, Worker("downward", Listener(keeper, orders, way, clock, tell)))
