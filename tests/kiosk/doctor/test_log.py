"""The log's examination: real logs, damaged as disks and hands damage them."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiosk.doctor import log as logs
from kiosk.doctor.findings import Finding, State
from kiosk.doctor.log import Gate
from kiosk.doctor.running import Answer, Running
from kiosk.events import Draft
from sync.log import SqliteLog
from tests.kiosk.fakes import FakeClock

GATE = Gate("riverside", "gate-1")
STOPPED, RUNNING = Running(), Running(Answer.RUNNING)
ROOMY_MB = 5000.0


def quick(_: Path, times: int) -> list[float]:
    return [1.0] * times


def examined(path: Path, met: Running = STOPPED, *, free_mb: float = ROOMY_MB, sync: Any = quick) -> Finding:
    (found,) = logs.examine(path, GATE, met, free=lambda _: free_mb, sync=sync)
    return found


def written(path: Path, events: int = 3, *, device: str = "gate-1") -> Path:
    """A log that was closed in order; it holds one event more, its opening."""
    with closing(SqliteLog(path, compound="riverside", device=device, clock=FakeClock())) as log:
        for number in range(events):
            log.append(Draft("note", {"number": number}), visit="")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def test_a_good_log_is_fit_and_counted(path: Path) -> None:
    found = examined(written(path))
    assert (found.state, found.advice) == (State.FIT, "")
    assert found.measured == {
        "free_mb": ROOMY_MB,
        "left_mb": 2147,
        "events": 4,
        "unacknowledged": 4,
        "verified": 4,
        "fsync_ms": 1.0,
        "fsync_max_ms": 1.0,
        "fsyncs": logs.FSYNCS,
    }


def test_a_log_is_read_while_a_kiosk_writes_it_and_its_disk_is_spared(path: Path) -> None:
    with closing(SqliteLog(path, compound="riverside", device="gate-1", clock=FakeClock())) as log:
        log.append(Draft("note", {}), visit="")
        found = examined(path, RUNNING)
        log.append(Draft("note", {}), visit="")
        assert examined(path, RUNNING).measured["events"] == 3
    assert (found.state, found.measured["events"]) == (State.FIT, 2)
    assert found.measured["fsyncs"] == logs.FSYNCS_BESIDE_A_KIOSK


def test_no_more_than_the_newest_events_are_followed(path: Path) -> None:
    found = examined(written(path, logs.VERIFIED + 20))
    assert (found.state, found.measured["verified"]) == (State.FIT, logs.VERIFIED)


def test_examining_leaves_everything_as_it_was(path: Path) -> None:
    written(path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    (found,) = logs.examine(path, GATE, STOPPED)
    assert found.measured["fsyncs"] >= 1
    assert found.measured["fsync_max_ms"] >= found.measured["fsync_ms"] > 0
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_log_that_is_not_there_yet_is_in_order_and_none_is_made(path: Path) -> None:
    found = examined(path.parent / "deep" / "down" / "log.sqlite")
    assert (found.state, found.in_order, found.advice) == (State.ABSENT, True, "")
    assert list(path.parent.iterdir()) == []


def test_an_empty_file_is_a_log_that_was_not_begun(path: Path) -> None:
    path.touch()
    assert examined(path).state is State.ABSENT
    path.with_name("log.sqlite-wal").write_bytes(b"what a log without its database leaves")
    assert examined(path).state is State.UNFIT


def test_what_a_crash_left_in_the_write_ahead_log_is_read_and_stays_there(path: Path) -> None:
    crashed = path.with_name("crashed.sqlite")
    with closing(SqliteLog(path, compound="riverside", device="gate-1", clock=FakeClock())) as log:
        log.append(Draft("note", {}), visit="")
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{crashed}{suffix}")
    wal = Path(f"{crashed}-wal").read_bytes()
    assert examined(crashed).measured["events"] == 2
    assert Path(f"{crashed}-wal").read_bytes() == wal


def test_a_log_that_is_gone_while_the_kiosk_runs_is_unfit(path: Path) -> None:
    found = examined(path, RUNNING)
    assert found.state is State.UNFIT
    assert "gone, though the kiosk runs" in found.detail
    assert str(path) in found.advice


def change(statement: str) -> Callable[[Path], object]:
    def changed(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(statement)

    return changed


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b"not a database at all, but long enough to be read as the head of one" * 9),
        lambda path: path.write_bytes(path.read_bytes()[:6000]),
        change("UPDATE event SET header = replace(header, '\"number\":1', '\"number\":7')"),
        change("UPDATE event SET hash = zeroblob(32) WHERE seq = 2"),
        change("DELETE FROM event WHERE seq = 3"),
        change("DELETE FROM event WHERE seq = 4"),
        change("DELETE FROM event"),
        change("UPDATE log SET head = zeroblob(32)"),
        change("DROP TABLE event"),
    ],
    ids=["rubbish", "cut-short", "altered", "rehashed", "gap", "end-cut", "no-events", "wrong-head", "no-table"],
)
def test_a_damaged_log_is_unfit_and_the_kiosk_will_set_it_aside(path: Path, harm: Callable[[Path], object]) -> None:
    harm(written(path))
    found = examined(path)
    assert found.state is State.UNFIT, found
    assert "damaged: " in found.detail
    assert "sets the file aside" in found.advice


def test_a_log_that_another_program_holds_locked_is_unfit(path: Path) -> None:
    written(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        found = examined(path)
    assert found.state is State.UNFIT
    assert "holds it locked" in found.detail
    assert "End that program" in found.advice


@pytest.mark.parametrize("there", [True, False], ids=["log", "no-log-yet"])
def test_a_nearly_full_disk_is_unfit(path: Path, there: bool) -> None:
    if there:
        written(path)
    found = examined(path, free_mb=12.0)
    assert found.state is State.UNFIT
    assert "12 MB free on its disk" in found.detail
    assert "Make room now" in found.advice


@pytest.mark.parametrize(
    ("taken", "state"),
    [([15.0, 15.0, 150.0], State.FIT), ([90.0, 95.0, 100.0], State.UNFIT), ([10.0, 10.0, 900.0], State.UNFIT)],
    ids=["as-budgeted", "always-slow", "once-very-slow"],
)
def test_a_slow_disk_is_unfit(path: Path, taken: list[float], state: State) -> None:
    found = examined(written(path), sync=lambda *_: taken)
    assert found.state is state
    assert found.measured["fsync_max_ms"] == max(taken)
    assert ("Exchange the card" in found.advice) is (state is State.UNFIT)


@pytest.mark.parametrize(
    ("error", "state"),
    [(PermissionError(13, "Permission denied"), State.UNKNOWN), (OSError(30, "Read-only file system"), State.UNFIT)],
    ids=["another-account", "read-only"],
)
def test_a_folder_that_cannot_be_written_is_told_with_its_reason(path: Path, error: OSError, state: State) -> None:
    def refused(*_: object) -> list[float]:
        raise error

    found = examined(written(path), sync=refused)
    assert found.state is state
    assert str(error.strerror) in found.detail
    assert "account" in found.advice


def test_a_folder_that_takes_no_file_is_found_out_by_trying() -> None:
    (found,) = logs.examine(Path("/proc/gatepost/log.sqlite"), GATE, STOPPED, free=lambda _: ROOMY_MB)
    assert found.state in (State.UNFIT, State.UNKNOWN)
    assert "cannot be written" in found.detail


def test_the_log_of_another_gate_is_unfit(path: Path) -> None:
    found = examined(written(path, device="gate-2"))
    assert found.state is State.UNFIT
    assert "riverside/gate-2, not of riverside/gate-1" in found.detail


def test_a_long_backlog_points_to_the_server(path: Path) -> None:
    written(path)
    change("UPDATE log SET acknowledged = next_seq - 2000")(path)
    found = examined(path)
    assert (found.state, found.measured["unacknowledged"]) == (State.FIT, 2000)
    assert "line of the server" in found.advice


@pytest.mark.parametrize(
    ("times", "state", "advice"), [(2.0, State.FIT, ""), (1.1, State.UNFIT, "[log] capacity_mb")], ids=["room", "nearly full"]
)
def test_a_log_that_is_nearly_full_asks_for_somebody_before_nothing_opens(
    path: Path, times: float, state: State, advice: str
) -> None:
    written(path, 60)
    gate = Gate("riverside", "gate-1", round(path.stat().st_size * times))
    (found,) = logs.examine(path, gate, STOPPED, free=lambda _: ROOMY_MB, sync=quick)
    assert found.state is state
    assert advice in found.advice


def test_files_that_were_set_aside_are_counted_and_can_wait(path: Path) -> None:
    written(path)
    for name in ("log.sqlite-set-aside-17", "log.sqlite-set-aside-17-wal", "log.sqlite-set-aside-18"):
        path.with_name(name).write_bytes(bytes(1_000_000))
    found = examined(path)
    assert (found.state, found.measured["set_aside"], found.measured["set_aside_mb"]) == (State.FIT, 3, 3.0)
    assert f"{path}-set-aside-*" in found.advice
