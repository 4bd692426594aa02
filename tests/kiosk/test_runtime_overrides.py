"""A guard who lets somebody in whatever the rules say, at the kiosk and from afar."""

from dataclasses import replace

import pytest

from kiosk.link import Finished, OverrideAsked
from kiosk.model import Answer, Command, EventId, Phase, ReasonCode, Role
from kiosk.people import VisitorKind
from kiosk.policy import Override
from kiosk.remote import RemoteOpen, Unfit
from kiosk.units import Monotonic
from kiosk.view import Declined
from tests.kiosk.fakes import FakeSealer
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass
from tests.kiosk.watching import shown, step_out

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


def test_the_screen_knows_how_many_people_it_takes() -> None:
    assert shown(feverish()).override_takes == 2
    bench = Bench("normal-times")
    assert shown(bench).override_takes == 1
    bench.scan(b"GP1:NOT A PASS")
    bench.durable()
    assert (bench.phase(), shown(bench).override_takes) == (Phase.AWAITING_GUARD, 1)


def test_the_screen_knows_over_what_nobody_may_pass() -> None:
    bench = Bench("normal-times")
    never = {ReasonCode("pass_malformed"): Override.NOBODY}
    bench.runtime._rules.site = replace(
        bench.runtime._rules.site, document=replace(bench.runtime._rules.site.document, overrides=never)
    )
    bench.scan(b"GP1:NOT A PASS")
    bench.durable()
    assert (shown(bench).reasons, shown(bench).override_takes) == (("pass_malformed",), 0)
    overrides(bench, "Li Wei")
    assert (refusals(bench), bench.gate.opened) == (["nobody_may"], [])


def test_a_guard_at_the_kiosk_is_told_why_it_was_not_done_and_the_next_visitors_screen_is_not() -> None:
    bench = feverish()
    assert shown(bench).declined is None
    overrides(bench)
    assert shown(bench).declined == Declined(Unfit.SECOND_PERSON, bench.clock.now)
    bench.clock.advance(1.0)
    overrides(bench)
    assert shown(bench).declined == Declined(Unfit.SECOND_PERSON, bench.clock.now)
    bench.give(Finished(bench.clock.now))
    assert shown(bench).declined is None


def test_what_was_commanded_from_afar_is_no_matter_of_the_screens() -> None:
    bench = feverish()
    bench.give(RemoteOpen(Command("c0ffee", "Wang Fang", "she is fine"), Monotonic(bench.clock.now + 5)))
    assert shown(bench).declined is None
