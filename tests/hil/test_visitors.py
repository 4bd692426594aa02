"""People come to the gate: camera, thermometer, rules, durable record, relay, passage, all through the kernel's devices."""

import pytest

from tests.hil.gate import Gate
from tests.hil.machine import until
from tests.hil.pulses import pulses
from tests.hil.site import EXIT, FIRE, PULSE_S, RELAY
from tests.hil.table import Table

LATE_S = 0.15
"""What an emulated processor may add to a pulse that was timed inside it."""

VISITORS = [
    pytest.param("resident-0", 36.6, ("admit", ("resident",), "passed"), id="a resident"),
    pytest.param("resident-1", 38.6, ("hold", ("temperature_high",), None), id="a resident with a fever"),
    pytest.param("expired", 36.6, ("refuse", ("pass_expired",), None), id="an expired pass"),
    pytest.param("forged", 36.6, ("refuse", ("pass_forged",), None), id="a forged pass"),
    pytest.param("foreign", 36.6, ("refuse", ("pass_untrusted",), None), id="a pass by an unknown issuer"),
    pytest.param("resident-2", 36.4, ("admit", ("resident",), "passed"), id="another resident"),
]


@pytest.mark.parametrize(("picture", "core_c", "expected"), VISITORS)
def test_whoever_comes_gets_their_answer_and_only_the_admitted_a_pulse(
    gate: Gate,
    table: Table,
    request: pytest.FixtureRequest,
    picture: str,
    core_c: float,
    expected: tuple[str, object, object],
) -> None:
    before = len(pulses(gate.machine.trace(RELAY)))
    found = gate.visit(picture, core_c)
    given = pulses(gate.machine.trace(RELAY))[before:]
    assert found == expected
    assert len(given) == int(expected[0] == "admit")
    assert all(length <= PULSE_S + LATE_S for _, length in given)
    lengths = "".join(f"; a pulse of {length:.3f} s" for _, length in given) or "; no pulse"
    answer = f"{found[0]} ({', '.join(found[1])}){f', {found[2]}' if found[2] else ''}"
    table.add("visitors", request.node.callspec.id, answer + lengths)


def test_the_exit_button_and_the_fire_line_are_noticed_and_open_nothing(gate: Gate, table: Table) -> None:
    before = len(gate.machine.trace(RELAY))
    gate.look_from_here()
    gate.drive(EXIT, "0")
    gate.event("gate_noticed", what="exit", on="on")
    gate.drive(EXIT, "z")
    gate.event("gate_noticed", what="exit", on="off")
    gate.drive(FIRE, "z")
    gate.event("gate_noticed", what="fire", on="on")
    gate.drive(FIRE, "0")
    gate.event("gate_noticed", what="fire", on="off")
    assert len(gate.machine.trace(RELAY)) == before
    table.add("line", "exit button pressed, fire line cut", "each recorded on and off; the line stays")


def test_the_line_is_at_rest_when_everybody_is_gone(gate: Gate) -> None:
    until(lambda: f"{RELAY} out 0" in gate.levels(), 5.0, "the line is at rest")
