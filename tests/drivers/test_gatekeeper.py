"""The guard's key, what is noticed at the gate, and the lamps; pulses and passages are in test_gate_pulses."""

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.gate_states import LineState
from drivers.gate_switches import Lamp, Lamps, Switch, Switches
from drivers.gatekeeper import BLOCKED_S, BUZZ_S, REST_S, Direction, Gatekeeper
from kiosk.errors import DeviceLost
from kiosk.link import BEAT_LOST, GateClosed, GateFailed, GateNoticed, GateOpened, Passed
from kiosk.units import Monotonic
from tests.drivers.posts import ONE, TWO, Post, kinds, open_gate


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.close()


def turn(post: Post, *, held: bool = False, locked: bool = False) -> list[object]:
    return list(post.keeper.switched((), held=held, locked=locked))


def test_the_key_holds_the_gate_open_for_as_long_as_it_is_turned_and_the_core_speaks(post: Post) -> None:
    turn(post, held=True)
    assert post.relay
    post.wait(60.0)
    assert post.relay
    turn(post)
    assert not post.relay
    assert post.keeper.state is LineState.REST


def test_a_gate_that_is_held_open_closes_when_the_core_falls_silent_and_opens_when_it_speaks(post: Post) -> None:
    turn(post, held=True)
    post.wait(BEAT_LOST + 0.01, beating=False)
    assert not post.relay
    post.wait(0.2)
    assert post.relay


def test_whoever_is_let_in_while_it_is_held_open_needs_no_pulse_and_is_waited_for(post: Post) -> None:
    turn(post, held=True)
    assert kinds(post.say(open_gate(ONE))) == [(GateOpened, ONE)]
    post.pass_through()
    assert kinds(post.wait(0.2)) == [(Passed, ONE), (GateClosed, ONE)]
    assert post.relay


def test_holding_it_open_in_mid_pulse_fails_nobody(post: Post) -> None:
    post.say(open_gate(ONE))
    assert turn(post, held=True) == []
    assert GateFailed not in [kind for kind, _ in kinds(post.wait(5.0))]


def test_locking_cuts_the_pulse_and_whoever_waits_and_refuses_others(post: Post) -> None:
    post.say(open_gate(ONE))
    post.say(open_gate(TWO))
    failed = post.keeper.switched((), held=False, locked=True)
    assert kinds(failed) == [(GateFailed, ONE), (GateFailed, TWO)]
    assert not post.relay
    (refused,) = post.say(open_gate(ONE.__class__("gate/log/3")))
    assert isinstance(refused, GateFailed)
    assert refused.detail == "the gate is locked"


def test_locked_comes_before_held_open(post: Post) -> None:
    turn(post, held=True, locked=True)
    assert not post.relay


def test_after_being_held_open_the_line_rests_before_the_next_pulse(post: Post) -> None:
    turn(post, held=True)
    turn(post)
    assert post.say(open_gate(ONE)) == []
    assert kinds(post.wait(REST_S + 0.01)) == [(GateOpened, ONE)]


def test_a_key_turned_while_the_core_was_silent_counts_once_it_speaks(post: Post) -> None:
    post.wait(BEAT_LOST + 0.01, beating=False)
    turn(post, held=True)
    assert not post.relay
    post.wait(0.2)
    assert post.relay


def test_contacts_are_told_and_move_nothing(post: Post) -> None:
    at = Monotonic(5.0)
    told = post.keeper.switched([(Switch.FIRE, True, at), (Switch.EXIT, True, at)], held=False, locked=False)
    assert told == [GateNoticed("fire", True, at), GateNoticed("exit", True, at)]
    assert not post.relay


def test_somebody_who_stands_between_the_posts_holds_the_gate_open_and_the_buzzer_sounds(post: Post) -> None:
    post.factory.pin(27).drive_high()
    said = post.wait(BLOCKED_S + 0.5)
    assert [message.on for message in said if isinstance(message, GateNoticed)] == [True]
    assert Lamp.BUZZER in post.keeper.lamps
    post.factory.pin(27).drive_low()
    (clear,) = [message for message in post.wait(0.5) if isinstance(message, GateNoticed)]
    assert not clear.on
    assert Lamp.BUZZER not in post.keeper.lamps


@pytest.mark.parametrize(("direction", "buzzes"), [("in", True), ("out", True), ("both", False)])
def test_whoever_was_not_let_in_is_buzzed_at_unless_they_may_be_leaving(direction: Direction, buzzes: bool) -> None:
    post = Post()
    post.keeper = Gatekeeper(post.line, post.clock, direction=direction)
    post.pass_through()
    (passed,) = post.wait(0.1)
    assert isinstance(passed, Passed)
    assert passed.direction == direction
    assert (Lamp.BUZZER in post.keeper.lamps) == buzzes
    post.wait(BUZZ_S)
    assert Lamp.BUZZER not in post.keeper.lamps
    post.close()


def test_lamps_say_open_locked_and_out_of_order(post: Post) -> None:
    assert post.keeper.lamps == frozenset()
    post.say(open_gate(ONE))
    assert post.keeper.lamps == {Lamp.GREEN}
    turn(post, locked=True)
    assert post.keeper.lamps == {Lamp.RED}
    turn(post)
    post.wait(BEAT_LOST + 0.01, beating=False)
    assert post.keeper.lamps == {Lamp.RED}


def test_switches_are_taken_once_and_a_cut_wire_of_the_fire_line_alarms() -> None:
    post, factory = Post(), MockFactory()
    switches = Switches(post.clock, {Switch.FIRE: 20, Switch.HOLD_OPEN: 5}, pin_factory=factory)
    factory.pin(20).drive_low()
    switches.take()
    assert not switches.on(Switch.FIRE)
    factory.pin(20).drive_high()
    factory.pin(5).drive_low()
    assert [(switch, on) for switch, on, _ in switches.take()] == [(Switch.FIRE, True), (Switch.HOLD_OPEN, True)]
    assert switches.take() == []
    assert switches.on(Switch.FIRE)
    assert switches.on(Switch.HOLD_OPEN)
    assert not switches.on(Switch.LOCK)
    switches.close()
    switches.close()
    post.close()


def test_switches_that_cannot_be_had_are_a_lost_device_and_a_lamp_is_only_said() -> None:
    post, factory, lost = Post(), MockFactory(), list[str]()
    with pytest.raises(DeviceLost, match="switches"):
        Switches(post.clock, {Switch.FIRE: 99}, pin_factory=factory)
    lamps = Lamps({Lamp.GREEN: 99, Lamp.RED: 23}, pin_factory=factory, lost=lost.append)
    assert len(lost) == 1
    lamps.show(frozenset({Lamp.GREEN, Lamp.RED}))
    assert factory.pin(23).state
    lamps.close()
    post.close()
