import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulated.script import CardScript, VisitorScript
from drivers.simulated.visitor import (
    AT_SENSOR_S,
    HELD_UP,
    RAISE_S,
    REACTION_S,
    SWAP_S,
    WALK_S,
    Posture,
    Visit,
    visit_of,
)

PASS = CardScript(text="pass", medium="paper", hold_s=1.0)
HEALTH = CardScript(text="health", medium="phone", hold_s=0.8)
UP_S = WALK_S + RAISE_S


def visit(*cards: CardScript, opened_s: float | None = None, **habits: object) -> Visit:
    script = VisitorScript(name="one", cards=cards, **habits)  # type: ignore[arg-type]  # keywords of the script
    return replace(visit_of(script, seed=1, turn=1), opened_s=opened_s)


def shown(someone: Visit, t: float) -> list[str]:
    return [card.text for card in someone.posture(t).cards if card.raised >= HELD_UP]


def test_he_walks_up_and_the_forehead_enters_the_field_at_the_end() -> None:
    someone = visit(PASS)
    assert someone.posture(-0.1) == Posture(1)
    assert 0 < someone.posture(WALK_S / 2).presence < 1
    assert someone.posture(WALK_S).presence == 1
    assert someone.in_field(WALK_S - 0.2) == 0
    assert 0 < someone.in_field(WALK_S - 0.07) < 1
    assert someone.in_field(WALK_S) == someone.in_field(someone.forehead_s) == 1


def test_one_card_is_raised_and_held_until_patience_is_over() -> None:
    someone = visit(PASS, patience_s=3.0)
    assert shown(someone, UP_S - 0.2) == []
    assert shown(someone, UP_S) == shown(someone, WALK_S + 2.99) == ["pass"]
    assert shown(someone, WALK_S + 3.3) == []
    assert someone.gone_s == WALK_S + 3.0 + WALK_S
    assert someone.passes_s is None


def test_several_cards_are_shown_in_turn_round_and_round() -> None:
    someone = visit(PASS, HEALTH, patience_s=20.0)
    period = 1.0 + 0.8 + 2 * SWAP_S
    for turn in range(3):
        begin = UP_S + turn * period
        assert shown(someone, begin + 0.5) == ["pass"]
        assert shown(someone, begin + 1.0 + SWAP_S / 2) == []
        assert shown(someone, begin + 1.0 + SWAP_S + 0.4) == ["health"]


def test_two_hands_show_all_cards_at_once() -> None:
    assert shown(visit(PASS, HEALTH, simultaneous=True), UP_S) == ["pass", "health"]


def test_an_open_line_is_noticed_and_walked_through() -> None:
    someone = visit(PASS, opened_s=2.0, passage_s=1.2)
    assert someone.turns_s == 2.0 + REACTION_S
    assert someone.passes_s == 2.0 + REACTION_S + 1.2
    assert someone.gone_s == someone.passes_s + AT_SENSOR_S
    assert shown(someone, someone.turns_s) == ["pass"]
    assert someone.in_field(someone.turns_s + 0.2) == 0
    assert someone.posture(someone.passes_s) == Posture(1)
    assert not someone.posture(someone.turns_s).through
    assert someone.posture(someone.turns_s + 0.1).through


def test_a_line_open_before_he_stands_there_does_not_stop_him_from_coming() -> None:
    assert visit(PASS, opened_s=0.1).turns_s == WALK_S + REACTION_S


def test_one_who_does_not_pass_turns_back() -> None:
    someone = visit(PASS, opened_s=2.0, passes=False)
    assert someone.passes_s is None
    assert someone.gone_s == 2.0 + REACTION_S + WALK_S
    assert not someone.posture(someone.turns_s + 0.1).through


def test_one_who_wants_the_form_touches_the_screen_unless_they_go_before() -> None:
    assert visit(touches_s=0.7).touches_s == WALK_S + 0.7
    assert visit(touches_s=0.7, patience_s=0.5).touches_s is None
    assert visit(touches_s=2.0, opened_s=1.5).touches_s is None
    assert visit().touches_s is None


def test_a_visitor_without_cards_shows_none() -> None:
    assert visit().posture(2.0).cards == ()


@given(
    cards=st.lists(st.sampled_from([PASS, HEALTH]), max_size=3),
    t=st.floats(-1, 15),
    step=st.floats(0, 0.01),
    opened_s=st.none() | st.floats(0, 7),
    simultaneous=st.booleans(),
)
def test_nobody_jumps(cards: list[CardScript], t: float, step: float, opened_s: float | None, simultaneous: bool) -> None:
    someone = visit(*cards, opened_s=opened_s, simultaneous=simultaneous)
    before, after = someone.posture(t), someone.posture(t + step)
    assert 0 <= before.presence <= 1
    assert abs(after.presence - before.presence) < 0.05
    assert abs(someone.in_field(t + step) - someone.in_field(t)) < 0.1
    raised = {card.number: card.raised for card in before.cards}
    for card in after.cards:
        assert abs(card.raised - raised.get(card.number, 0.0)) < 0.15
        assert 0.7 <= card.distance <= 1.4
        assert 0 <= card.glare <= 1
        assert abs(card.tilt) < 0.2


@given(core=st.floats(35, 41), ambient=st.floats(5, 34), seed=st.integers(0, 2**32))
def test_skin_is_below_the_core_and_above_the_air(core: float, ambient: float, seed: int) -> None:
    someone = visit_of(VisitorScript(name="one", core_c=core), seed, 1)
    assert ambient < someone.skin_c(ambient) < core + 0.5
    assert math.isclose(someone.skin_c(ambient), core - 0.155 * (core - ambient), abs_tol=1.0)


def test_the_same_seed_gives_the_same_person_and_another_turn_another() -> None:
    script = VisitorScript(name="one", cards=(PASS,))
    assert visit_of(script, 1, 1) == visit_of(script, 1, 1)
    assert visit_of(script, 1, 1).hands != visit_of(script, 1, 2).hands


@pytest.mark.parametrize("patience_s", [0.1, 0.5], ids=["before the card is up", "just after"])
def test_whoever_turns_early_lowers_the_card_from_where_it_is(patience_s: float) -> None:
    someone = visit(PASS, patience_s=patience_s)
    heights = [max((card.raised for card in someone.posture(step / 100).cards), default=0.0) for step in range(300)]
    assert all(abs(after - before) < 0.1 for before, after in pairwise(heights))
    assert heights[-1] == 0.0
