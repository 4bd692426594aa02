"""The power goes, again and again, while people come: nothing that opened the gate is missing, and the chain holds.

Each round goes on from one saved moment of the running guest, so that no round waits for a boot. The emulator is killed
by SIGKILL; what its guest had not written is gone with its memory. What had been written and not flushed would survive
in this machine's cache, and not on a card: so the disk is put together anew from its history, with all that was flushed
and any part of the rest (`tests.hil.history`), as it was at the kill and at moments before it.
"""

import contextlib
import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hil.gate import Gate
from tests.hil.history import Disk, follow, recover
from tests.hil.machine import RUN, Disks, GuestSilent, Machine, until
from tests.hil.pulses import judge, pulses, unrecorded
from tests.hil.ready import Ready
from tests.hil.site import EXIT, PULSE_S, RELAY
from tests.hil.table import Table

ROUNDS = int(os.environ.get("GATEPOST_HIL_ROUNDS", "20"))
MOMENTS = 6
"""Moments of each round's history at which the power is taken away besides."""
PRESSES = (6, 40)
"""After so many edges of the exit button, one every fifth of a second of the guest's."""
AFTER_A_RISE_S = 0.5
LATE_S = 0.15
SEED = 11


@dataclass(slots=True)
class Found:
    """What all rounds found together."""

    kills: int = 0
    in_pulse: int = 0
    moments: int = 0
    pulses: int = 0
    events: int = 0
    writes: int = 0


def strike(machine: Machine, chance: random.Random, *, in_pulse: bool) -> threading.Thread:
    """Kill the emulator at a moment drawn by chance: after so many of the guest's own moments, or just after a rise."""
    pin, enough = (RELAY, 1) if in_pulse else (EXIT, chance.randint(*PRESSES))
    after_s = chance.uniform(0.0, AFTER_A_RISE_S)
    already = len(machine.trace(pin))

    def struck() -> None:
        with contextlib.suppress(GuestSilent):
            until(lambda: len(machine.trace(pin)) >= already + enough, 300.0, "the moment to strike")
        if in_pulse:
            threading.Event().wait(after_s)
        machine.kill()

    thread = threading.Thread(target=struck, name="hil-strike", daemon=True)
    thread.start()
    return thread


def load(gate: Gate) -> None:
    """People come one after the other, and somebody plays with the exit button: each press and release is an event."""
    gate.machine.run("sh", "-c", f"({PLAYS}) >/dev/null 2>&1 </dev/null &")
    for number in range(8):
        gate.visit(f"resident-{number % 4}")


PLAYS = "while :; do for level in 0 z; do echo 16 $level >/sys/kernel/debug/gatepost_hil_pins/drive; sleep 0.2; done; done"


def one_round(ready: Ready, number: int, found: Found, chance: random.Random) -> Disks:
    """Go on from the saved moment, kill, and look at what is left; return the round's disks, the data as recovered."""
    boot = ready.coming.boot_id
    with ready.going_on(RUN / f"round-{number}") as (machine, branch):
        thread = strike(machine, chance, in_pulse=number % 2 == 1)
        with contextlib.suppress(GuestSilent):
            load(Gate(machine))
        thread.join(400)
    rises = [began for began, _ in pulses(machine.trace(RELAY))]
    found.kills += 1
    found.pulses += len(rises)
    found.in_pulse += any(length == float("inf") for _, length in pulses(machine.trace(RELAY)))
    disk = Disk(branch.before, branch.history)
    found.writes += len(disk.requests)
    for after in sorted(chance.sample(range(len(disk.requests)), min(MOMENTS, len(disk.requests)))):
        moment = recover(disk.without_power(after, chance, RUN / "moment.img"), RUN)
        if moment.mark is not None and moment.mark["boot"] == boot:
            assert unrecorded(moment.events, boot, [moment.mark["rose_ns"] / 1e9]) == []
        found.moments += 1
    # A guest that is booted from it replays the journal itself: what is looked at here is a copy.
    disk.without_power(len(disk.requests), chance, branch.data)
    left = recover(Path(shutil.copy(branch.data, RUN / "moment.img")), RUN)
    assert unrecorded(left.events, boot, rises) == []
    found.moments += 1
    found.events = max(found.events, len(left.events))
    return branch


@pytest.fixture(scope="module")
def cut(ready: Ready, table: Table) -> Iterator[tuple[Found, Disks]]:
    """Cut the power again and again; what was found, and the disks that the last cut has left."""
    chance = random.Random(SEED)
    found = Found()
    began = time.monotonic()
    branch = one_round(ready, 0, found, chance)
    for number in range(1, ROUNDS):
        shutil.rmtree(branch.folder)
        branch = one_round(ready, number, found, chance)
    table.add(
        "power",
        f"emulator killed {found.kills} times under load, {found.in_pulse} of them in mid-pulse",
        f"{found.moments} moments of {found.writes} writes recovered: every chain holds, each of {found.pulses} pulses has "
        f"its admission; {time.monotonic() - began:.0f} s",
    )
    yield found, branch
    shutil.rmtree(branch.folder)


def test_the_power_goes_again_and_again_and_nothing_that_opened_the_gate_is_missing(cut: tuple[Found, Disks]) -> None:
    found, _ = cut
    assert found.in_pulse
    assert found.pulses
    assert found.moments > found.kills


def test_a_guest_boots_from_what_is_left_and_the_kiosk_goes_on_in_the_same_log(
    cut: tuple[Found, Disks], ready: Ready, table: Table
) -> None:
    _, branch = cut
    booted(branch, ready.coming.boot_id, table)


def booted(branch: Disks, before: str, table: Table) -> None:
    """Boot from what is left: the kiosk goes on in the same log, and lets the next one in."""
    branch.begin_history()
    with closing(Machine(branch)) as machine:
        gate = Gate(machine)
        assert machine.wait_booted() != before
        gate.stand()
        gate.wait_ready()
        answer = gate.visit("resident-0")
        events = follow(machine.copy_log(RUN / "log.sqlite"))
        toll = judge(events, machine.trace(RELAY), machine.boot_id, PULSE_S + LATE_S)
    assert answer == ("admit", ("resident",), "passed")
    assert toll.wrong == []
    open_ended = [one for one in events if one["kind"] == "decision" and one["answer"] == "admit"]
    outcomes = {one["admission"] for one in events if one["kind"] == "gate_outcome"}
    assert {f"{one['device']}/{one['log_id']}/{one['seq']}" for one in open_ended} <= outcomes
    assert len({one["log_id"] for one in events}) == 1
    table.add(
        "power", "a guest booted from what was left", "ready, every open admission has its outcome, the next one admitted"
    )
