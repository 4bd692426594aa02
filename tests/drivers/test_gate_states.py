"""The gate line's table: what can make it high, and what makes it low."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gate_states import HIGH, TRANSITIONS, IllegalLineEvent, LineEvent, LineState, mermaid, step, takes

ROOT = Path(__file__).parents[2]
EVENTS = st.lists(st.sampled_from(LineEvent), max_size=40)


def lived(events: list[LineEvent]) -> tuple[LineState, list[LineEvent]]:
    """The state after all events that the table takes, and those events."""
    state, taken = LineState.READY, []
    for event in events:
        if takes(state, event):
            state = step(state, event)
            taken.append(event)
    return state, taken


def test_every_state_has_a_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(LineState)
    assert {after for row in TRANSITIONS.values() for after in row.values()} == set(LineState)


@pytest.mark.parametrize(("state", "event"), list(product(LineState, LineEvent)), ids=str)
def test_only_an_admission_or_the_guards_key_makes_the_line_high(state: LineState, event: LineEvent) -> None:
    if state in HIGH or not takes(state, event):
        return
    assert (step(state, event) in HIGH) <= (event in {LineEvent.ADMITTED, LineEvent.MODE_HELD_OPEN})


@pytest.mark.parametrize("state", LineState)
def test_silence_and_the_lock_make_the_line_low_wherever_it_is(state: LineState) -> None:
    assert step(state, LineEvent.SILENCE) is LineState.SILENT
    assert step(state, LineEvent.MODE_LOCKED) not in HIGH


@pytest.mark.parametrize("state", LineState)
def test_keys_and_the_core_are_heard_everywhere(state: LineState) -> None:
    assert all(takes(state, event) for event in LineEvent if event.startswith("mode_") or event is LineEvent.HEARD)


@given(EVENTS)
def test_while_the_core_is_silent_or_the_gate_locked_nobody_is_let_in(events: list[LineEvent]) -> None:
    state, _ = lived(events)
    if state in (LineState.SILENT, LineState.LOCKED):
        with pytest.raises(IllegalLineEvent):
            step(state, LineEvent.ADMITTED)


@given(EVENTS)
def test_between_two_pulses_the_line_is_low(events: list[LineEvent]) -> None:
    state = LineState.READY
    for event in events:
        if takes(state, event):
            before, state = state, step(state, event)
            assert not (before is LineState.PULSE and event is LineEvent.ADMITTED)


@given(EVENTS)
def test_a_line_that_is_held_open_was_turned_so_and_nothing_has_ended_it_since(events: list[LineEvent]) -> None:
    state, taken = lived(events)
    if state is LineState.HELD_OPEN:
        since = taken[len(taken) - 1 - taken[::-1].index(LineEvent.MODE_HELD_OPEN) :]
        assert not {LineEvent.SILENCE, LineEvent.MODE_LOCKED, LineEvent.MODE_NORMAL} & set(since)


def test_the_diagram_of_the_documentation_is_that_of_the_table() -> None:
    assert f"```mermaid\n{mermaid()}```" in (ROOT / "docs" / "wiring.md").read_text(encoding="utf-8")
