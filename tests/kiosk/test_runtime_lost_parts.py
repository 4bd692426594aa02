"""The core's loop without its thermometer or its camera, and when they are back."""

import pytest

from kiosk.link import PartHealth
from kiosk.losses import HEARD_WITHIN
from kiosk.model import Answer, EventId, Part
from kiosk.people import VisitorKind
from tests.kiosk.runtimes import Bench, lose, signed_pass
from tests.kiosk.watching import wait


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


def test_a_lost_thermometer_holds_for_the_guard(bench: Bench) -> None:
    bench.give(PartHealth(Part.THERMOMETER, False, "errno 121", bench.clock.now))
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable().reasons == ("temperature_unavailable",)
    assert bench.gate.opened == []


def test_a_thermometer_that_comes_back_clears_the_visitor_who_was_held_without_it(bench: Bench) -> None:
    lose(bench, Part.THERMOMETER)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable().reasons == ("temperature_unavailable",)
    lose(bench, Part.THERMOMETER, well=True)
    bench.stand()
    assert bench.durable("gate-1/log/2").reasons == ("resident",)
    assert bench.gate.opened == [EventId("gate-1/log/2")]


@pytest.mark.parametrize("part", [Part.CAMERA, Part.EYES])
def test_a_camera_that_comes_back_clears_the_visitor_who_was_held_without_it(bench: Bench, part: Part) -> None:
    bench.stand()
    lose(bench, part)
    assert bench.durable().reasons == ("pass_unavailable",)
    lose(bench, part, well=True)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable("gate-1/log/2").reasons == ("resident",)


def test_a_camera_lost_after_the_pass_was_read_changes_nothing(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    lose(bench, Part.CAMERA)
    bench.stand()
    assert bench.durable().reasons == ("resident",)


def test_eyes_that_never_come_are_said_to_be_lost_and_whoever_needs_them_is_held() -> None:
    bench = Bench("response-level-2", expected=frozenset({Part.EYES}))
    wait(bench, HEARD_WITHIN[Part.EYES] + 0.1)
    assert bench.views[-1].lost == (Part.EYES,)
    assert [(draft.kind, draft.body["part"], draft.body["well"]) for draft in bench.recorder.notes] == [
        ("part_health", "eyes", False)
    ]
    bench.stand()
    assert bench.durable().answer is Answer.HOLD
