"""The gate process: the relay line and the passage sensor, on real pins or the world's."""

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.bootstrap.process import SOFTWARE, core_socket
from kiosk.clock import SystemClock
from kiosk.config import Config
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.lines import get_logger
from kiosk.link import connect_patiently
from kiosk.ports import Clock
from kiosk.units import Seconds
from kiosk.worker import BACK_OFF_FIRST, BACK_OFF_MOST

if TYPE_CHECKING:
    from drivers.gate import GateLine
    from drivers.gate_switches import Lamps, Switches

_log = get_logger()


NICENESS = -10
"""The gate's process goes before the screen and the eyes, wherever it may: on a busy machine too a pulse ends in time."""


def go_first() -> None:
    """Let this process go before others, where the system allows it; elsewhere it waits its turn like any other."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def run_gate(config: Config, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the gate process until `stop`: the relay line, inactive at the start and whenever the core is gone.

    A line that cannot be had is no end: without it the core shows a gate fault, and it is tried again.
    """
    from drivers.gate_loop import run_gate as serve

    go_first()
    clock = SystemClock()
    back_off = BACK_OFF_FIRST
    edge = Edge("gate line")
    ready()
    while not stop.is_set():
        try:
            with ExitStack() as stack:
                pins = open_pins(config, stack, Path(config.gate.run_dir))
                line = _gate_line(config, clock, pins, stack)
                switches, lamps = _switches(config, clock, pins, stack), _lamps(config, pins, stack)
                edge.find(clock.monotonic())
                back_off = BACK_OFF_FIRST
                serve(
                    lambda: connect_patiently(core_socket(config), stop.wait),
                    line,
                    clock,
                    stop,
                    version=SOFTWARE,
                    switches=switches,
                    lamps=lamps,
                    direction=config.relay.direction,
                )
        except DeviceLost as error:
            edge.lose(clock.monotonic(), detail=str(error))
            stop.wait(back_off)
            back_off = Seconds(min(back_off * 2, BACK_OFF_MOST))


def turn_line_off(config: Config) -> None:
    """Drive the relay's pin inactive and let it go, whatever left it active. Raises DeviceLost."""
    with ExitStack() as stack:
        _gate_line(config, SystemClock(), open_pins(config, stack, Path(config.gate.run_dir)), stack)


def _gate_line(config: Config, clock: Clock, pins: Any, stack: ExitStack) -> "GateLine":
    """Take the relay and the passage sensor; `stack` lets go of them. Raises DeviceLost."""
    from drivers.gate import GateLine

    line = GateLine(
        clock,
        pin=config.relay.pin,
        active_high=config.relay.active_high,
        passage_pin=config.relay.passage_pin,
        pin_factory=pins,
    )
    stack.callback(line.close)
    return line


def _switches(config: Config, clock: Clock, pins: Any, stack: ExitStack) -> "Switches":
    """Take the switches that are configured. Raises DeviceLost."""
    from drivers.gate_switches import Switch, Switches

    wired = {switch: getattr(config.relay, f"{switch}_pin") for switch in Switch}
    switches = Switches(clock, {switch: pin for switch, pin in wired.items() if pin is not None}, pin_factory=pins)
    stack.callback(switches.close)
    return switches


def _lamps(config: Config, pins: Any, stack: ExitStack) -> "Lamps":
    """Take the lamps that are configured and can be had."""
    from drivers.gate_switches import Lamp, Lamps

    wired = {lamp: getattr(config.relay, f"{lamp}_pin") for lamp in Lamp}
    lamps = Lamps(
        {lamp: pin for lamp, pin in wired.items() if pin is not None},
        pin_factory=pins,
        lost=lambda reason: _log.warning("gate lamp lost", reason=reason),
    )
    stack.callback(lamps.close)
    return lamps


def open_pins(config: Config, stack: ExitStack, pipes: Path | None = None) -> Any:
    """Return a gpiozero factory for the configured pins, which `stack` closes. Raises DeviceLost.

    `pipes`: the folder for what their library leaves behind.
    """
    if config.relay.source == "simulated" and config.simulation is not None:
        from drivers.simulated.pins import WorldPinFactory

        pins = WorldPinFactory(Path(config.simulation.world))
    else:
        from drivers.gate import real_pin_factory

        pins = real_pin_factory(pipes)
    stack.callback(pins.close)
    return pins
