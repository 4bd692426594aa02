"""A mode that is ordered from afar: a lock at once and for good, held open once recorded, for its time, and never longer."""

from dataclasses import replace

import pytest

from kiosk.gate_mode import HELD_OPEN_AT_MOST, GateMode, Kept, ModeOrder, ModeRecorded
from kiosk.model import Command, Part
from kiosk.units import Monotonic, Seconds
from tests.kiosk.fakes import FakeSealer
from tests.kiosk.runtimes import Bench, lose

COMMAND = Command("0" * 32, "Wang Fang", "a removal van")


def ordered(bench: Bench, mode: GateMode, lasts_s: float | None = None, left_s: float = 10.0) -> ModeOrder:
    lasts = None if lasts_s is None else Seconds(lasts_s)
    order = ModeOrder(COMMAND, mode, Monotonic(bench.clock.now + left_s), lasts)
    bench.give(order)
    return order


def held_open(bench: Bench, lasts_s: float | None = 60.0) -> Monotonic:
    """Order it, have it recorded, and return when it ends."""
    bench.give(ModeRecorded(ordered(bench, GateMode.HELD_OPEN, lasts_s), well=True))
    mode, until = bench.gate.modes[-1]
    assert mode is GateMode.HELD_OPEN
    assert until is not None
    return until


def recorded(bench: Bench) -> list[tuple[str, str]]:
    return [(draft.body["mode"], draft.body["since"]) for draft, _, _ in bench.recorder.modes]


def refused(bench: Bench) -> list[str]:
    return [draft.body["why"] for draft in bench.recorder.notes if draft.kind == "command_refused"]


def kept_last(bench: Bench) -> GateMode:
    return bench.recorder.modes[-1][1].mode


@pytest.fixture
def bench() -> Bench:
    return Bench("normal-times")


def test_a_lock_counts_at_once_and_is_recorded_with_who_ordered_it_sealed() -> None:
    bench = Bench("normal-times", sealer=FakeSealer())
    ordered(bench, GateMode.LOCKED)
    assert bench.gate.modes == [(GateMode.LOCKED, None)]
    ((draft, kept, _),) = bench.recorder.modes
    assert (draft.body["mode"], draft.body["since"], draft.body["command"]) == ("locked", "ordered", COMMAND.id)
    assert kept == Kept(GateMode.LOCKED, COMMAND.id)
    assert "Wang" not in repr(draft.body)
    assert draft.sealed is not None
    assert b"Wang Fang" in draft.sealed


def test_a_gate_is_held_open_only_once_that_is_durable(bench: Bench) -> None:
    order = ordered(bench, GateMode.HELD_OPEN, 60.0)
    assert bench.gate.modes == []
    bench.give(ModeRecorded(order, well=True))
    assert bench.gate.modes == [(GateMode.HELD_OPEN, Monotonic(bench.clock.now + 60.0))]


def test_what_is_held_open_ends_by_itself_and_that_is_recorded(bench: Bench) -> None:
    until = held_open(bench)
    assert bench.runtime.wait_s() <= until - bench.clock.now
    bench.clock.advance(59.9)
    bench.runtime.tick()
    assert bench.gate.modes[-1][0] is GateMode.HELD_OPEN
    bench.clock.advance(0.2)
    bench.runtime.tick()
    assert bench.gate.modes[-1] == (GateMode.NORMAL, None)
    assert recorded(bench) == [("held_open", "ordered"), ("normal", "over")]
    assert kept_last(bench) is GateMode.NORMAL


@pytest.mark.parametrize("lasts_s", [None, 1e9])
def test_nothing_is_held_open_longer_than_the_bound(bench: Bench, lasts_s: float | None) -> None:
    assert held_open(bench, lasts_s) == bench.clock.now + HELD_OPEN_AT_MOST


def test_an_order_that_comes_late_changes_nothing(bench: Bench) -> None:
    ordered(bench, GateMode.LOCKED, left_s=0.0)
    assert (bench.gate.modes, recorded(bench), refused(bench)) == ([], [], ["late"])


def test_a_gate_whose_log_takes_nothing_is_not_held_open(bench: Bench) -> None:
    bench.give(ModeRecorded(ordered(bench, GateMode.HELD_OPEN, 60.0), well=False))
    assert (bench.gate.modes, refused(bench)) == ([], ["not_recorded"])


def test_a_record_that_took_too_long_holds_nothing_open_and_a_lock_goes_on(bench: Bench) -> None:
    ordered(bench, GateMode.LOCKED)
    order = ordered(bench, GateMode.HELD_OPEN, 60.0)
    bench.clock.advance(11.0)
    bench.give(ModeRecorded(order, well=True))
    assert (bench.gate.modes[-1][0], refused(bench)) == (GateMode.LOCKED, ["late"])
    assert (recorded(bench)[-1], kept_last(bench)) == (("locked", "kept"), GateMode.LOCKED)


def test_what_was_ordered_last_counts_though_an_earlier_record_comes_later(bench: Bench) -> None:
    early = ordered(bench, GateMode.HELD_OPEN, 60.0)
    bench.give(replace(ordered(bench, GateMode.LOCKED), mode=GateMode.LOCKED))
    bench.give(ModeRecorded(early, well=True))
    assert bench.gate.modes[-1] == (GateMode.LOCKED, None)


def test_a_gate_that_comes_back_is_told_again_and_when_what_is_held_open_ends(bench: Bench) -> None:
    until = held_open(bench)
    bench.gate.modes.clear()
    lose(bench, Part.GATE)
    lose(bench, Part.GATE, well=True)
    assert bench.gate.modes == [(GateMode.HELD_OPEN, until)]


def test_a_gate_that_is_away_while_something_is_ordered_is_told_when_it_is_there(bench: Bench) -> None:
    bench.gate.lost = True
    ordered(bench, GateMode.LOCKED)
    bench.gate.lost = False
    lose(bench, Part.GATE, well=True)
    assert bench.gate.modes == [(GateMode.LOCKED, None)]


def test_a_lock_outlives_the_core_and_what_was_held_open_does_not() -> None:
    locked = Bench("normal-times", kept=Kept(GateMode.LOCKED, "c"))
    lose(locked, Part.GATE, well=True)
    assert (locked.gate.modes, recorded(locked)) == ([(GateMode.LOCKED, None)], [])
    held = Bench("normal-times", kept=Kept(GateMode.HELD_OPEN, "c"))
    lose(held, Part.GATE, well=True)
    assert (held.gate.modes, recorded(held), kept_last(held)) == ([], [("normal", "restarted")], GateMode.NORMAL)


def test_normal_ends_a_lock(bench: Bench) -> None:
    ordered(bench, GateMode.LOCKED)
    ordered(bench, GateMode.NORMAL)
    assert [mode for mode, _ in bench.gate.modes] == [GateMode.LOCKED, GateMode.NORMAL]
