"""A guard who lets somebody in whatever the rules say, at the kiosk and from afar."""

import pytest

from kiosk.link import OverrideAsked
from kiosk.model import Answer, Command, EventId, Phase, Role
from kiosk.people import VisitorKind
from kiosk.remote import RemoteOpen
from kiosk.units import Monotonic
from tests.kiosk.fakes import FakeSealer
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass
from tests.kiosk.watching import step_out

GUEST = signed_pass(VisitorKind.GUEST)


def overrides(bench: Bench, second: str | None = None) -> None:
    bench.give(OverrideAsked("Wang Fang", "measured again: 36.8", bench.clock.now, second))


def feverish() -> Bench:
    """A gate that holds a guest for a high temperature, over which two people may pass."""
    bench = Bench("response-level-2", sealer=FakeSealer())
    bench.scan(GUEST)
    bench.scan(HEALTH_CODE)
    bench.stand(38.9)
    bench.durable()
    assert bench.phase() is Phase.AWAITING_GUARD
    return bench


def refusals(bench: Bench) -> list[object]:
    return [note.body["why"] for note in bench.recorder.notes if note.kind == "command_refused"]


def test_two_people_let_in_whom_the_rules_hold_once_it_is_recorded() -> None:
    bench = feverish()
    overrides(bench, "Li Wei")
    _, decision, draft = bench.recorder.decisions[-1]
    assert (decision.answer, decision.role, decision.reasons) == (Answer.ADMIT, Role.GUARD, ("override",))
    assert (draft.body["rule"], draft.body["overrides"], draft.body["people"]) == ("override", ["temperature_high"], 2)
    assert bench.gate.opened == []
    bench.durable("gate-1/log/2")
    assert bench.gate.opened == [EventId("gate-1/log/2")]


@pytest.mark.parametrize("present", [False, True], ids=["aside", "coming back"])
def test_whoever_stepped_aside_to_wait_for_the_guard_is_let_in_by_one(present: bool) -> None:
    bench = feverish()
    step_out(bench)
    overrides(bench, "Li Wei")
    bench.clock.advance(0.1)
    bench.stand(None, present=present)
    bench.durable("gate-1/log/2")
    assert bench.gate.opened == [EventId("gate-1/log/2")]


def test_who_they_are_and_why_is_sealed_and_in_clear_nowhere() -> None:
    bench = feverish()
    overrides(bench, "Li Wei")
    draft = bench.recorder.decisions[-1][2]
    assert not any(word in repr(draft.body) for word in ("Wang", "Li Wei", "36.8"))
    assert draft.sealed is not None
    assert all(word in draft.sealed for word in (b"Wang Fang", b"Li Wei", b"measured again"))


def test_one_alone_does_not_where_the_rules_want_two_and_that_is_recorded() -> None:
    bench = feverish()
    overrides(bench)
    assert refusals(bench) == ["second_person"]
    assert (bench.phase(), bench.gate.opened, len(bench.recorder.decisions)) == (Phase.AWAITING_GUARD, [], 1)


def test_a_command_from_afar_is_held_to_the_same() -> None:
    bench = feverish()
    alone = RemoteOpen(Command("c0ffee", "Wang Fang", "she is fine"), Monotonic(bench.clock.now + 5))
    bench.give(alone)
    assert refusals(bench) == ["second_person"]


def test_stepping_back_from_the_thermometer_takes_the_fever_out_of_nobodys_way() -> None:
    bench = feverish()
    for present in (False, True):
        bench.clock.advance(0.1)
        bench.stand(None, present=present)
    assert (bench.phase(), bench.runtime._here.evidence.facts.reading) == (Phase.AWAITING_GUARD, None)
    overrides(bench)
    assert refusals(bench) == ["second_person"]


def test_one_guard_lets_in_whoever_only_lacks_something() -> None:
    bench = Bench("response-level-2")
    bench.stand(36.6)
    overrides(bench)
    body = bench.recorder.decisions[-1][2].body
    assert (body["overrides"], body["people"]) == (["pass_missing", "health_code_missing"], 1)


def test_where_nobody_is_seen_a_guard_who_sees_them_lets_them_in() -> None:
    bench = Bench("normal-times")
    overrides(bench)
    bench.durable()
    assert bench.gate.opened == [EventId("gate-1/log/1")]


def test_a_touch_that_was_held_up_opens_nothing() -> None:
    bench = Bench("normal-times")
    bench.give(OverrideAsked("Wang Fang", "a neighbour", Monotonic(bench.clock.now - 10.0)))
    assert (refusals(bench), bench.recorder.decisions) == (["late"], [])


def test_while_somebody_is_being_let_in_it_is_not_taken() -> None:
    bench = Bench("normal-times")
    bench.scan(GUEST)
    overrides(bench)
    assert (refusals(bench), len(bench.recorder.decisions)) == (["under_way"], 1)


@pytest.mark.parametrize("second", [None, "Li Wei"])
def test_the_message_shows_nobody(second: str | None) -> None:
    said = repr(OverrideAsked("Wang Fang", "measured again", Monotonic(1.0), second))
    assert not any(word in said for word in ("Wang", "Li Wei", "measured"))
