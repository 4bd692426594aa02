"""A borderline temperature at the kiosk: it is measured on until the reading has settled, and then it counts."""

import pytest

from kiosk.model import Answer, Need, Phase
from kiosk.people import VisitorKind
from kiosk.view import Step, StepState
from tests.kiosk.runtimes import Bench, signed_pass


@pytest.fixture
def bench() -> Bench:
    bench = Bench("response-level-2")
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(37.2, samples=4)
    return bench


def test_nobody_is_answered_on_a_borderline_reading_that_has_not_settled(bench: Bench) -> None:
    assert bench.phase() is Phase.COLLECTING
    assert bench.views[-1].wanted == (Need.TEMPERATURE,)
    assert dict(bench.views[-1].steps)[Step.TEMPERATURE] is StepState.ACTIVE
    bench.stand(37.2, samples=11)
    assert bench.recorder.decisions == []


def test_a_borderline_reading_that_has_settled_is_a_normal_one(bench: Bench) -> None:
    bench.stand(37.2, samples=12)
    assert bench.durable().reasons == ("resident",)


@pytest.mark.parametrize(
    ("body_c", "answer", "reason"), [(36.9, Answer.ADMIT, "resident"), (37.3, Answer.HOLD, "temperature_high")]
)
def test_a_reading_that_leaves_the_borderline_is_answered_at_once(
    bench: Bench, body_c: float, answer: Answer, reason: str
) -> None:
    bench.stand(body_c, samples=5)
    decision = bench.durable()
    assert (decision.answer, decision.reasons) == (answer, (reason,))
