"""Whatever is lost, doubled, late, restored or dies, and wherever: the server's logs become the kiosk's, nothing twice."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.captured_lines import capture_logs
from tests.examples import examples
from tests.sync.both_ends import BothEnds, DiesAt, Fate, Key, chained
from tests.sync.logs import DAY_S


@pytest.fixture
def quiet() -> Iterator[None]:
    with capture_logs():
        yield


fates = st.lists(st.sampled_from([Fate.WELL, *Fate]), max_size=5)


class Replicating(RuleBasedStateMachine):
    """A kiosk whose card is never an old one: the server's logs are beginnings of its logs at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: BothEnds | None = None
        self.backups: list[Path] = []
        self.recorded: set[Key] = set()
        self.lost: set[Key] = set()

    @property
    def on(self) -> BothEnds:
        assert self.ends is not None
        return self.ends

    @initialize(batch=st.sampled_from([1, 2, 3, 200]))
    def begin(self, batch: int) -> None:
        self.ends = BothEnds(batch)

    @rule(count=st.integers(1, 4), dies=st.sampled_from(DiesAt))
    def people_come(self, count: int, dies: DiesAt) -> None:
        with capture_logs():
            self.on.record(count, dies)

    @rule(coming=fates, count=st.integers(1, 3))
    def the_sender_turns(self, coming: list[Fate], count: int) -> None:
        self.on.fates = list(coming)
        with capture_logs():
            self.on.send(count)

    @precondition(lambda self: self.on.late)
    @rule(data=st.data())
    def a_late_request_arrives(self, data: st.DataObject) -> None:
        # It stays with whoever repeats it.
        self.on.arrives(data.draw(st.sampled_from(self.on.late)))

    @rule()
    def the_kiosk_restarts(self) -> None:
        self.on.restart_kiosk()

    @rule(count=st.integers(1, 5))
    def the_power_fails_and_acknowledgements_are_forgotten(self, count: int) -> None:
        self.on.forget_acknowledgements(count)

    @rule()
    def the_kiosks_file_is_set_aside(self) -> None:
        with capture_logs():
            self.on.spoil()

    @rule()
    def the_server_restarts(self) -> None:
        self.on.restart_server()

    @rule()
    def the_server_is_backed_up(self) -> None:
        self.backups.append(self.on.backup())

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def the_server_is_restored(self, data: st.DataObject) -> None:
        self.on.server_goes_on(data.draw(st.sampled_from(self.backups)))
        self._something_was_lost()

    @rule()
    def a_fortnight_goes_by(self) -> None:
        """Backups that are older are of no use: kiosks keep no longer what they have sent."""
        with capture_logs():
            self.on.record(1)
            self.on.send(3)
            self.backups.clear()
            self.on.late.clear()
            self.on.clock.advance(15 * DAY_S)
            self.on.send(2)

    @precondition(lambda self: self.ends is not None)
    @invariant()
    def the_servers_logs_are_whole_and_hold_nothing_twice(self) -> None:
        self.recorded |= self.on.at_the_kiosk()
        found = self.on.at_the_server()
        assert set(found.values()) <= {1}
        assert found.keys() <= self.recorded
        for log_id, events in self.on.server_holds(aside=False).items():
            assert chained(log_id, events)
        self.what_is_kept_aside()

    def what_is_kept_aside(self) -> None:
        # A log of which there is one branch has, at the server, none.
        assert self.on.server_holds(aside=True) == {}

    def teardown(self) -> None:
        if self.ends is None:
            return
        with capture_logs():
            self._ends_well()
        self.on.close()

    def _ends_well(self) -> None:
        self.on.fates.clear()
        for request in reversed(self.on.late):
            self.on.arrives(request)
        for _ in range(2):
            # A server that forgot shows it when the next event reaches it.
            self.on.record(1)
            self.on.send(6)
        self.the_servers_logs_are_whole_and_hold_nothing_twice()
        assert self.on.log.unacknowledged() == 0
        there = set(self.on.at_the_server())
        assert self.on.at_the_kiosk() <= there
        assert self.recorded - self.lost <= there
        current = self.on.log.head().log_id
        ours = self.on.kiosk_holds()[current]
        theirs = [event.hash for _, event in self.on.server_holds(aside=False)[current]]
        assert theirs[-len(ours) :] == [event.hash for event in ours]

    def _something_was_lost(self) -> None:
        """What neither end has any longer is gone; the other end makes everything else good."""
        self.lost |= self.recorded - self.on.at_the_kiosk() - set(self.on.at_the_server())


class Forking(Replicating):
    """Also, the kiosk's card is exchanged for an older copy of itself: its logs fork, and no branch is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[Path] = []

    @rule()
    def the_card_is_copied(self) -> None:
        self.images.append(self.on.image())

    @precondition(lambda self: self.images)
    @rule(data=st.data())
    def the_card_is_exchanged_for_a_copy(self, data: st.DataObject) -> None:
        self.recorded |= self.on.at_the_kiosk()
        self.on.kiosk_goes_on(data.draw(st.sampled_from(self.images)))
        self._something_was_lost()

    def what_is_kept_aside(self) -> None:
        for log_id, events in self.on.server_holds(aside=True).items():
            known = {event.hash for _, event in self.on.server_holds(aside=False)[log_id]} | {one.hash for _, one in events}
            assert all(event.prev_hash in known for seq, event in events if seq > 1)


FEW = settings(max_examples=examples(0.2), stateful_step_count=25, deadline=None)
Replicating.TestCase.settings = FEW
Forking.TestCase.settings = FEW
TestReplicating = Replicating.TestCase
TestForking = Forking.TestCase


def test_a_branch_that_a_restored_server_forgot_is_there_again(quiet: None) -> None:
    with closing(BothEnds(200)) as ends:
        ends.record(2)
        ends.send()
        image = ends.image()
        ends.record(2)
        ends.send()
        ends.kiosk_goes_on(image)
        backup = ends.backup()
        ends.record(2)
        ends.send(3)
        assert [len(events) for events in ends.server_holds(aside=True).values()] == [2]
        ends.server_goes_on(backup)
        assert ends.server_holds(aside=True) == {}
        ends.record(1)
        ends.send(3)
        assert ends.at_the_kiosk() <= set(ends.at_the_server())
        assert ends.log.unacknowledged() == 0
