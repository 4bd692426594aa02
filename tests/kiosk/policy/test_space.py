"""The space of facts against the rules themselves: what it says of a rule is so for facts drawn by chance."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.model import Answer, Decision, Facts, Need
from kiosk.policy import PolicyDocument, check
from kiosk.policy.space import Space
from tests.kiosk.policy.documents import any_document, documents
from tests.kiosk.policy.visitors import SHIPPED, facts_known, parsed, rule

lost = st.frozensets(st.sampled_from(Need))
anybody = st.builds(lambda facts, needs: replace(facts, unavailable=needs), facts_known, lost)


def reachable(document: PolicyDocument, space: Space) -> set[str]:
    return {
        one.id
        for place, one in enumerate(document.rules)
        if any(space.left(box, document.rules[:place]) is not None for box in space.boxes[one.id])
    }


@given(any_document, anybody)
def test_a_rule_that_decides_is_one_that_can_be_reached(document: PolicyDocument, facts: Facts) -> None:
    answer = policy.evaluate(document, facts)
    assume(isinstance(answer, Decision) and answer.rule != policy.DEFAULT_RULE)
    assert isinstance(answer, Decision)
    assert answer.rule in reachable(document, Space.of(document))


def of_a_cell(space: Space, box: dict[str, int]) -> Facts:
    """Put the facts together of which a box is made: its first class on every axis."""

    def first(axis: str) -> Facts:
        classes = box.get(axis, (1 << len(space.cells[axis])) - 1)
        return space.cells[axis][(classes & -classes).bit_length() - 1]

    parts = {axis: first(axis) for axis in space.cells}
    who = parts["who"]
    read = parts["body"].reading
    assert read is not None
    for axis, name in (
        ("samples", "samples"),
        ("ambient", "ambient_c"),
        ("uncertainty", "uncertainty_c"),
        ("doubts", "quality"),
    ):
        part = parts[axis].reading
        read = replace(read, **{name: getattr(part, name)})
    told = who.declaration
    if told is not None:
        for axis in ("stays", "first_return", "vehicle", "group"):
            declared = parts[axis].declaration
            told = replace(told, **{axis: getattr(declared, axis)})
        compared = parts["identity"].declaration
        assert compared is not None
        told = replace(told, person=compared.person)
    code, whose = parts["health"].health_code, parts["identity"].health_code
    assert code is not None
    assert whose is not None
    return replace(
        who,
        reading=read,
        health_code=replace(code, person=whose.person),
        colour_seen=parts["colour"].colour_seen,
        declaration=told,
        consent=parts["consent"].consent,
        filing=parts["filing"].filing,
        local_time=parts["time"].local_time,
        clock=parts["clock"].clock,
        unavailable=frozenset(need for need in Need if parts[f"lost {need}"].unavailable),
    )


@given(documents())
def test_whatever_is_said_to_reach_a_rule_is_decided_by_it(document: PolicyDocument) -> None:
    space = Space.of(document)
    for place, one in enumerate(document.rules):
        for box in space.boxes[one.id]:
            found = space.left(box, document.rules[:place])
            if found is not None:
                answer = policy.evaluate(document, of_a_cell(space, dict(found)))
                assert isinstance(answer, Decision)
                assert answer.rule == one.id


def test_every_rule_that_ships_decides_for_somebody() -> None:
    for document in SHIPPED.values():
        answering = {one.id for one in document.rules if one.then is not None}
        assert answering <= reachable(document, Space.of(document))


def test_the_edges_of_a_threshold_are_two_classes() -> None:
    low, high = rule(id="low", when={"temperature_below": 37.3}), rule(id="high", when={"temperature_at_least": 37.3})
    both = parsed(low, high, rule(id="never", when={"unavailable": ["temperature"]}, then=str(Answer.HOLD)))
    assert len(Space.of(both).cells["body"]) == 2
    assert check.findings(both, set(both.reasons)) == ()
