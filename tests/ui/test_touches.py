"""Which buttons there are."""

import pytest

from kiosk.model import Answer, Phase
from kiosk.units import Monotonic
from kiosk.view import GuardCall, View
from tests.ui.views import NOW, collecting, picture, view
from ui.picture import Action
from ui.samples import SAMPLES


def actions(shown: View | None, now: float = NOW, **parts: object) -> list[Action]:
    return [touch.action for touch in picture(shown, now, **parts).bar]


def test_the_languages_can_be_chosen_by_their_own_names_while_nobody_is_here() -> None:
    bar = picture(view(Phase.IDLE)).bar
    languages = [touch for touch in bar if touch.action is Action.LANGUAGE]
    assert [touch.value for touch in languages] == ["zh", "en", "ja", "ko"]
    assert [touch.value for touch in languages if touch.on] == ["en"]


def test_whoever_has_no_code_can_ask_for_the_form() -> None:
    assert Action.FORM in actions(collecting())
    assert Action.FORM not in actions(view(Phase.CHECKING))


@pytest.mark.parametrize("answer", [Answer.HOLD, Answer.REFUSE], ids=str)
@pytest.mark.parametrize("guard", [None, GuardCall.UNANSWERED], ids=str)
def test_whoever_is_stopped_can_always_call_the_guard(answer: Answer, guard: GuardCall | None) -> None:
    assert Action.GUARD in actions(view(Phase.AWAITING_GUARD, answer=answer, guard=guard))


def test_the_admitted_have_nothing_to_press() -> None:
    assert actions(view(Phase.OPEN, answer=Answer.ADMIT)) == []


def test_more_time_can_be_asked_for_where_the_core_gives_it_and_stands_out_near_the_end() -> None:
    shown = collecting(ends_at=Monotonic(NOW + 20), extendable=True)
    assert Action.MORE_TIME not in actions(collecting(ends_at=Monotonic(NOW + 20)))
    (early,) = [touch for touch in picture(shown).bar if touch.action is Action.MORE_TIME]
    (late,) = [touch for touch in picture(shown, NOW + 12).bar if touch.action is Action.MORE_TIME]
    assert (early.prominent, late.prominent) == (False, True)


def test_an_open_choice_takes_the_place_of_the_other_buttons() -> None:
    chooser = actions(collecting(), chooser_until=Monotonic(NOW + 5))
    assert chooser == [*[Action.LANGUAGE] * 4, Action.LARGE_TYPE, Action.HIGH_CONTRAST, Action.CLOSE]


def test_without_a_core_there_is_nothing_to_press() -> None:
    assert actions(None) == []


@pytest.mark.parametrize("name", [name for name, shown in SAMPLES.items() if shown is not None])
def test_no_bar_names_the_same_action_twice_but_for_the_languages(name: str) -> None:
    found = [action for action in actions(SAMPLES[name]) if action is not Action.LANGUAGE]
    assert len(found) == len(set(found))
