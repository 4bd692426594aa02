"""One process of the kiosk, from its configuration to its end."""

import json
import sys
import threading
from pathlib import Path
from typing import Literal, get_args

from kiosk.config import Config, load
from kiosk.garbage import loading
from kiosk.service_manager import tell
from kiosk.stopping import stop_on_signals

ProcessName = Literal["gate", "core", "eyes", "screen"]
"""What the process is called on the command line."""
PARTS: tuple[str, ...] = get_args(ProcessName)
TURN_S = 0.0005
"""A thread that computes lets another go on after so long; a visitor's decision waits for no upload's signature.

Python's own 5 ms are as much as the budget has for a decision.
"""


def run_part(part: str, file: Path) -> None:
    """Run one process of the kiosk that is configured in `file` until it is asked to stop. Raises GatepostError."""
    sys.setswitchinterval(TURN_S)
    config = load(file)
    Path(config.gate.run_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    with stop_on_signals() as stop:
        _run(part, config, file.parent, stop)


def run_line_off(file: Path) -> None:
    """Make the gate line of the kiosk that is configured in `file` inactive. Raises GatepostError."""
    from kiosk.bootstrap.gate import turn_line_off

    turn_line_off(load(file))


def announce(what: str) -> None:
    """Say that this process is ready: on standard output, for whoever started it, and to systemd."""
    sys.stdout.write(json.dumps({"ready": what}) + "\n")
    sys.stdout.flush()
    tell("READY=1")


def _run(part: str, config: Config, base: Path, stop: threading.Event) -> None:
    """Each process imports what it needs and no more: a gate is back sooner for what it does not load."""
    match part:
        case "core":
            with loading():
                from kiosk.bootstrap.core import build_core

                core = build_core(config, base)
            try:
                announce("core")
                core.run(stop)
            finally:
                core.close()
        case "gate":
            with loading():
                from kiosk.bootstrap.gate import run_gate

            run_gate(config, stop, lambda: announce("gate"))
        case "eyes":
            from kiosk.bootstrap.eyes import run_eyes

            run_eyes(config, stop, lambda: announce("eyes"))
        case "screen":
            from kiosk.bootstrap.screen import run_screen

            run_screen(config, base, stop, lambda: announce("screen"))
