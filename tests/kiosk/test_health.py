"""The health of a part for which several threads speak."""

import pytest

from kiosk.health import JointHealth

Said = list[tuple[str, bool, str]]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([("disk", True, ""), ("recorder", True, "")], [(True, "")]),
        ([("disk", False, "full"), ("recorder", True, "")], [(False, "full")]),
        ([("recorder", True, ""), ("disk", False, "full"), ("disk", True, "")], [(True, ""), (False, "full"), (True, "")]),
        (
            [("disk", False, "full"), ("recorder", False, "oops"), ("disk", True, ""), ("recorder", True, "")],
            [(False, "full"), (True, "")],
        ),
        ([("disk", True, ""), ("disk", True, ""), ("disk", False, "a"), ("disk", False, "b")], [(True, ""), (False, "a")]),
    ],
    ids=["all well", "one lost from the start", "lost and back", "lost while one says so", "repeated"],
)
def test_the_whole_is_well_while_nobody_calls_it_lost(said: Said, told: list[tuple[bool, str]]) -> None:
    heard: list[tuple[bool, str]] = []
    joint = JointHealth(lambda well, detail: heard.append((well, detail)))
    for name, well, detail in said:
        joint.voice(name)(well, detail)
    assert heard == told
