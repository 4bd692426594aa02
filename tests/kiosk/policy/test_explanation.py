"""How an answer is explained: every rule that was asked, in order, and what came of it."""

from kiosk.model import Answer, Facts, Need, ReasonCode
from kiosk.policy import Override, PolicyDocument, evaluate
from kiosk.policy.explanation import Explanation, Line, explain
from tests.kiosk.policy.visitors import GREEN, GUEST, parsed, reading

FEVER, GUEST_ADMITTED = ReasonCode("temperature_high"), ReasonCode("guest")


def document(**more: object) -> PolicyDocument:
    """Whoever has a pass of a guest, and no fever."""
    high = {"id": "high", "when": {"temperature_at_least": 37.3}, "then": "hold", "reason": "temperature_high"}
    lets_in = {"id": "in", "when": {"pass": ["valid"], "visitor": ["guest"]}, "then": "admit", "reason": "guest"}
    return parsed(high, lets_in, version=4, **more)


def test_each_rule_that_was_asked_says_which_of_its_conditions_fails() -> None:
    found = explain(document(), Facts(reading(36.5), GUEST))
    assert found == Explanation(
        policy=document().name,
        path=(
            Line("high", False, Answer.HOLD, FEVER, ("temperature_at_least",), ()),
            Line("in", True, Answer.ADMIT, GUEST_ADMITTED, (), ()),
        ),
        decision=evaluate(document(), Facts(reading(36.5), GUEST)),  # type: ignore[arg-type]  # nothing is needed
    )
    assert (found.needs, found.override) == ((), None)


def test_what_is_needed_first_is_said_of_each_rule_and_in_all() -> None:
    found = explain(document(), Facts())
    assert [(line.rule, line.holds, line.lacks) for line in found.path] == [
        ("high", None, (Need.TEMPERATURE,)),
        ("in", None, (Need.PASS,)),
    ]
    assert (found.policy, found.decision, found.override) == (document().name, None, None)
    assert found.needs == (Need.PASS, Need.TEMPERATURE)


def test_a_rule_lacks_its_facts_in_order() -> None:
    both = {"id": "both", "when": {"temperature_below": 37.3, "pass": ["valid"]}, "then": "hold", "reason": "guest"}
    (line,) = explain(parsed(both), Facts()).path
    assert line.lacks == (Need.PASS, Need.TEMPERATURE)


def test_who_may_override_is_said_of_whoever_is_stopped() -> None:
    hot = Facts(reading(38.0), GUEST, GREEN)
    assert explain(document(), hot).override is Override.ONE_GUARD
    assert explain(document(override={"two_people": ["temperature_high"]}), hot).override is Override.TWO_PEOPLE
    assert explain(document(), hot).needs == ()
