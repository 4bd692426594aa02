"""Watching what the core shows, while time passes at the loop's own pace."""

from kiosk.view import Step, StepState, View
from tests.kiosk.runtimes import Bench


def shown(bench: Bench) -> View:
    """What the screen was last told."""
    return bench.views[-1]


def step(bench: Bench, step: Step) -> StepState:
    """How far a step of the visit is, as the screen has it."""
    return dict(shown(bench).steps)[step]


def kinds(bench: Bench) -> list[str]:
    """The kinds of all that was noted."""
    return [draft.kind for draft in bench.recorder.notes]


def wait(bench: Bench, seconds: float) -> None:
    """Time passes, and the loop turns at its own pace."""
    end = bench.clock.now + seconds
    while bench.clock.now < end:
        bench.clock.advance(min(0.1, end - bench.clock.now))
        bench.runtime.tick()


def stay(bench: Bench, seconds: float) -> None:
    """Somebody stands in the thermometer's field meanwhile, not measured yet."""
    end = bench.clock.now + seconds
    while bench.clock.now < end:
        bench.clock.advance(min(0.1, end - bench.clock.now))
        bench.stand(None)


def step_out(bench: Bench) -> None:
    """Whoever was in the thermometer's spot is out of it for long enough."""
    for _ in range(9):
        bench.stand(None, present=False)
        bench.clock.advance(0.1)
