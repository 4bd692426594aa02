"""What the log has returned an id for is there afterwards, whatever happened to the process or the disk."""

import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable
from kiosk.model import EventId, GateOutcome
from sync import log_file
from sync.log import SqliteLog
from sync.log_file import open_log_file
from tests.captured_lines import capture_logs
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, LogClock, acknowledge_all, current, held, note, opened, verified

ROOT = Path(__file__).parents[2]
WAIT_S = 10.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def killed_while_appending(path: Path, chance: random.Random) -> list[tuple[str, bool]]:
    """Let a process append and kill it at some moment; the ids that it reported, and whether each was an admission."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sync.appending", path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        watchdog = threading.Timer(WAIT_S, process.kill)
        watchdog.start()
        reported = [process.stdout.readline() for _ in range(chance.randrange(150))]
        # Not to wait for anything: the kill shall not come at one and the same point of an append.
        threading.Event().wait(chance.random() * 0.005)
        process.send_signal(signal.SIGKILL)
        reported += process.stdout.readlines()
        watchdog.cancel()
        complaint = process.stderr.read()
    assert process.returncode == -signal.SIGKILL, complaint
    assert complaint == ""
    return [(line.split()[0], line.split()[1] == "admitted") for line in reported if line.endswith("\n")]


@pytest.mark.parametrize("seed", range(4))
def test_every_id_that_was_returned_survives_a_kill_and_no_more_than_one_besides(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    first = killed_while_appending(path, chance)
    second = killed_while_appending(path, chance)
    reported = first + second
    with opened(path) as log:
        assert (log.set_aside, log.fault) == (None, None)
        (chain,) = held(path).values()
        assert verified(chain) == log.head()
        ids: list[str] = [event.id for event in chain[1:]]
        # What was cut short at the end of a run may be there or not; what was reported is, and in order.
        assert [one for one in ids if one in dict(reported)] == [one for one, _ in reported]
        unreported = [number for number, one in enumerate(ids) if one not in dict(reported)]
        assert set(unreported) <= {len(first), len(ids) - 1}
        open_ids = {admission.event for admission in log.unresolved()}
        assert open_ids >= {one for one, admitted in reported if admitted}
        # The log goes on: what was left behind is settled, and everything can be sent.
        for admission in log.unresolved():
            log.record_outcome(admission.event, GateOutcome.UNKNOWN, note(0))
        acknowledge_all(log)
        assert (list(log.unresolved()), log.unacknowledged()) == ([], 0)


def test_a_commit_is_on_the_disk_before_it_returns(path: Path) -> None:
    with closing(open_log_file(path)) as writer:
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert writer.execute("PRAGMA synchronous").fetchone() == (2,), "FULL: the write-ahead log is synced at every commit"


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """A disk that is full, for this process: no file grows beyond `size` bytes. Holds for root as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_slow_disk_is_waited_for_with_each_commit_that_must_be_on_it_and_with_no_other(path: Path) -> None:
    ended: list[str] = []

    @contextmanager
    def fsync() -> Iterator[None]:
        yield
        ended.append("fsync")

    log = SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock(), fsync=fsync)
    with closing(log):
        assert ended == ["fsync"]
        event = log.append(note(1), visit="v", decision=ADMIT)
        log.record_outcome(event, GateOutcome.PASSED, note(2))
        assert ended == ["fsync"] * 3
        acknowledge_all(log)
        log.prune()
        assert ended == ["fsync"] * 3


def test_a_full_disk_costs_nothing_that_was_recorded_and_ends_with_it(path: Path) -> None:
    with capture_logs() as logged, opened(path) as log:
        ids: list[EventId] = []
        failed = 0
        with no_file_larger_than(300_000):
            # The first failures free some room, for the write-ahead log is copied back.
            while failed < 10:
                try:
                    ids.append(log.append(note(len(ids), padding="x" * 3000), visit="v", decision=ADMIT))
                except LogUnusable:
                    failed += 1
            assert log.fault is not None
            # What is there can still be read, and be sent.
            assert [admission.event for admission in log.unresolved()] == ids
            pending = log.pending(1000)
            assert pending is not None
            assert [event.id for event in pending.events[1:]] == ids
        ids.append(log.append(note(-1), visit="v", decision=ADMIT))
        assert log.set_aside is None
        assert [admission.event for admission in log.unresolved()] == ids
        (chain,) = held(path).values()
        assert verified(chain) == log.head()
        assert [event.id for event in chain[1:]] == ids
    assert len(ids) > 50
    # The edges are the core's to log.
    assert logged == []


def test_a_disk_too_full_to_begin_anew_forgets_neither_the_file_set_aside_nor_its_name(path: Path) -> None:
    with opened(path) as log:
        log.append(note(1), visit="v")
        old = current(log)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 100)
    damaged = path.read_bytes()
    with capture_logs() as logged, ExitStack() as stack:
        # As much as SQLite's index of a write-ahead log takes: the damage is found, but nothing can be begun.
        with no_file_larger_than(32768):
            log = stack.enter_context(opened(path))
            assert log.fault is not None
        assert log.append(note(2), visit="v")
        assert log.set_aside is not None
        assert (log.set_aside.log_id, log.set_aside.path.read_bytes()) == (old, damaged)
        opening = held(path)[current(log)][0].fields
        assert (opening["reason"], opening["predecessor"]) == ("set_aside", old)
    # What was in the old file is taken over as soon as there is room for it.
    assert [entry["event"] for entry in logged] == ["log set aside", "log salvaged"]


def occupied(path: Path) -> Path:
    path.mkdir()
    return path


def below_a_file(path: Path) -> Path:
    path.write_text("a file")
    return path / "log.sqlite"


def no_room_for_its_write_ahead_log(path: Path) -> Path:
    with opened(path) as log:
        log.append(note(1), visit="v")
    path.with_name(f"{path.name}-wal").mkdir()
    return path


# Each holds for root, whom no permission bit stops.
OBSTACLES: dict[str, Callable[[Path], Path]] = {
    "a directory in place of the file": occupied,
    "a file in place of the directory": below_a_file,
    "a directory in place of the write-ahead log": no_room_for_its_write_ahead_log,
    "a file system that takes no files": lambda _: Path("/proc/gatepost/log.sqlite"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_a_file_that_cannot_be_reached_is_a_fault_and_not_set_aside(path: Path, obstacle: str) -> None:
    place = OBSTACLES[obstacle](path)
    before = sorted(path.parent.iterdir())
    with opened(place) as log:
        assert log.fault is not None
        assert str(place) in log.fault
        with pytest.raises(LogUnusable):
            log.append(note(1), visit="v", decision=ADMIT)
        assert log.set_aside is None
    assert sorted(path.parent.iterdir()) == before


def test_a_log_is_used_as_soon_as_the_obstacle_is_gone(path: Path) -> None:
    no_room_for_its_write_ahead_log(path)
    with opened(path) as log:
        assert log.fault is not None
        path.with_name(f"{path.name}-wal").rmdir()
        assert log.append(note(2), visit="v").endswith("/3")
        assert log.fault is None


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    held.execute(statement)
print("held", flush=True)
sys.stdin.read()
held.commit()
held.close()
"""


@contextmanager
def held_by_another_process(path: Path, *statements: str, killed: bool = True) -> Iterator[None]:
    """Another process carries out the statements and stays; in the end it is killed, or commits and closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, *statements], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield
        finally:
            if killed:
                process.kill()
            process.communicate()


def test_a_process_that_reads_keeps_nobody_from_opening_the_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "BUSY_TIMEOUT_S", 0.05)
    with opened(path) as log:
        log.append(note(1), visit="v")
        with held_by_another_process(path, "BEGIN", "SELECT * FROM event"):
            for number in range(50):
                log.append(note(number, padding="x" * 2000), visit="v")
            with opened(path) as late:
                assert (late.set_aside, late.fault, late.head()) == (None, None, log.head())
                assert late.append(note(2), visit="v").endswith("/53")


def test_a_file_that_another_process_has_for_itself_is_no_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "BUSY_TIMEOUT_S", 0.05)
    with opened(path) as log:
        old = current(log)
    with ExitStack() as stack:
        with held_by_another_process(path, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"):
            log = stack.enter_context(opened(path))
            assert log.fault is not None
            assert log.set_aside is None
        assert log.append(note(1), visit="v").split("/")[1] == old


def test_a_lock_that_another_process_holds_is_waited_for_then_a_fault_and_never_damage(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "BUSY_TIMEOUT_S", 0.05)
    with opened(path) as log:
        log.append(note(1), visit="v")
        with held_by_another_process(path, "BEGIN EXCLUSIVE"):
            for _ in range(2):
                with pytest.raises(LogUnusable, match="locked"):
                    log.append(note(2), visit="v")
            with opened(path) as late:
                assert late.fault is not None
                assert late.set_aside is None
        # The process was killed: its lock died with it.
        assert log.append(note(3), visit="v").endswith("/3")
        assert (log.set_aside, log.fault) == (None, None)
    (chain,) = held(path).values()
    assert [event.fields.get("number") for event in chain] == [None, 1, 3]
