"""Any people in any order at one gate: nobody is let in on what is another's."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk.inbox import Recorded
from kiosk.link import GateClosed, GateOpened, Passed
from kiosk.model import Answer, EventId
from kiosk.people import VisitorKind
from kiosk.presence import SPOT_EMPTY
from kiosk.records import ZERO_CELSIUS_MK
from kiosk.units import Monotonic
from tests.examples import examples
from tests.kiosk.runtimes import Bench, signed_pass

PEOPLE = range(4)
SETTLES_S = 0.2
"""How long somebody stands in the spot before the thermometer has a reading."""
PASSES = [signed_pass(VisitorKind.RESIDENT, number=person + 1) for person in PEOPLE]


def body_c(person: int) -> float:
    """Each has a temperature of their own, and no fever."""
    return 36.0 + person / 10


class AnyPeople(RuleBasedStateMachine):
    """People step in and out, hold up their passes, and walk through; the card and the gate take their time."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench("response-level-2")
        self.in_spot: int | None = None
        self.was_in_spot: int | None = None
        self.stepped_in_at = 0.0
        self.stepped_out_at = 0.0
        self.written = 0
        self.durable: list[EventId] = []
        self.opened = 0
        self.on_the_way: list[EventId] = []

    def look(self) -> None:
        """The thermometer looks, and what was decided on it is of whoever it looks at."""
        before = len(self.bench.recorder.decisions)
        if self.in_spot is None:
            self.bench.stand(present=False)
        else:
            settled = self.bench.clock.now - self.stepped_in_at >= SETTLES_S
            self.bench.stand(body_c(self.in_spot) if settled else None)
        self.judge(before)

    def judge(self, before: int) -> None:
        for _, decision, draft in self.bench.recorder.decisions[before:]:
            measured = (draft.body["evidence"]["body_mk"] - ZERO_CELSIUS_MK) / 1000
            assert self.was_in_spot is not None
            assert measured == body_c(self.was_in_spot), "a temperature was credited to somebody else"
            away_s = 0.0 if self.in_spot is not None else self.bench.clock.now - self.stepped_out_at
            assert away_s < SPOT_EMPTY + 0.2, "a temperature was used long after its owner had gone"
            assert decision.answer is not Answer.HOLD

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_steps_in(self, person: int) -> None:
        if self.in_spot is None:
            self.in_spot = self.was_in_spot = person
            self.stepped_in_at = self.bench.clock.now
            self.look()

    @rule(seconds=st.sampled_from([0.1, 0.6, 1.6]))
    def whoever_is_there_steps_out(self, seconds: float) -> None:
        if self.in_spot is not None:
            self.in_spot = None
            self.stepped_out_at = self.bench.clock.now
            self.look()
            self.time_passes(seconds)

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_holds_up_a_pass(self, person: int) -> None:
        before = len(self.bench.recorder.decisions)
        self.bench.scan(PASSES[person])
        self.judge(before)

    @rule(seconds=st.sampled_from([0.1, 0.6, 1.6, 4.0]))
    def time_passes(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.bench.clock.advance(0.1)
            self.look()

    @precondition(lambda self: self.written < len(self.bench.recorder.decisions))
    @rule()
    def a_decision_becomes_durable(self) -> None:
        visit, decision, _ = self.bench.recorder.decisions[self.written]
        self.written += 1
        event = EventId(f"gate-1/log/{self.written}")
        if decision.answer is Answer.ADMIT:
            self.durable.append(event)
        self.bench.give(Recorded(visit, decision, event, self.bench.clock.now, self.bench.recorder.spends[self.written - 1]))

    @precondition(lambda self: self.opened < len(self.bench.gate.opened))
    @rule()
    def the_line_becomes_active(self) -> None:
        event = self.bench.gate.opened[self.opened]
        self.opened += 1
        self.on_the_way.append(event)
        self.bench.give(GateOpened(event, self.bench.clock.now))

    @precondition(lambda self: self.on_the_way)
    @rule(passed=st.booleans())
    def the_first_on_the_way_is_through_or_is_not(self, passed: bool) -> None:
        event = self.on_the_way.pop(0)
        if passed:
            self.bench.give(Passed(event, self.bench.clock.now))
        self.bench.give(GateClosed(event, passed, Monotonic(self.bench.clock.now)))

    @invariant()
    def every_opening_has_its_own_durable_admission(self) -> None:
        opened = self.bench.gate.opened
        assert len(set(opened)) == len(opened)
        assert set(opened) <= set(self.durable)

    @invariant()
    def no_admission_ends_twice(self) -> None:
        ended = [effect.admission for effect, _ in self.bench.recorder.outcomes]
        assert len(set(ended)) == len(ended)

    def teardown(self) -> None:
        """Left alone, every admission ends."""
        while self.written < len(self.bench.recorder.decisions):
            self.a_decision_becomes_durable()
        for _ in range(3):
            self.bench.clock.advance(80.0)
            self.bench.runtime.tick()
        ended = {effect.admission for effect, _ in self.bench.recorder.outcomes}
        assert ended == set(self.durable)


TestAnyPeople = AnyPeople.TestCase
TestAnyPeople.settings = settings(max_examples=examples(1.2), stateful_step_count=40, deadline=None)
