"""What the thermometer is told of people whom it cannot see by itself."""

from kiosk.attention import Attention
from kiosk.link import SceneMoved
from kiosk.people import VisitorKind
from kiosk.units import Monotonic
from tests.kiosk.runtimes import Bench, signed_pass


def test_motion_and_a_visit_each_say_that_somebody_may_be_there() -> None:
    attention = Attention()
    bench = Bench("normal-times", attention=attention)
    assert not attention.someone()
    bench.give(SceneMoved(True, Monotonic(1.0)))
    assert attention.someone()
    bench.give(SceneMoved(False, Monotonic(2.0)))
    assert not attention.someone()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert attention.someone()


def test_a_visit_that_is_over_says_nothing_any_more() -> None:
    attention = Attention()
    bench = Bench("normal-times", attention=attention)
    bench.stand(None)
    assert attention.someone()
    bench.stand(present=False)
    bench.clock.advance(5.0)
    bench.runtime.tick()
    assert not attention.someone()
