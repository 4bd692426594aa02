"""The kill test: visitors come and go while processes are killed at random moments, and nothing may come of it.

What is shown after each run: every event that was durable is at the server once; every opening of the gate has a
durable admission before it, and every admission at most one opening; no pulse is longer than its bound; every
admission has an outcome. How long each process was away is measured as well.
"""

import json
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from drivers.simulated.observer import Observer
from drivers.simulated.protocol import PinEdge
from kiosk.demo.cases import NORMAL
from kiosk.demo.relay import CuttableWire
from kiosk.demo.report import MICRO, Stored
from kiosk.demo.site import Site
from kiosk.demo.stage import Stage
from kiosk.errors import DeviceLost

BACK_WITHIN_S = {"core": 2.0, "eyes": 1.0, "gate": 1.0, "central": 3.0}
"""How long each process may be away after a kill, on a machine as fast as this one; the server's is our own."""
WIRE = "wire"
VICTIMS = (*BACK_WITHIN_S, WIRE)
LONGEST_PULSE_S = 0.8 + 0.1
"""The demo's pulse_s, and what the world's own clock may add."""
AFTER_ADMISSION_S = 3.0
"""An opening comes so soon after the admission it belongs to."""
RELAY_PIN = 17


@dataclass(slots=True)
class Toll:
    """What a run did and found. `wrong` holds one sentence for each breach, `late` for each return that took too long.

    Lateness is told apart: it depends on what else the machine does, and nothing is lost by it.
    """

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VICTIMS, 0))
    visitors: int = 0
    events: int = 0
    admissions: int = 0
    openings: int = 0
    unknown: int = 0
    longest_pulse_s: float = 0.0
    slowest_return_s: dict[str, float] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


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
            stored = stage.finish()
        finally:
            stage.close()
    if stage.enrolled is None:
        toll.wrong.append("the kiosk was never enrolled")
    if (lost := stage.lost(stored)) != 0:
        toll.wrong.append(f"{lost} events are not at the server exactly once")
    judge(stored, edges, toll)
    return toll


def kill_test(rounds: int, seed: int, report: Path | None, program: list[str]) -> int:
    """Run the kill test, print what it found, and return the exit status: 0 only if nothing was wrong."""
    console = Console(highlight=False)
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
    return 1 if toll.wrong else 0


def judge(stored: Sequence[Stored], edges: Sequence[PinEdge], toll: Toll) -> None:
    """Hold the events against the world's own trace of the relay line."""
    toll.events = len(stored)
    _judge_order(stored, toll)
    admitted = {event.id: event for event in stored if event.fields.get("answer") == "admit"}
    outcomes = [event for event in stored if event.fields["kind"] == "gate_outcome"]
    toll.admissions = len(admitted)
    toll.unknown = sum(1 for event in outcomes if event.fields["outcome"] == "unknown")
    answered = {event.fields["admission"] for event in outcomes}
    toll.wrong += [f"admission {name} has no outcome" for name in admitted if name not in answered]
    _judge_openings([event.fields["mono_us"] / MICRO for event in admitted.values()], edges, toll)


def _judge_order(stored: Sequence[Stored], toll: Toll) -> None:
    newest: dict[str, int] = {}
    for event in stored:
        log, seq = event.fields["log_id"], event.fields["seq"]
        if seq != newest.get(log, 0) + 1:
            toll.wrong.append(f"event {event.id} follows {newest.get(log, 0)}")
        newest[log] = seq


def _judge_openings(admissions: Sequence[float], edges: Sequence[PinEdge], toll: Toll) -> None:
    waiting = sorted(admissions)
    opened_at: float | None = None
    for edge in edges:
        if edge.pin != RELAY_PIN:
            continue
        if edge.level:
            toll.openings += 1
            opened_at = edge.at
            before = [at for at in waiting if at <= edge.at <= at + AFTER_ADMISSION_S]
            if before:
                waiting.remove(before[-1])
            else:
                toll.wrong.append(f"the line became active at {edge.at:.3f} without an admission of its own")
        elif opened_at is not None:
            length = edge.at - opened_at
            toll.longest_pulse_s = max(toll.longest_pulse_s, length)
            if length > LONGEST_PULSE_S:
                toll.wrong.append(f"a pulse lasted {length:.3f} s")
            opened_at = None
    if opened_at is not None:
        toll.wrong.append("the line was left active")


def _strike(stage: Stage, wire: CuttableWire, victim: str, toll: Toll) -> None:
    """Kill one, and see that it is back in time."""
    toll.kills[victim] += 1
    if victim == WIRE:
        wire.cut()
        return
    process = stage.supervisor.processes[victim]
    pid, ready_count = process.pid, process.times_ready
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
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
