"""What a frame costs in real time while this machine is slowed down: in a process of its own, which is stopped and continued.

Processor time is the same at any pace; what a slower board takes is seen by the clock on the wall.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from multiprocessing.connection import Connection
from typing import Any

import cv2

from drivers import zbar
from kiosk.bench import approaches
from kiosk.bench.approaches import Read
from kiosk.demo.report import percentiles
from kiosk.errors import GatepostError
from kiosk.pace.bursts import AchievedScale
from kiosk.pace.slowing import Slowing

WAYS: Mapping[str, Callable[[], Read]] = {"stream": approaches.stream, "hurried": approaches.hurried}
"""As the eyes read: with a memory; `hurried` is what a slow processor makes of it."""
END_WITHIN_S = 10.0


def at_pace(scale: float, visitors: int) -> dict[str, Any]:
    """Return milliseconds of real time of frames at a pace `scale` times slower. Raises GatepostError, PacerGone."""
    # Not forked: what this process has in its caches and threads is not the other's.
    spawn = multiprocessing.get_context("spawn")
    achieved = AchievedScale()
    with ExitStack() as stack:
        here, there = spawn.Pipe()
        stack.enter_context(closing(here))
        process = spawn.Process(target=_measure, args=(there, visitors), name="paced frames")
        process.start()
        stack.callback(_end, process)
        there.close()
        slowing = stack.enter_context(closing(Slowing(scale)))
        _receive(here)  # it has its own group, and all that it imports
        achieved.measure(slowing)
        slowing.add(process.pid or 0)
        here.send("measure")
        found: dict[str, Any] = _receive(here)
        achieved.measure(slowing)
        if slowing.broken:
            raise GatepostError("the process that slows the decoder down ended in mid-run: nothing was measured")
    return {
        "unit": "milliseconds of real time",
        "cpu_scale": scale,
        "achieved_scale": achieved.overall(),
        "achieved_scale_by_burst": achieved.by_burst(),
        **found,
    }


def _receive(connection: "Connection[Any, Any]") -> Any:
    try:
        return connection.recv()
    except EOFError:
        raise GatepostError("the process that decodes at another pace ended without an answer") from None


def _end(process: multiprocessing.process.BaseProcess) -> None:
    process.join(END_WITHIN_S)
    if process.is_alive():
        process.kill()
        process.join(END_WITHIN_S)


def _measure(connection: "Connection[Any, Any]", visitors: int) -> None:
    """Run in the process that is slowed: say that it is ready, wait for its turn, measure."""
    os.setpgid(0, 0)
    cv2.setNumThreads(1)
    zbar.available()
    with closing(connection):
        connection.send("ready")
        connection.recv()
        clock = time.perf_counter
        tracked, empty = approaches.tracked_ms(WAYS, clock), approaches.empty_ms(WAYS, clock)
        raised = {
            name: [ms for turn in range(visitors) for ms in approaches.approach(make, turn, clock).ms]
            for name, make in WAYS.items()
        }
        connection.send(
            {
                kind: {name: _spread(costs[name]) for name in WAYS}
                for kind, costs in (("tracked_ms", tracked), ("empty_ms", empty), ("raised_ms", raised))
            }
        )


def _spread(costs: list[float]) -> dict[str, float | None]:
    figures = percentiles(costs)
    named = {"median": figures["p50"], "p95": figures["p95"], "max": figures["max"]}
    return {name: None if value is None else round(value, 2) for name, value in named.items()}
