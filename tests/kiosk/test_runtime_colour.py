"""The colour that the camera sees around a health code: evidence in the record, and never a way in."""

from dataclasses import replace

import pytest

from kiosk import policy
from kiosk.evidence import Colour, HealthStatus
from kiosk.in_force import InForce, Renewed
from kiosk.inbox import TokenAnswered
from kiosk.link import Coloured
from kiosk.model import Answer, Phase
from kiosk.people import VisitorKind
from kiosk.units import Monotonic
from tests.kiosk.policy.visitors import SHIPPED, rule, tree
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass, trust_list

TO_THE_GUARD = policy.parse(
    tree(
        rule=[
            rule(id="colour", when={"unavailable": ["health_code"], "colour_seen": ["green"]}, then="hold", reason="colour"),
        ]
    ),
    "colour.toml",
).rules
LEVEL_2 = SHIPPED["response-level-2"]


@pytest.fixture
def bench() -> Bench:
    bench = Bench("response-level-2")
    by_colour = replace(LEVEL_2, rules=(*TO_THE_GUARD, *LEVEL_2.rules))
    bench.give(Renewed(InForce(by_colour, trust_list())))
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.clock.advance(0.1)
    bench.scan(HEALTH_CODE)
    return bench


def shows(bench: Bench, colour: Colour) -> None:
    bench.give(Coloured(Monotonic(bench.clock.monotonic()), colour, 0.9))


def answers(bench: Bench, status: HealthStatus | None) -> None:
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, status))


def test_green_while_the_issuer_is_not_reached_is_put_to_the_guard_and_recorded(bench: Bench) -> None:
    shows(bench, Colour.GREEN)
    answers(bench, None)
    decision = bench.durable()
    assert (decision.answer, decision.rule) == (Answer.HOLD, "colour")
    assert bench.phase() is Phase.AWAITING_GUARD
    assert bench.gate.opened == []
    _, _, draft = bench.recorder.decisions[-1]
    assert draft.body["evidence"]["colour_seen"] == {"colour": "green", "confidence_permille": 900}


def test_another_colour_while_the_issuer_is_not_reached_is_held_as_without(bench: Bench) -> None:
    shows(bench, Colour.RED)
    answers(bench, None)
    assert bench.durable().reasons == ("health_unavailable",)


def test_a_colour_that_comes_after_the_issuer_was_given_up_still_reaches_the_guard(bench: Bench) -> None:
    captured_at = bench.clock.monotonic()
    answers(bench, None)
    assert bench.durable().reasons == ("health_unavailable",)
    bench.give(Coloured(captured_at, Colour.GREEN, 0.9))
    assert bench.durable("gate-1/log/2").rule == "colour"
    assert bench.gate.opened == []


def test_what_the_issuer_says_outweighs_every_colour(bench: Bench) -> None:
    shows(bench, Colour.GREEN)
    answers(bench, HealthStatus.RED)
    assert bench.durable().reasons == ("health_red",)
