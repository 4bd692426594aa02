"""What docs/operations.md says of each lost part is what the core does: the held decision and what is recorded."""

import re
from pathlib import Path

import pytest

from kiosk.model import Answer, Part
from kiosk.people import VisitorKind
from tests.kiosk.runtimes import Bench, lose, signed_pass
from tests.kiosk.watching import kinds, shown, stay

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ROWS = dict(re.findall(r"^\| `(\w+)` \| (?!.*scenario)(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
HOLDS = {Part.CAMERA: "pass_unavailable", Part.EYES: "pass_unavailable", Part.THERMOMETER: "temperature_unavailable"}
"""Which loss keeps a visitor from being admitted, and why: all others let a resident with a pass in."""
SAID_ELSEWHERE = {Part.EYES: Part.CAMERA}
"""The row that speaks for another: 'as for the camera'."""
CLOSED = {Part.GATE, Part.CORE, Part.LOG}
"""Without these nobody is let in by the loop that is tried here: their own tests say what happens."""


def without(part: Part) -> Bench:
    """A gate that measures and wants a pass, which has lost a part; a resident comes and shows theirs, if it is seen."""
    bench = Bench("response-level-2")
    lose(bench, part)
    bench.stand(None if part is Part.THERMOMETER else 36.6)
    if part not in {Part.CAMERA, Part.EYES}:
        bench.scan(signed_pass(VisitorKind.RESIDENT))
    stay(bench, 31.0)
    return bench


@pytest.mark.parametrize("part", sorted(HOLDS))
def test_whoever_cannot_be_checked_is_held_for_the_reason_that_the_page_names(part: Part) -> None:
    bench = without(part)
    decision = bench.durable()
    assert (decision.answer, decision.reasons) == (Answer.HOLD, (HOLDS[part],))
    row = ROWS[SAID_ELSEWHERE.get(part, part)]
    assert f"`{decision.reasons[0]}`" in row
    for kind in ("part_health", "guard_called"):
        assert kind in kinds(bench)
        assert f"`{kind}`" in row


@pytest.mark.parametrize("part", sorted(set(Part) - set(HOLDS) - CLOSED))
def test_without_any_other_part_a_resident_is_let_in_and_the_loss_is_recorded(part: Part) -> None:
    bench = without(part)
    assert bench.durable().answer is Answer.ADMIT
    assert "part_health" in kinds(bench)
    assert "`part_health`" in ROWS[part]


@pytest.mark.parametrize("part", sorted(set(Part) - {Part.CORE}))
def test_every_loss_that_the_core_outlives_is_shown_and_recorded_once(part: Part) -> None:
    bench = Bench("response-level-2")
    lose(bench, part)
    lose(bench, part)
    assert kinds(bench).count("part_health") == 1
    assert part in shown(bench).lost or (part is Part.SERVER and shown(bench).server_lost_at is not None)
    assert "`part_health`" in ROWS[part]
