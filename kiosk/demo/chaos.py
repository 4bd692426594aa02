"""The kill test: visitors come and go while processes are killed at random moments, and nothing may come of it.

What was durable must be at the server once and in order; the rest is judged by `kiosk.demo.toll`. How long each process
was away is measured as well.
"""

import json
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from drivers.simulated.observer import Observer
from drivers.simulated.protocol import PinEdge
from kiosk.console import standard_output
from kiosk.demo.cases import NORMAL
from kiosk.demo.relay import CuttableWire
from kiosk.demo.report import Stored
from kiosk.demo.site import Site
from kiosk.demo.stage import RecordsUnread, Stage
from kiosk.demo.toll import BACK_WITHIN_S, VICTIMS, WIRE, Toll, judge
from kiosk.errors import DeviceLost


def run_chaos(
    rounds: int, seed: int, folder: Path, program: list[str], on_round: Callable[[int, str], None] = lambda *_: None
) -> Toll:
    """Kill `rounds` times and return what came of it. Takes about 3 s a round."""
    chance = random.Random(f"{seed}/chaos")  # noqa: S311 - the same seed shall kill alike
    stage = Stage(Site(folder, NORMAL, seed), program)
    toll = Toll()
    edges: list[PinEdge] = []
    with closing(CuttableWire(urlsplit(stage.server).port or 0)) as wire:
        try:
            stage.open(wire.url)
            over, quiet = threading.Event(), threading.Event()
            watcher = threading.Thread(target=_visitors, args=(stage, over, toll), name="chaos-visitors", daemon=True)
            follower = threading.Thread(target=_follow, args=(stage, quiet, edges), name="chaos-pins", daemon=True)
            follower.start()
            watcher.start()
            for number in range(rounds):
                over.wait(chance.uniform(1.5, 4.0))
                victim = chance.choice(VICTIMS)
                on_round(number, victim)
                _strike(stage, wire, victim, toll)
            over.wait(BACK_WITHIN_S["core"] + 1)
            over.set()
            watcher.join(60)
            quiet.set()
            follower.join(10)
            stored = _records(stage, toll)
        finally:
            stage.close()
    if stored is not None and (lost := stage.lost(stored)) != 0:
        toll.wrong.append(f"{lost} events are not at the server exactly once")
    judge(stored, edges, toll)
    return toll


def _records(stage: Stage, toll: Toll) -> list[Stored] | None:
    """What the server has; None, and why is a sentence of the toll's, where it cannot be known or has nothing."""
    try:
        stored = stage.finish()
    except RecordsUnread as error:
        toll.wrong.append(str(error))
        return None
    if stage.enrolled is None:
        toll.wrong.append("the kiosk was never enrolled, so the server took none of its records")
        return None
    return stored


def kill_test(rounds: int, seed: int, report: Path | None, program: list[str]) -> int:
    """Run the kill test, print what it found, and return the exit status: 0 only if nothing was wrong or late."""
    console = standard_output()
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        toll = run_chaos(
            rounds, seed, Path(folder), program, lambda number, victim: console.print(f"{number + 1:4d} {victim}")
        )
    for sentence in toll.late:
        console.print(f"late: {sentence}")
    for sentence in toll.wrong:
        console.print(f"wrong: {sentence}")
    console.print_json(data=asdict(toll))
    if report is not None:
        report.write_text(json.dumps(asdict(toll), indent=1) + "\n", encoding="utf-8")
    return 1 if toll.wrong or toll.late else 0


def _strike(stage: Stage, wire: CuttableWire, victim: str, toll: Toll) -> None:
    """Kill one, and see that it is back in time."""
    if victim == WIRE:
        wire.cut()
        toll.kills[victim] += 1
        return
    process = stage.supervisor.processes[victim]
    pid, ready_count = process.pid, process.times_ready
    if pid is None:
        toll.wrong.append(f"{victim} was away before it was struck")
        return
    os.kill(pid, signal.SIGKILL)
    toll.kills[victim] += 1
    struck = time.monotonic()
    if not process.wait_ready_again(ready_count, 10.0):
        toll.wrong.append(f"{victim} did not come back")
        return
    away = time.monotonic() - struck
    toll.slowest_return_s[victim] = max(toll.slowest_return_s.get(victim, 0.0), round(away, 3))
    if away > BACK_WITHIN_S[victim]:
        toll.late.append(f"{victim} was away for {away:.2f} s, longer than {BACK_WITHIN_S[victim]} s")


def _visitors(stage: Stage, over: threading.Event, toll: Toll) -> None:
    def came(_: object) -> None:
        toll.visitors += 1

    stage.watch(None, over, came)


def _follow(stage: Stage, quiet: threading.Event, edges: list[PinEdge]) -> None:
    """Write down what the world sees of the pins, until all visitors are gone and the line is at rest."""
    with closing(Observer(stage.world_socket)) as observer:
        while True:
            try:
                record = observer.receive(1.0)
            except DeviceLost:
                return
            if isinstance(record, PinEdge):
                edges.append(record)
            elif record is None and quiet.is_set():
                return
