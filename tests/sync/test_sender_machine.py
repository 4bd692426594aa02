"""Whatever the network drops or doubles and however often the server is restored: the copies become the log."""

from contextlib import ExitStack
from copy import deepcopy
from enum import Enum, auto
from itertools import chain
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kiosk.events import Event
from tests.examples import examples
from tests.sync.logs import current, held, opened, verified
from tests.sync.servers import BROKEN, Reply, Request, Site, turns


class Fate(Enum):
    """What becomes of a request."""

    WELL = auto()
    DROPPED = auto()
    ANSWER_LOST = auto()
    DOUBLED = auto()
    FAILED = auto()
    NONSENSE = auto()
    REFUSED = auto()


ANSWERS: dict[Fate, Reply | Exception] = {
    Fate.DROPPED: BROKEN,
    Fate.ANSWER_LOST: BROKEN,
    Fate.FAILED: Reply(503),
    Fate.NONSENSE: Reply(200, b"<html></html>"),
    Fate.REFUSED: Reply(422),
}
network = st.lists(st.sampled_from([Fate.WELL, *Fate]), max_size=6)


class Sending(RuleBasedStateMachine):
    """A kiosk, a server and what lies between; the model is the kiosk's own log."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        self.path = self.folder / "log.sqlite"
        self.closing = ExitStack()
        self.backup: dict[str, list[Event]] = {}
        self.fates: list[Fate] = []

    @initialize(batch=st.sampled_from([1, 2, 3, 200]), takes=st.none() | st.integers(1, 3))
    def begin(self, batch: int, takes: int | None) -> None:
        self.batch = batch
        self.site = Site(self.path, self.closing.enter_context(opened(self.path)))
        self.site.server.takes = takes
        self.site.interfere = self._fate
        self.site.sender = self.site.new_sender(batch)

    @rule(count=st.integers(1, 4))
    def visitors_come(self, count: int) -> None:
        self.site.append(count)

    @rule()
    def a_new_log_begins(self) -> None:
        self.site.log.begin_new("fork", after=current(self.site.log))

    @rule(fates=network, count=st.integers(1, 3))
    def the_sender_turns(self, fates: list[Fate], count: int) -> None:
        self.fates = list(fates)
        turns(self.site.sender, count)

    @rule()
    def the_kiosk_restarts(self) -> None:
        self.closing.close()
        self.site.log = self.closing.enter_context(opened(self.path))
        self.site.sender = self.site.new_sender(self.batch)

    @rule()
    def the_server_is_backed_up(self) -> None:
        self.backup = deepcopy(self.site.server.logs)

    @rule()
    def the_server_is_restored(self) -> None:
        self.site.server.logs = deepcopy(self.backup)

    @invariant()
    def the_servers_copies_are_beginnings_of_the_logs(self) -> None:
        if not hasattr(self, "site"):
            return
        ours = held(self.path)
        for log_id, copy in self.site.server.logs.items():
            assert copy == ours[log_id][: len(copy)]
        assert self.site.server.aside == {}

    def teardown(self) -> None:
        if hasattr(self, "site"):
            self.fates = []
            # A server that forgot shows it when the next event reaches it.
            self.site.append(1)
            turns(self.site.sender, 2)
            ours = held(self.path)
            assert self.site.server.logs == ours
            assert self.site.log.unacknowledged() == 0
            for log in ours.values():
                verified(log)
            sent = list(chain.from_iterable(self.site.server.logs.values()))
            assert len({event.id for event in sent}) == len(sent)
        self.closing.close()
        rmtree(self.folder)

    def _fate(self, request: Request) -> Reply | Exception | None:
        fate = self.fates.pop(0) if self.fates else Fate.WELL
        if fate in (Fate.ANSWER_LOST, Fate.DOUBLED):
            self.site.server.answer(request)
        return ANSWERS.get(fate)


Sending.TestCase.settings = settings(max_examples=examples(0.6), stateful_step_count=30)
TestSending = Sending.TestCase
