"""What the screen remembers of a visitor, and forgets."""

import pytest

from kiosk.link import Finished, FormAsked, GuardAsked, TimeAsked
from kiosk.model import Phase
from kiosk.units import Monotonic
from kiosk.view import View
from tests.ui.views import NOW, collecting, session, view
from ui.picture import Action
from ui.session import CHOOSER_FOR, FORGET_AFTER, seen, touched, waited

IDLE = view(Phase.IDLE, "")


def later(seconds: float) -> Monotonic:
    return Monotonic(NOW + seconds)


def test_the_site_speaks_first_then_the_credential_then_the_finger() -> None:
    assert session(collecting()).speaks == "en"
    assert session(collecting(language="ko")).speaks == "ko"
    touched_it, _ = touched(session(collecting(language="ko")), Action.LANGUAGE, "ja", NOW)
    assert touched_it.speaks == "ja"


def test_a_language_that_was_set_from_afar_comes_before_the_screens_own_and_after_the_visitors() -> None:
    assert session(collecting(site_language="zh")).speaks == "zh"
    assert session(collecting(site_language="zh", language="ko")).speaks == "ko"


@pytest.mark.parametrize("after", [IDLE, view(Phase.APPROACHING, "v2"), None], ids=["idle", "the next", "core gone"])
def test_after_the_visit_nothing_that_was_chosen_is_left(after: View | None) -> None:
    chosen, _ = touched(session(collecting()), Action.LANGUAGE, "ja", NOW)
    chosen, _ = touched(chosen, Action.LARGE_TYPE, "", NOW)
    chosen, _ = touched(chosen, Action.HIGH_CONTRAST, "", NOW)
    assert (chosen.speaks, chosen.in_large_type, chosen.in_high_contrast) == ("ja", True, True)
    left = seen(chosen, after, NOW)
    assert (left.speaks, left.in_large_type, left.in_high_contrast) == ("en", False, False)


def test_a_language_chosen_before_the_visit_lasts_into_it() -> None:
    chosen, _ = touched(session(IDLE), Action.LANGUAGE, "ko", NOW)
    assert seen(chosen, collecting(), later(3)).speaks == "ko"


def test_a_language_that_nobody_came_for_is_forgotten() -> None:
    chosen, _ = touched(session(IDLE), Action.LANGUAGE, "ko", NOW)
    assert waited(chosen, later(FORGET_AFTER - 1)).speaks == "ko"
    assert waited(chosen, later(FORGET_AFTER + 1)).speaks == "en"


def test_during_a_visit_nothing_is_forgotten() -> None:
    chosen, _ = touched(session(collecting()), Action.LANGUAGE, "ko", NOW)
    assert waited(chosen, later(600)).speaks == "ko"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Action.FORM, FormAsked(NOW)),
        (Action.GUARD, GuardAsked(NOW)),
        (Action.MORE_TIME, TimeAsked(NOW)),
        (Action.START_OVER, Finished(NOW)),
    ],
    ids=str,
)
def test_what_is_the_cores_is_told_to_it_and_changes_nothing_here(action: Action, message: object) -> None:
    before = session(collecting())
    after, messages = touched(before, action, "", NOW)
    assert messages == (message,)
    assert after == before


def test_the_choice_of_languages_closes_by_itself_and_stays_while_it_is_used() -> None:
    choosing, _ = touched(session(collecting()), Action.CHOOSE, "", NOW)
    assert waited(choosing, later(CHOOSER_FOR - 1)).chooser_until is not None
    used, _ = touched(choosing, Action.LARGE_TYPE, "", later(CHOOSER_FOR - 1))
    assert waited(used, later(CHOOSER_FOR + 1)).chooser_until is not None
    assert waited(used, later(2 * CHOOSER_FOR)).chooser_until is None


def test_a_switch_is_a_switch() -> None:
    once, _ = touched(session(IDLE), Action.LARGE_TYPE, "", NOW)
    twice, _ = touched(once, Action.LARGE_TYPE, "", NOW)
    assert once.in_large_type
    assert not twice.in_large_type
