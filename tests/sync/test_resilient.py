"""A kiosk whose disk fails goes on with its server, and when the disk is back nothing is lost and nothing is there twice."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable, Unacknowledged
from kiosk.model import GateOutcome
from kiosk.spent import AlreadySpent
from sync import log_file
from sync.chain import Carried
from sync.log import SqliteLog
from tests.captured_lines import Captured, capture_logs
from tests.sync.logs import ADMIT, held, note, opened, verified
from tests.sync.resilience import SPEND, WAIT_S, Kiosk
from tests.sync.servers import BROKEN, Reply, Request
from tests.sync.test_log_adopting import Lying
from tests.sync.test_log_durability import held_by_another_process, no_file_larger_than
from tests.sync.test_log_file import cut, written


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Captured]]:
    """A line that is printed would meet the full disk as well."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def kiosk(path: Path) -> Iterator[Kiosk]:
    with closing(Kiosk(path)) as built:
        yield built
        built.full = False


def test_while_the_disk_is_well_the_server_is_not_asked(kiosk: Kiosk) -> None:
    event = kiosk.decide(1)
    assert held(kiosk.path)[event.split("/")[1]][-1].id == event
    assert (kiosk.transport.requests, kiosk.health) == ([], [])


def test_a_full_disk_is_told_once_and_the_server_vouches_in_its_place(kiosk: Kiosk) -> None:
    first = kiosk.decide(1)
    kiosk.full = True
    events = [kiosk.decide(2), kiosk.decide(3)]
    (standby,) = kiosk.server.logs.values()
    assert [event.id for event in standby[1:]] == events
    assert standby[0].fields["predecessor"] == first.split("/")[1]
    assert kiosk.health == [False]


def test_when_the_disk_is_back_it_takes_everything_over_and_is_the_log_again(kiosk: Kiosk) -> None:
    kiosk.decide(1)
    kiosk.full = True
    admission = kiosk.decide(2)
    kiosk.log.record_outcome(admission, GateOutcome.PASSED, note(3))
    left_open = kiosk.decide(4)
    assert not kiosk.mend()
    kiosk.full = False
    assert kiosk.mend()
    assert kiosk.health == [False, True]
    assert kiosk.standby.carried() is None
    # Later events go on in the same log, and the sender with them.
    last = kiosk.decide(5)
    assert last.split("/")[1] == left_open.split("/")[1]
    assert left_open in [one.event for one in kiosk.log.unresolved()]
    assert admission not in [one.event for one in kiosk.log.unresolved()]
    kiosk.send()
    assert kiosk.server.logs == {log_id: held(kiosk.path)[log_id] for log_id in kiosk.server.logs}
    assert sorted(kiosk.arrived()) == sorted(event.id for chain in held(kiosk.path).values() for event in chain)
    assert (kiosk.server.aside, kiosk.log.unacknowledged()) == ({}, 0)
    for chain in held(kiosk.path).values():
        verified(chain)


def test_with_neither_disk_nor_server_nothing_is_vouched_for_and_the_event_is_kept(kiosk: Kiosk) -> None:
    kiosk.full = True
    kiosk.server_away()
    with pytest.raises(Unacknowledged) as refused:
        kiosk.decide(1)
    assert kiosk.arrived() == []
    kiosk.server_away(False)
    kiosk.full = False
    assert kiosk.mend()
    kiosk.send()
    assert kiosk.arrived().count(refused.value.event) == 1  # type: ignore[arg-type]
    assert [one.event for one in kiosk.log.unresolved()] == [refused.value.event]


def test_the_disk_is_not_tried_on_a_visitors_account(kiosk: Kiosk) -> None:
    kiosk.full = True
    kiosk.decide(1)
    kiosk.full = False
    before = held(kiosk.path)
    kiosk.decide(2)
    assert held(kiosk.path) == before
    assert len(kiosk.arrived()) == 3


def test_the_disk_is_tried_again_in_time_by_itself(path: Path) -> None:
    back = threading.Event()
    with closing(Kiosk(path, try_every_s=0.01, on_health=lambda well, _: back.set() if well else None)) as kiosk:
        kiosk.full = True
        kiosk.decide(1)
        assert back.wait(WAIT_S)
        kiosk.full = False
        kiosk.decide(2)
        assert [len(chain) for chain in held(path).values()][-1] == 3


class TestASingleUse:
    def test_made_while_the_disk_is_full_is_made(self, kiosk: Kiosk) -> None:
        kiosk.full = True
        kiosk.decide(1, SPEND)
        with pytest.raises(AlreadySpent):
            kiosk.decide(2, SPEND)
        kiosk.full = False
        assert kiosk.mend()
        with pytest.raises(AlreadySpent):
            kiosk.decide(3, SPEND)
        assert list(kiosk.log.spent()) == ["mark"]

    def test_made_before_the_disk_failed_is_made(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v", decision=ADMIT, spends=SPEND)
        with closing(Kiosk(path)) as kiosk:
            kiosk.full = True
            with pytest.raises(AlreadySpent):
                kiosk.decide(2, SPEND)

    def test_just_made_on_the_disk_is_made_or_given_back_without_it(self, kiosk: Kiosk) -> None:
        admission = kiosk.decide(1, SPEND)
        kiosk.full = True
        with pytest.raises(AlreadySpent):
            kiosk.decide(2, SPEND)
        with kiosk.with_its_disk():
            kiosk.log.record_outcome(admission, GateOutcome.NOT_PASSED, note(3), gives_back=True)
        again = kiosk.decide(4, SPEND)
        kiosk.full = False
        assert kiosk.mend()
        assert [one.event for one in kiosk.log.unresolved()] == [again]
        assert list(kiosk.log.spent()) == ["mark"]

    def test_that_nobody_vouched_for_is_made_until_its_outcome_gives_it_back(self, kiosk: Kiosk) -> None:
        kiosk.full = True
        kiosk.server_away()
        with pytest.raises(Unacknowledged) as refused:
            kiosk.decide(1, SPEND)
        admission = refused.value.event
        assert admission is not None
        with pytest.raises(AlreadySpent):
            kiosk.decide(2, SPEND)
        kiosk.log.record_outcome(admission, GateOutcome.NOT_OPENED, note(3), gives_back=True)
        kiosk.server_away(False)
        assert kiosk.decide(4, SPEND)

    def test_is_not_vouched_for_while_nobody_knows_which_were_made(self, path: Path) -> None:
        with opened(path) as log:
            log.append(note(1), visit="v", decision=ADMIT, spends=SPEND)
        path.rename(path.with_suffix(".away"))
        path.mkdir()
        with closing(Kiosk(path)) as kiosk:
            with pytest.raises(Unacknowledged) as refused:
                kiosk.decide(2, SPEND)
            assert refused.value.event is None
            assert kiosk.decide(3)
            assert len(kiosk.arrived()) == 2
            path.rmdir()
            path.with_suffix(".away").rename(path)
            assert kiosk.mend()
            with pytest.raises(AlreadySpent):
                kiosk.decide(4, SPEND)


class TestADiskThatCannotBeReadAtTheStart:
    def test_is_told_and_the_past_is_not_known_until_it_is_back(self, path: Path) -> None:
        with opened(path) as log:
            left_open = log.append(note(1), visit="v", decision=ADMIT)
        path.rename(path.with_suffix(".away"))
        path.mkdir()
        with closing(Kiosk(path)) as kiosk:
            assert kiosk.health == [False]
            for question in (kiosk.log.unresolved, kiosk.log.spent):
                with pytest.raises(LogUnusable):
                    question()
            admission = kiosk.decide(2)
            (standby,) = kiosk.server.logs.values()
            assert standby[0].fields["predecessor"] is None
            path.rmdir()
            path.with_suffix(".away").rename(path)
            assert kiosk.mend()
            assert [one.event for one in kiosk.log.unresolved()] == [left_open, admission]

    def test_but_was_set_aside_names_the_log_that_it_held(self, path: Path) -> None:
        old = written(path)
        cut(path, path.stat().st_size - 100)
        # As much as SQLite's index of a write-ahead log takes: the damage is found, but nothing can be begun.
        with no_file_larger_than(32768):
            kiosk = Kiosk(path)
        with closing(kiosk):
            kiosk.decide(1)
            (standby,) = kiosk.server.logs.values()
            assert standby[0].fields["predecessor"] == old
            assert kiosk.mend()
            assert list(held(path))[-1] == standby[0].fields["log_id"]


def test_a_file_that_another_process_holds_costs_one_visitor_its_patience(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "BUSY_TIMEOUT_S", 0.05)
    with closing(Kiosk(path)) as kiosk:
        kiosk.decide(1)
        with held_by_another_process(path, "BEGIN IMMEDIATE"):
            kiosk.decide(2)
            # From here on nobody waits for the file but whoever tries it again.
            monkeypatch.setattr(log_file, "BUSY_TIMEOUT_S", WAIT_S)
            kiosk.decide(3)
        assert kiosk.mend()
        assert len(held(path)) == 2


class Hanging(SqliteLog):
    """A disk whose next adoption hangs until it is released."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        self.hangs = threading.Event()
        self.released = threading.Event()
        super().__init__(*arguments, **settings)  # type: ignore[arg-type]

    def adopt(self, carried: Carried) -> None:
        self.hangs.set()
        self.released.wait(WAIT_S)
        super().adopt(carried)


def test_a_disk_that_hangs_holds_up_nobody_but_whoever_tries_it(path: Path) -> None:
    with closing(Kiosk(path, Hanging)) as kiosk:
        assert isinstance(kiosk.disk, Hanging)
        kiosk.full = True
        kiosk.decide(1)
        kiosk.full = False
        repair = threading.Thread(target=kiosk.mend)
        repair.start()
        assert kiosk.disk.hangs.wait(WAIT_S)
        kiosk.decide(2)
        assert not kiosk.disk.released.is_set()
        kiosk.disk.released.set()
        repair.join(WAIT_S)
        # What came meanwhile is taken over as well.
        assert [len(chain) for chain in held(path).values()] == [1, 3]
        assert kiosk.health == [False, True]


def test_a_disk_that_says_wrongly_that_it_failed_doubles_nothing(path: Path) -> None:
    with closing(Kiosk(path, Lying)) as kiosk:
        assert isinstance(kiosk.disk, Lying)
        kiosk.disk.lies = True
        admission = kiosk.decide(1, SPEND)
        assert kiosk.mend()
        assert [one.event for one in kiosk.log.unresolved()] == [admission]
        assert [event.fields.get("number") for chain in held(path).values() for event in chain] == [None, None, 1]
        kiosk.disk.lies = True
        kiosk.decide(2)
        kiosk.disk.lies = True
        assert not kiosk.mend()
        kiosk.decide(3)
        assert kiosk.mend()
        kiosk.send()
        assert sorted(kiosk.arrived()) == sorted(event.id for chain in held(path).values() for event in chain)


def test_repeats_of_the_sender_and_of_the_standby_log_become_no_fork(kiosk: Kiosk) -> None:
    kiosk.full = True

    def lose_answer(request: Request) -> Reply | Exception:
        kiosk.server.answer(request)
        return BROKEN

    kiosk.interfere = lose_answer
    with pytest.raises(Unacknowledged):
        kiosk.decide(1)
    kiosk.interfere = lambda _: None
    kiosk.full = False
    # The server has it all; neither the file nor the memory knows.
    assert kiosk.mend()
    kiosk.send()
    assert (kiosk.server.aside, kiosk.log.unacknowledged()) == ({}, 0)
    assert len(set(kiosk.arrived())) == len(kiosk.arrived())


def test_each_failure_begins_a_log_that_names_the_one_before(kiosk: Kiosk) -> None:
    for number in range(3):
        kiosk.full = True
        kiosk.decide(number)
        kiosk.full = False
        assert kiosk.mend()
    found = list(held(kiosk.path).items())
    assert [chain[0].fields["predecessor"] for _, chain in found] == [None, *(log_id for log_id, _ in found[:-1])]
    assert kiosk.health == [False, True] * 3


class TestClosing:
    def test_brings_to_the_server_what_only_the_memory_holds(self, path: Path, logged: list[Captured]) -> None:
        kiosk = Kiosk(path)
        kiosk.full = True
        kiosk.server_away()
        kiosk.note(1)
        kiosk.server_away(False)
        kiosk.close()
        kiosk.close()
        assert len(kiosk.arrived()) == 2
        assert "events lost with memory" not in [line["event"] for line in logged]

    def test_says_how_much_nobody_took(self, path: Path, logged: list[Captured]) -> None:
        kiosk = Kiosk(path)
        kiosk.full = True
        kiosk.server_away()
        kiosk.note(1)
        kiosk.close()
        assert logged[-1]["event"] == "events lost with memory"
        assert logged[-1]["events"] == 2

    def test_lets_go_of_a_well_disk(self, path: Path) -> None:
        kiosk = Kiosk(path)
        kiosk.decide(1)
        kiosk.close()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM event").fetchone() == (2,)
        with pytest.raises(LogUnusable):
            kiosk.decide(2)
