"""What is said when, as a table of views in time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import Answer, Need, Part, Phase, ReasonCode, VisitId
from kiosk.units import Monotonic
from kiosk.view import FormTicket, GuardCall, Hint, ParkedTicket, Step, StepState, View
from ui.narration import KEYS, Told, interrupts, spoken_for

ONE = VisitId("one")
IDLE = View(Phase.IDLE, ONE, Monotonic(0.0))
IN_FIELD = ((Step.TEMPERATURE, StepState.ACTIVE),)
ASKED = replace(IDLE, phase=Phase.COLLECTING, wanted=(Need.PASS,))
OPEN = replace(IDLE, phase=Phase.OPEN, answer=Answer.ADMIT, reasons=(ReasonCode("resident"),))
HELD = replace(IDLE, phase=Phase.AWAITING_GUARD, answer=Answer.HOLD, reasons=(ReasonCode("temperature_high"),))
REFUSED = replace(HELD, answer=Answer.REFUSE, reasons=(ReasonCode("pass_expired"),))
FORM = FormTicket("https://gate.example/f/1", "gate.example/f/1", Monotonic(600.0))
KEPT = ParkedTicket("K7", Monotonic(600.0))


def said(*moments: tuple[float, View]) -> list[str]:
    """Return all that is said at these times under these views."""
    told, heard = Told(), []
    for now, view in moments:
        told, key = spoken_for(told, view, Monotonic(now))
        heard += [key] if key is not None else []
    return heard


def view(base: View = ASKED, **changes: object) -> View:
    return replace(base, **changes)  # type: ignore[arg-type]  # the table below says which


@pytest.mark.parametrize(
    ("shown", "key"),
    [
        (IDLE, None),
        (view(phase=Phase.APPROACHING, wanted=()), None),
        (view(), "do.hold_pass"),
        (view(wanted=(Need.HEALTH_CODE,)), "do.hold_health_code"),
        (view(wanted=(Need.PASS, Need.HEALTH_CODE)), "do.hold_code"),
        (view(wanted=()), None),
        (view(wanted=(Need.TEMPERATURE,)), "do.measure"),
        (view(wanted=(Need.TEMPERATURE,), steps=IN_FIELD), None),
        (view(wanted=(Need.TEMPERATURE, Need.PASS)), "do.measure_and_hold"),
        (view(wanted=(Need.TEMPERATURE, Need.PASS), steps=IN_FIELD), "do.hold_pass"),
        (view(wanted=(Need.FORM,), form=FORM), "do.fill_form"),
        (view(wanted=(Need.CONSENT,)), "do.wait_consent"),
        (view(phase=Phase.AWAITING_FORM, form=FORM), "do.fill_form"),
        (view(phase=Phase.AWAITING_FORM, form=None), "form.unavailable"),
        (view(phase=Phase.AWAITING_CONSENT), "do.wait_consent"),
        (view(lost=(Part.GATE,)), "part.gate.lost"),
        (view(phase=Phase.CHECKING), None),
        (view(OPEN, phase=Phase.COMMITTING), None),
        (view(OPEN, phase=Phase.OPENING), None),
        (OPEN, "answer.admit"),
        (view(OPEN, phase=Phase.PASSED), "answer.admit"),
        (HELD, "answer.hold"),
        (REFUSED, "answer.refuse"),
        (view(HELD, answer=Answer.ADMIT), "answer.hold"),
        (view(HELD, phase=Phase.COMMITTING), None),
        (view(IDLE, parked=KEPT), "parked"),
        (view(guard=GuardCall.RINGING), "guard.ringing"),
        (view(guard=GuardCall.RINGING, guard_phone="021-0000"), "guard.phone"),
        (view(guard=GuardCall.UNANSWERED, guard_phone="021-0000"), "guard.unanswered"),
        (view(guard=GuardCall.UNANSWERED), "guard.unanswered.no_phone"),
    ],
)
def test_what_a_view_says_first(shown: View, key: str | None) -> None:
    assert said((1.0, shown)) == ([key] if key else [])


def test_each_step_is_asked_for_once_in_a_visit() -> None:
    measuring = view(wanted=(Need.TEMPERATURE,))
    assert said((1, view()), (2, measuring), (3, view()), (4, measuring), (5, view())) == ["do.hold_pass", "do.measure"]


def test_the_next_visitor_is_told_anew() -> None:
    assert said((1, view()), (2, view(visit=VisitId("two")))) == ["do.hold_pass", "do.hold_pass"]


def test_an_answer_is_given_once_and_another_one_again() -> None:
    assert said((1, HELD), (2, HELD), (3, view(HELD, lost=(Part.SERVER,)))) == ["answer.hold"]
    assert said((1, REFUSED), (2, view(REFUSED, reasons=(ReasonCode("pass_used"),)))) == ["answer.refuse", "answer.refuse"]
    assert said((1, REFUSED), (2, view(OPEN))) == ["answer.refuse", "answer.admit"]


def test_nobody_is_let_in_aloud_before_the_gate_is_open() -> None:
    committing = view(OPEN, phase=Phase.COMMITTING)
    assert said((1, committing), (1.1, view(OPEN, phase=Phase.OPENING)), (1.2, HELD)) == ["answer.hold"]


def test_whoever_is_held_is_not_told_twice_that_the_guard_is_called() -> None:
    assert said((1, view(HELD, guard=GuardCall.RINGING)), (2, view(HELD, guard=GuardCall.RINGING))) == ["answer.hold"]
    assert said((1, REFUSED), (2, view(REFUSED, guard=GuardCall.RINGING))) == ["answer.refuse", "guard.ringing"]


def test_whoever_is_held_without_a_server_is_told_to_phone() -> None:
    held = view(HELD, guard=GuardCall.RINGING, guard_phone="021-0000")
    assert said((1, held), (2, held), (3, held)) == ["answer.hold", "guard.phone"]


def test_a_guard_who_is_called_again_is_announced_again() -> None:
    ringing, unanswered = view(REFUSED, guard=GuardCall.RINGING), view(REFUSED, guard=GuardCall.UNANSWERED)
    assert said((1, REFUSED), (2, ringing), (3, unanswered), (4, ringing))[1:] == [
        "guard.ringing",
        "guard.unanswered.no_phone",
        "guard.ringing",
    ]


def test_a_parked_visit_is_told_once_also_over_into_the_idle_time() -> None:
    parked = view(IDLE, phase=Phase.PARKED, parked=KEPT)
    assert said((1, parked), (2, view(IDLE, visit=VisitId("two"), parked=KEPT)), (3, IDLE)) == ["parked"]
    idle = view(IDLE, visit=VisitId("two"), parked=KEPT)
    assert said((1, idle), (2, view(visit=VisitId("two"))), (3, idle)) == ["parked", "do.hold_pass"]


def test_a_code_that_is_none_of_ours_is_answered_at_once() -> None:
    wrong = view(hint=Hint.NOT_RECOGNISED)
    assert said((1, view()), (1.2, wrong)) == ["do.hold_pass", "hint.not_recognised"]


def test_other_hints_wait_until_the_instruction_has_been_heard() -> None:
    dark = view(hint=Hint.TOO_DARK)
    assert said((1, view()), (2, dark), (4.9, dark)) == ["do.hold_pass"]
    assert said((1, view()), (2, dark), (5, dark)) == ["do.hold_pass", "hint.too_dark"]


def test_hints_leave_six_seconds_between_them() -> None:
    near, small = view(hint=Hint.CODE_TOO_NEAR), view(hint=Hint.CODE_TOO_SMALL)
    moments = [(10 + second, near if second % 2 else small) for second in range(13)]
    assert said((1, view()), *moments) == [
        "do.hold_pass",
        "hint.code_too_small",
        "hint.code_too_small",
        "hint.code_too_small",
    ]


def test_a_hint_is_nothing_to_whoever_has_an_answer() -> None:
    assert said((1, OPEN), (20, view(OPEN, hint=Hint.TOO_DARK))) == ["answer.admit"]


def test_a_long_approach_is_asked_closer() -> None:
    coming = view(phase=Phase.APPROACHING, wanted=())
    assert said((1, coming), (4.9, coming)) == []
    assert said((1, coming), (5, coming), (9, coming)) == ["do.come_closer"]


def test_a_check_that_takes_long_is_told_once() -> None:
    checking = view(phase=Phase.CHECKING)
    assert said((1, checking), (2.4, checking)) == []
    assert said((1, checking), (2.5, checking), (9, checking)) == ["do.one_moment"]


def test_more_time_is_offered_once_for_each_end() -> None:
    ending, later = (view(ends_at=Monotonic(end), extendable=True) for end in (30.0, 60.0))
    moments = [(19, ending), (20, ending), (25, ending), (26, later), (50, later), (55, later)]
    assert said((1, ending), *moments) == ["do.hold_pass", "time.running_out", "time.running_out"]
    assert said((25, view(ends_at=Monotonic(30.0))), (28, view(ends_at=Monotonic(30.0)))) == ["do.hold_pass"]


def test_a_fresh_start_says_all_again_as_after_a_change_of_language() -> None:
    told, _ = spoken_for(Told(), view(), Monotonic(1))
    assert spoken_for(told, view(), Monotonic(2))[1] is None
    assert spoken_for(Told(), view(), Monotonic(2))[1] == "do.hold_pass"


@pytest.mark.parametrize(
    ("new", "current", "cuts"),
    [
        ("do.measure", "do.hold_pass", True),
        ("hint.too_dark", "do.hold_pass", True),
        ("answer.admit", "do.measure", True),
        ("answer.admit", "answer.hold", True),
        ("guard.unanswered", "guard.ringing", True),
        ("do.measure", "answer.admit", False),
        ("hint.too_dark", "answer.refuse", False),
        ("do.measure", "parked", False),
        ("time.running_out", "guard.ringing", False),
        ("guard.phone", "answer.hold", False),
        ("guard.ringing", "do.measure", True),
    ],
)
def test_the_newest_is_heard_unless_what_is_being_said_matters_more(new: str, current: str, cuts: bool) -> None:
    assert interrupts(new, current) is cuts


VIEWS = st.builds(
    View,
    phase=st.sampled_from(Phase),
    visit=st.sampled_from([ONE, VisitId("two")]),
    at=st.just(Monotonic(0.0)),
    steps=st.lists(st.tuples(st.sampled_from(Step), st.sampled_from(StepState)), max_size=3).map(tuple),
    wanted=st.lists(st.sampled_from(Need), max_size=3).map(tuple),
    hint=st.none() | st.sampled_from(Hint),
    answer=st.none() | st.sampled_from(Answer),
    form=st.none() | st.just(FORM),
    parked=st.none() | st.just(KEPT),
    guard=st.none() | st.sampled_from(GuardCall),
    guard_phone=st.none() | st.just("021-0000"),
    ends_at=st.none() | st.floats(0, 99).map(Monotonic),
    extendable=st.booleans(),
    lost=st.lists(st.sampled_from(Part), max_size=2).map(tuple),
)


@given(st.lists(VIEWS, max_size=12))
def test_whatever_is_shown_only_known_sentences_are_said_and_a_still_view_falls_silent(views: list[View]) -> None:
    told = Told()
    for now, shown in enumerate(views):
        told, key = spoken_for(told, shown, Monotonic(now))
        assert key is None or key in KEYS
    for now in range(100, 100 + 5):
        told, _ = spoken_for(told, replace(IDLE, visit=VisitId("nobody")), Monotonic(now))
    assert spoken_for(told, replace(IDLE, visit=VisitId("nobody")), Monotonic(200))[1] is None


@given(VIEWS)
def test_nobody_is_let_in_aloud_unless_the_gate_is_open(shown: View) -> None:
    if spoken_for(Told(), shown, Monotonic(1))[1] == "answer.admit":
        assert shown.answer is Answer.ADMIT
        assert shown.phase in {Phase.OPEN, Phase.PASSED}
