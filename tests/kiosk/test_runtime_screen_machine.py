"""Whatever happens at the gate, in any order: the screen shows the visit as it is, and every code is answered."""

from collections.abc import Callable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.display import MEASURED_EVERY
from kiosk.link import DoorMoved, Finished, FormAsked, GateClosed, GateOpened, GuardAsked, Noticed, SceneMoved, TimeAsked
from kiosk.model import Answer, EventId, Part, Phase
from kiosk.people import VisitorKind
from kiosk.units import Monotonic
from kiosk.view import Hint
from tests.examples import examples
from tests.kiosk.runtimes import HEALTH_CODE, MENU, Bench, lose, signed_pass
from tests.kiosk.watching import shown, wait

CODES = [
    MENU,
    HEALTH_CODE,
    b"GP1:NOT A PASS",
    *(signed_pass(kind, number=number, holder="310101199001011234") for number, kind in enumerate(VisitorKind, 1)),
]


def settle(bench: Bench) -> None:
    if bench.recorder.decisions:
        bench.durable()


def lost_parts(bench: Bench) -> set[str]:
    """The parts whose loss was recorded, and not their return."""
    well = {draft.body["part"]: draft.body["well"] for draft in bench.recorder.notes if draft.kind == "part_health"}
    return {part for part in well if not well[part]}


HAPPENINGS: dict[str, Callable[[Bench, int], None]] = {
    "stands": lambda bench, number: bench.stand(36.0 + number),
    "is there": lambda bench, _: bench.stand(None),
    "leaves": lambda bench, _: bench.stand(present=False),
    "shows": lambda bench, number: bench.scan(CODES[number % len(CODES)]),
    "form": lambda bench, _: bench.give(FormAsked(bench.clock.now)),
    "guard": lambda bench, _: bench.give(GuardAsked(bench.clock.now)),
    "time": lambda bench, _: bench.give(TimeAsked(bench.clock.now)),
    "done": lambda bench, _: bench.give(Finished(bench.clock.now)),
    "knocks": lambda bench, _: bench.give(DoorMoved(Monotonic(bench.clock.now + 20.0), guard=False, at=bench.clock.now)),
    "desk": lambda bench, number: bench.give(DoorMoved(None, guard=number % 2 == 0, at=bench.clock.now)),
    "moves": lambda bench, number: bench.give(SceneMoved(number % 2 == 0, bench.clock.now)),
    "noticed": lambda bench, number: bench.give(Noticed(list(Hint)[number], bench.clock.now)),
    "waits": lambda bench, number: wait(bench, [0.1, 0.6, 2.0, 16.0, 31.0, 61.0][number]),
    "part": lambda bench, number: lose(bench, list(Part)[number], well=number % 2 == 0),
    "durable": lambda bench, _: settle(bench),
    "opened": lambda bench, _: bench.give(GateOpened(EventId("gate-1/log/1"), bench.clock.now)),
    "closed": lambda bench, _: bench.give(GateClosed(EventId("gate-1/log/1"), False, bench.clock.now)),
}


@settings(max_examples=examples(2), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.integers(0, 5)), max_size=25))
def test_whatever_happens_the_screen_shows_the_visit_as_it_is(happened: list[tuple[str, int]]) -> None:
    bench = Bench("response-level-2")
    for name, number in happened:
        HAPPENINGS[name](bench, number)
        wait(bench, MEASURED_EVERY)
        view, visit = shown(bench), bench.runtime.visit
        assert set(view.lost) == lost_parts(bench)
        if view.phase in {Phase.OPEN, Phase.PASSED}:
            # Of the one on the way through, as long as nobody else is there.
            assert (visit.phase, view.answer) == (Phase.IDLE, Answer.ADMIT)
            continue
        assert (view.phase, view.visit) == (visit.phase, visit.id)
        assert (view.guard is None) == (visit.called_at is None)
        assert view.answer is not Answer.ADMIT or visit.admission is not None
        assert view.phase is not Phase.IDLE or (view.hint, view.answer, view.form) == (None, None, None)
    assert b"310101199001011234" not in msgspec.msgpack.encode(bench.views)


@settings(max_examples=examples(1), deadline=None)
@given(st.permutations(CODES))
def test_every_code_that_is_shown_is_answered_at_once(codes: list[bytes]) -> None:
    bench = Bench("response-level-2")
    bench.stand(None)
    for content in codes:
        if shown(bench).phase not in {Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING}:
            return
        bench.scan(content)
        taken = shown(bench).code_taken_at == bench.clock.now
        assert taken is not (shown(bench).hint is Hint.NOT_RECOGNISED)
        bench.clock.advance(0.2)
