"""Several fingers on the glass at once, as Kivy's own loop brings them to the whole front."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.ui.views import picture, view
from ui import theme
from ui.gallery import SETTLES_IN, studio
from ui.picture import Action, Touch


class Glass:
    """A front of 800x480 in Kivy's window, what was asked for on it, and fingers."""

    def __init__(self) -> None:
        # Kivy may only be imported once the studio is open.
        from kivy.core.window import Window

        from ui.front import Front
        from ui.look import Panel

        self.asked: list[Touch] = []
        self.front = Front(theme.load(), Panel(800, 480, 7.0), self.asked.append)
        self._window = Window
        Window.add_widget(self.front)

    def show_idle(self) -> None:
        """Show what is there while nobody is."""
        from kiosk.model import Phase
        from ui.settling import settle

        self.front.show(picture(view(Phase.IDLE)))
        settle(SETTLES_IN)

    def place(self, action: Action, value: str = "") -> tuple[float, float]:
        """The middle of a button."""
        from ui.widgets.bar import TouchButton

        found = [one for one in self.front.walk() if isinstance(one, TouchButton)]
        (button,) = [one for one in found if (one.touch.action, one.touch.value) == (action, value)]
        return button.center_x, button.center_y

    def finger(self, place: tuple[float, float]) -> Any:
        """A finger that touches a place."""
        from kivy.tests.common import UnitTestTouch

        touch = UnitTestTouch(*place)
        touch.touch_down()
        return touch

    def close(self) -> None:
        """Leave the window to others."""
        self._window.remove_widget(self.front)


@pytest.fixture(scope="module")
def open_studio() -> Iterator[None]:
    with studio():
        yield


@pytest.fixture
def glass(open_studio: None) -> Iterator[Glass]:
    glass = Glass()
    glass.show_idle()
    yield glass
    glass.close()


def actions(glass: Glass) -> list[tuple[Action, str]]:
    return [(touch.action, touch.value) for touch in glass.asked]


KOREAN = (Action.LANGUAGE, "ko")
GUARD = (Action.GUARD, "")


def test_while_a_finger_presses_one_button_a_second_one_presses_no_other(glass: Glass) -> None:
    first = glass.finger(glass.place(*KOREAN))
    second = glass.finger(glass.place(*GUARD))
    second.touch_up()
    assert actions(glass) == []
    first.touch_up()
    assert actions(glass) == [KOREAN]


def test_two_fingers_on_one_button_press_it_once(glass: Glass) -> None:
    fingers = [glass.finger(glass.place(*GUARD)) for _ in range(2)]
    for finger in fingers:
        finger.touch_up()
    assert actions(glass) == [GUARD]


def test_a_finger_that_slides_off_its_button_asks_for_nothing(glass: Glass) -> None:
    finger = glass.finger(glass.place(*GUARD))
    finger.touch_move(400, 400)
    finger.touch_up()
    assert actions(glass) == []


def test_a_hand_that_rests_on_the_glass_keeps_no_finger_off(glass: Glass) -> None:
    hand = glass.finger((400, 300))
    glass.finger(glass.place(*KOREAN)).touch_up()
    hand.touch_up()
    assert actions(glass) == [KOREAN]


def test_what_lies_on_a_button_for_long_gives_way_and_is_no_press(glass: Glass) -> None:
    from ui.front import RESTS_S

    drop = glass.finger(glass.place(*GUARD))
    drop.time_start -= RESTS_S
    glass.finger(glass.place(*KOREAN)).touch_up()
    drop.touch_up()
    assert actions(glass) == [KOREAN]


STROKES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["down", "move", "up"]), st.floats(0, 799), st.floats(0, 479)), max_size=30
)


@settings(max_examples=examples(0.6), deadline=None)
@given(strokes=STROKES)
def test_whatever_three_fingers_do_the_next_press_counts(
    open_studio: None, strokes: list[tuple[int, str, float, float]]
) -> None:
    glass = Glass()
    try:
        glass.show_idle()
        fingers: dict[int, Any] = {}
        lifted = 0
        for number, stroke, x, y in strokes:
            match stroke:
                case "down" if number not in fingers:
                    fingers[number] = glass.finger((x, y))
                case "move" if number in fingers:
                    fingers[number].touch_move(x, y)
                case "up" if number in fingers:
                    fingers.pop(number).touch_up()
                    lifted += 1
        for finger in fingers.values():
            finger.touch_up()
            lifted += 1
        assert len(glass.asked) <= lifted
        glass.asked.clear()
        glass.finger(glass.place(*GUARD)).touch_up()
        assert actions(glass) == [GUARD]
    finally:
        glass.close()
