"""However disk and server fail and return: what was vouched for is there, and in the end everything is, once."""

from collections import Counter
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from kiosk.errors import Unacknowledged
from kiosk.model import EventId, GateOutcome
from kiosk.spent import AlreadySpent, Spend
from tests.captured_lines import capture_logs
from tests.examples import examples
from tests.sync.logs import LogClock, held, note, verified
from tests.sync.resilience import WAIT_S, Kiosk
from tests.sync.servers import BROKEN, Reply, Request
from tests.sync.test_log_adopting import Lying

ENDS = st.sampled_from([GateOutcome.PASSED, GateOutcome.NOT_PASSED, GateOutcome.NOT_OPENED])


class GoingOn(RuleBasedStateMachine):
    """A kiosk between a disk that takes nothing now and then, and a server that is away, or loses its answers."""

    admissions = Bundle("admissions")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        self.taken = 0
        self.numbers: list[int] = []
        self.vouched: list[EventId] = []
        self.uses: dict[EventId, str] = {}
        self.kiosk: Kiosk | None = None

    @initialize(readable=st.booleans())
    def begin(self, readable: bool) -> None:
        path = self.folder / "log.sqlite"
        if not readable:
            path.mkdir()
        with capture_logs():
            self.kiosk = Kiosk(path, Lying)
        self.known = readable

    @rule()
    def the_disk_can_be_read(self) -> None:
        if self.on.path.is_dir():
            self.on.path.rmdir()

    @rule(full=st.booleans())
    def the_disk_fills_or_is_freed(self, full: bool) -> None:
        self.on.full = full

    @rule()
    def the_disk_will_say_wrongly_that_it_failed(self) -> None:
        disk = self.on.disk
        assert isinstance(disk, Lying)
        disk.lies = True

    @rule()
    def the_server_is_well(self) -> None:
        self.on.interfere = lambda _: None

    @rule()
    def the_server_is_away(self) -> None:
        self.on.interfere = lambda _: BROKEN

    @rule()
    def the_servers_answers_are_lost(self) -> None:
        def lose(request: Request) -> Reply | Exception:
            self.on.server.answer(request)
            return BROKEN

        self.on.interfere = lose

    @rule(target=admissions, mark=st.none() | st.sampled_from("ab"))
    def a_visitor_is_admitted(self, mark: str | None) -> object:
        spends = None if mark is None else Spend(mark, LogClock().wall())
        self.taken += 1
        with capture_logs():
            try:
                event = self.on.decide(self.taken, spends)
            except AlreadySpent:
                assert mark in self.uses.values()
                return multiple()
            except Unacknowledged as error:
                if error.event is None:
                    assert spends is not None
                    return multiple()
                event = error.event
            else:
                self.vouched.append(event)
        self.numbers.append(self.taken)
        if mark is not None:
            assert mark not in self.uses.values()
            self.uses[event] = mark
        return event

    @rule()
    def something_else_is_recorded(self) -> None:
        self.taken += 1
        self.numbers.append(self.taken)
        with capture_logs():
            self.on.note(self.taken)

    @rule(admission=admissions, outcome=ENDS)
    def an_admission_ends(self, admission: EventId, outcome: GateOutcome) -> None:
        self.taken += 1
        self.numbers.append(self.taken)
        gives_back = outcome is not GateOutcome.PASSED
        with capture_logs(), self.on.with_its_disk():
            self.on.log.record_outcome(admission, outcome, note(self.taken), gives_back=gives_back)
            self.on.standby.flush(WAIT_S)
        if gives_back:
            self.uses.pop(admission, None)

    @rule()
    def the_disk_is_tried_again(self) -> None:
        with capture_logs():
            self.on.mend()

    @rule()
    def the_sender_turns(self) -> None:
        with capture_logs():
            self.on.send()

    @precondition(lambda self: self.kiosk is not None)
    @invariant()
    def what_was_vouched_for_is_on_the_disk_or_at_the_server(self) -> None:
        there = {event.id for chain in self.on.on_disk().values() for event in chain} | set(self.on.arrived())
        assert there.issuperset(self.vouched)

    @precondition(lambda self: self.kiosk is not None)
    @invariant()
    def the_servers_copies_are_beginnings_of_the_kiosks_logs(self) -> None:
        kept = self.on.kept()
        for log_id, copy in self.on.server.logs.items():
            assert copy == kept[log_id][: len(copy)]
        assert self.on.server.aside == {}

    @precondition(lambda self: self.kiosk is not None)
    @invariant()
    def losses_and_returns_are_told_in_turn(self) -> None:
        assert all(one is not other for one, other in zip(self.on.health, self.on.health[1:], strict=False))

    def teardown(self) -> None:
        if self.kiosk is not None:
            with capture_logs():
                self._ends_well()
            self.kiosk.close()
        rmtree(self.folder)

    def _ends_well(self) -> None:
        self.the_disk_can_be_read()
        self.on.full = False
        self.the_server_is_well()
        # A disk that lies once is believed once.
        assert self.on.mend() or self.on.mend()
        self.something_else_is_recorded()
        assert self.on.mend()
        self.on.send()
        ours = held(self.on.path)
        assert self.on.server.logs == ours
        assert self.on.log.unacknowledged() == 0
        for chain in ours.values():
            verified(chain)
        recorded = Counter(event.fields.get("number") for chain in ours.values() for event in chain)
        del recorded[None]
        assert recorded == Counter(self.numbers)
        assert sorted(self.on.log.spent()) == sorted(self.uses.values())

    @property
    def on(self) -> Kiosk:
        assert self.kiosk is not None
        return self.kiosk


GoingOn.TestCase.settings = settings(max_examples=examples(1), stateful_step_count=30, deadline=None)
TestGoingOn = GoingOn.TestCase
