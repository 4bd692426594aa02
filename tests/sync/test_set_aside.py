"""A log file that cannot be written, or that another process keeps for itself, is set aside too, or left as it is."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from kiosk.errors import LogUnusable
from sync import log_file
from sync.log import OCCUPIED_FOR_S
from tests.sync.logs import ADMIT, LogClock, current, held, note, opened
from tests.sync.test_log_durability import held_by_another_process
from tests.sync.test_log_file import left_by_a_crash

NOBODY = 65534
EXCLUSIVE = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")


@pytest.fixture
def path() -> Iterator[Path]:
    """A log in a folder that an account without privileges may enter and write to."""
    folder = Path(mkdtemp(prefix="gatepost-", dir="/tmp"))
    folder.chmod(0o777)
    yield folder / "log.sqlite"
    rmtree(folder)


@contextmanager
def without_privileges() -> Iterator[None]:
    """This thread's access to files is that of nobody: permission bits count, which do not stop root."""
    libc = ctypes.CDLL(None)
    before = libc.setfsuid(NOBODY)
    try:
        yield
    finally:
        libc.setfsuid(before)


def written(path: Path) -> str:
    """A good log, closed; its id."""
    with opened(path) as log:
        log.append(note(1), visit="v")
        return current(log)


class TestAFileForReadingOnly:
    def test_is_set_aside_as_it_is_and_its_log_goes_on_in_a_new_file(self, path: Path) -> None:
        old = written(path)
        before, chain = path.read_bytes(), held(path)[old]
        path.chmod(0o444)
        with without_privileges(), opened(path) as log:
            assert log.fault is None
            assert log.set_aside is not None
            assert (log.set_aside.log_id, log.set_aside.path.read_bytes()) == (old, before)
            assert "readonly" in log.set_aside.reason
            log.append(note(2), visit="v", decision=ADMIT)
            new = current(log)
        assert list(held(path)) == [old, new]
        assert held(path)[old] == chain
        opening = held(path)[new][0].fields
        assert (opening["reason"], opening["predecessor"]) == ("set_aside", old)

    def test_in_a_folder_that_is_for_reading_only_too_is_a_fault_until_it_can_be_written(self, path: Path) -> None:
        old = written(path)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        with without_privileges(), opened(path) as log:
            assert log.fault is not None
            assert log.set_aside is None
            with pytest.raises(LogUnusable):
                log.append(note(2), visit="v", decision=ADMIT)
        assert [one.name for one in path.parent.iterdir()] == ["log.sqlite"]
        path.chmod(0o666)
        path.parent.chmod(0o777)
        with without_privileges(), opened(path) as log:
            assert log.append(note(2), visit="v", decision=ADMIT).split("/")[1] == old

    def test_gives_what_is_in_its_write_ahead_log_alone_as_well(self, path: Path) -> None:
        old = left_by_a_crash(path)
        path.chmod(0o444)
        with without_privileges(), opened(path) as log:
            assert log.set_aside is not None
            assert log.set_aside.log_id == old
        assert [event.fields["kind"] for event in held(path)[old]] == ["log_opened", "note"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that somebody else may not rename")
    def test_that_cannot_be_renamed_keeps_its_write_ahead_log(self, path: Path) -> None:
        old = left_by_a_crash(path)
        before = sorted(path.parent.iterdir())
        for part in before:
            os.chown(part, 0 if part == path else NOBODY, -1)
        # Whoever may write to a sticky folder can rename what is theirs, and not what is another's.
        path.chmod(0o444)
        path.parent.chmod(0o1777)
        with without_privileges(), opened(path) as log:
            assert log.fault is not None
            assert log.set_aside is None
        assert sorted(path.parent.iterdir()) == before
        path.chmod(0o666)
        # In a sticky folder the kernel may keep even root from another's file (fs.protected_regular).
        path.parent.chmod(0o777)
        with opened(path) as log:
            assert (current(log), log.head().next_seq) == (old, 3)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "BUSY_TIMEOUT_S", 0.05)


@pytest.mark.usefixtures("impatient")
class TestAFileThatAnotherProcessHolds:
    @pytest.mark.parametrize("hold", [("BEGIN IMMEDIATE",), EXCLUSIVE], ids=["to write", "for itself alone"])
    def test_is_waited_for_a_minute_and_then_gives_way_to_a_new_one(self, path: Path, hold: tuple[str, ...]) -> None:
        clock = LogClock()
        old = written(path)
        with held_by_another_process(path, *hold), opened(path, clock) as log:
            for _ in range(3):
                clock.advance(OCCUPIED_FOR_S / 4)
                with pytest.raises(LogUnusable, match="locked"):
                    log.append(note(2), visit="v")
                assert log.set_aside is None
            clock.advance(OCCUPIED_FOR_S / 4)
            assert log.append(note(2), visit="v")
            assert log.set_aside is not None
            assert log.set_aside.log_id == old
            new = current(log)
        # What the other process lets us read is taken over.
        assert list(held(path)) == ([old, new] if hold != EXCLUSIVE else [new])
        assert list(held(log.set_aside.path)) == [old]

    def test_and_lets_go_of_in_time_is_used(self, path: Path) -> None:
        clock = LogClock()
        old = written(path)
        with opened(path, clock) as log:
            for _ in range(3):
                with held_by_another_process(path, "BEGIN IMMEDIATE"), pytest.raises(LogUnusable, match="locked"):
                    log.append(note(2), visit="v")
                clock.advance(OCCUPIED_FOR_S * 0.9)
                assert log.append(note(3), visit="v").split("/")[1] == old
            assert log.set_aside is None

    def test_is_left_to_that_process_which_leaves_the_new_one_alone_when_it_ends(self, path: Path) -> None:
        clock = LogClock()
        written(path)
        with opened(path, clock) as log:
            with held_by_another_process(path, "BEGIN IMMEDIATE", "UPDATE log SET acknowledged = 3", killed=False):
                with pytest.raises(LogUnusable):
                    log.append(note(2), visit="v")
                with pytest.raises(LogUnusable):
                    log.append(note(2), visit="v")
                clock.advance(OCCUPIED_FOR_S)
                log.append(note(2), visit="v")
            log.append(note(3), visit="v")
            found = held(path)
            assert log.unacknowledged() == 2 + 3
        assert [[event.fields.get("number") for event in chain] for chain in found.values()] == [[None, 1], [None, 2, 3]]
