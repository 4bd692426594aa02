"""A log file that cannot be trusted is set aside, whole, and a new log names the one it held."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import LogUnusable
from kiosk.events import Draft
from sync.log import SqliteLog
from sync.log_file import APPLICATION_ID, CHECK_WHOLE_UP_TO, SCHEMA_VERSION, open_log_file
from tests.captured_lines import capture_logs
from tests.examples import examples
from tests.sync.logs import COMPOUND, DEVICE, LogClock, acknowledge_all, current, held, note, opened, verified


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def written(path: Path, events: int = 30) -> str:
    """A good log, closed; its id."""
    with opened(path) as log:
        for number in range(events):
            log.append(note(number, padding="x" * 400), visit="v")
        return current(log)


def left_by_a_crash(path: Path) -> str:
    """A good log as it lies there after a crash, nothing of it in the database yet; its id."""
    with opened(path) as log:
        log.append(note(1), visit="v")
        parts = {part: part.read_bytes() for part in beside(path)}
        log_id = current(log)
    for part, content in parts.items():
        part.write_bytes(content)
    return log_id


def beside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}*"))


def contents(path: Path) -> list[bytes]:
    """What lies there, but for the index of the write-ahead log, which SQLite makes anew."""
    return sorted(part.read_bytes() for part in beside(path) if not part.name.endswith("-shm"))


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def overwrite(path: Path, start: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def foreign(path: Path) -> None:
    path.unlink()
    sql(path, f"PRAGMA application_id = {0x0F055112}", "CREATE TABLE photographs (picture BLOB)")


def nameless(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE log (line TEXT)", "INSERT INTO log VALUES ('somebody else''s')")


def changed_table(path: Path) -> None:
    sql(path, "PRAGMA writable_schema = 1", "UPDATE sqlite_master SET sql = replace(sql, 'recorded_us', 'recorded_at')")


def garbled_table(path: Path) -> None:
    overwrite(path, path.read_bytes().index(b"CREATE INDEX unresolved") + 5, b"\x9d")


NEWEST = "(ordinal, seq) IN (SELECT ordinal, next_seq - 1 FROM log)"
DAMAGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    # What happened to the file, and whether its log can still be named.
    "not a database": (lambda path: path.write_text("the quick brown fox"), False),
    "the header overwritten": (lambda path: overwrite(path, 0, b"\0" * 100), True),
    "cut within the header": (lambda path: cut(path, 50), False),
    "cut at a page": (lambda path: cut(path, 4096 * 10), True),
    "cut within a page": (lambda path: cut(path, path.stat().st_size - 1000), True),
    "a page of zeros": (lambda path: overwrite(path, 4096 * 3, b"\0" * 4096), True),
    "a page of another file": (lambda path: overwrite(path, 4096 * 5, b"\xa5" * 4096), True),
    "another application's": (foreign, False),
    "nobody's": (nameless, False),
    "a newer layout": (lambda path: sql(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}"), True),
    "a newer SQLite": (lambda path: overwrite(path, 18, b"\3\3"), True),
    "written to by a newer SQLite": (lambda path: overwrite(path, 18, b"\3\2"), True),
    "another text encoding": (lambda path: overwrite(path, 56, b"\0\0\0\2"), True),
    "tables of another layout": (changed_table, True),
    "a table whose description is not UTF-8": (garbled_table, True),
    "the newest event lost": (lambda path: sql(path, f"DELETE FROM event WHERE {NEWEST}"), True),
    "the newest event changed": (
        lambda path: sql(path, f"UPDATE event SET header = replace(header, '29', '28') WHERE {NEWEST}"),
        True,
    ),
    "the newest event's hash changed": (lambda path: sql(path, f"UPDATE event SET hash = zeroblob(32) WHERE {NEWEST}"), True),
    "the newest event of another kind": (lambda path: sql(path, f"UPDATE event SET header = 5 WHERE {NEWEST}"), True),
    "the head changed": (lambda path: sql(path, "UPDATE log SET head = zeroblob(32)"), True),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_an_untrustworthy_file_is_set_aside_whole_and_a_new_log_names_it(path: Path, case: str) -> None:
    damage, named = DAMAGES[case]
    old = written(path)
    damage(path)
    before = contents(path)
    with capture_logs() as logged, opened(path) as log:
        assert log.fault is None
        aside = log.set_aside
        assert aside is not None
        assert aside.path.parent == path.parent
        assert [aside.path.read_bytes()] == before
        assert aside.log_id == (old if named else None)
        assert log.append(note(1), visit="v") == f"{DEVICE}/{current(log)}/2"
        chain = held(path)[current(log)]
    assert (chain[0].fields["reason"], chain[0].fields["predecessor"]) == ("set_aside", aside.log_id)
    assert verified(chain).log_id != old
    entry = logged[0]
    assert (entry["event"], entry["log_level"], entry["kept_as"]) == ("log set aside", "error", aside.path.name)
    assert entry["reason"] == aside.reason != ""
    with opened(path) as log:
        assert log.set_aside is None


@pytest.mark.parametrize("lost", [lambda path: path.unlink(), lambda path: cut(path, 0)], ids=["lost", "emptied"])
def test_a_write_ahead_log_whose_database_is_gone_is_kept(path: Path, lost: Callable[[Path], object]) -> None:
    old = left_by_a_crash(path)
    lost(path)
    before = contents(path)
    with opened(path) as log:
        assert log.set_aside is not None
        assert log.set_aside.log_id == old
        aside = log.set_aside.path
        assert held(path)[current(log)][0].fields["predecessor"] == old
    assert contents(aside) == before


def test_what_a_crash_left_in_the_write_ahead_log_alone_is_no_damage(path: Path) -> None:
    old = left_by_a_crash(path)
    with opened(path) as log:
        assert (log.set_aside, current(log), log.head().next_seq) == (None, old, 3)


def test_a_crash_before_the_first_table_leaves_a_file_that_is_used(path: Path) -> None:
    path.touch()
    with opened(path) as log:
        assert log.set_aside is None
        assert log.append(note(1), visit="v")


def test_files_set_aside_at_the_same_moment_do_not_replace_each_other(path: Path) -> None:
    clock = LogClock()
    kept = []
    for number in range(3):
        left_by_a_crash(path)
        path.unlink()
        kept.append(path.with_name(f"{path.name}-wal").read_bytes())
        with opened(path, clock) as log:
            assert log.append(note(number), visit="v")
        path.unlink()
    assert contents(path) == sorted(kept)


@settings(max_examples=examples(0.4))
@given(st.data())
def test_damage_never_leaves_the_gate_without_a_log(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("log") / "log.sqlite"
    written(path, 10)
    size = path.stat().st_size
    overwrite(path, data.draw(st.integers(0, 100) | st.integers(0, size - 1)), data.draw(st.binary(min_size=1, max_size=4)))
    before = contents(path)
    with opened(path) as log:
        # Damage that opening does not find is found by the call that meets it; the call after that finds a log.
        for attempt in range(3):
            try:
                log.append(note(attempt), visit="v")
                acknowledge_all(log)
                break
            except LogUnusable:
                continue
        assert log.unacknowledged() == 0
        assert log.set_aside is None or [log.set_aside.path.read_bytes()] == before


class TestDamageBeyondWhatOpeningChecks:
    @pytest.fixture
    def large(self, path: Path) -> Path:
        part = 1_000_000
        with opened(path) as log:
            for _ in range(CHECK_WHOLE_UP_TO // part + 2):
                log.append(Draft("note", {}, b"x" * part), visit="v")
        overwrite(path, path.stat().st_size // 2, b"\xff" * 4096 * 4)
        return path

    def test_is_found_when_it_is_read_and_then_the_file_is_set_aside(self, large: Path) -> None:
        with opened(large) as log:
            old = current(log)
            assert log.append(note(1), visit="v").startswith(f"{DEVICE}/{old}/")
            with pytest.raises(LogUnusable, match="malformed"):
                acknowledge_all(log)
            assert log.append(note(2), visit="v")
            acknowledge_all(log)
            assert log.set_aside is not None
            assert log.set_aside.log_id == old
            assert held(large)[current(log)][0].fields["predecessor"] == old


@pytest.mark.parametrize("damage", ["header = CAST(x'7bff7d' AS TEXT)", "header = '{'", "hash = zeroblob(32)"])
def test_a_damaged_event_in_the_middle_does_not_hold_up_those_after_it(path: Path, damage: str) -> None:
    written(path, 5)
    sql(path, f"UPDATE event SET {damage} WHERE seq = 3")
    with opened(path) as log:
        assert log.set_aside is None
        pending = log.pending(10)
        assert pending is not None
        assert len(pending.events) == 6
        assert (pending.after.compound, pending.after.device, pending.after.log_id) == (COMPOUND, DEVICE, current(log))


def test_what_comes_after_a_lost_event_is_not_taken_for_it(path: Path) -> None:
    written(path, 5)
    sql(path, "DELETE FROM event WHERE seq = 3")
    with opened(path) as log:
        pending = log.pending(10)
        assert pending is not None
        assert [event.fields["seq"] for event in pending.events] == [1, 2]
        log.kept_aside(current(log), 3)
        pending = log.pending(10)
        assert pending is not None
        assert (pending.after.next_seq, [event.fields["seq"] for event in pending.events]) == (4, [4, 5, 6])


def test_nobody_but_its_owner_may_read_a_new_file(path: Path) -> None:
    with closing(open_log_file(path)):
        found = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    assert path.name in found
    assert set(found.values()) == {0o600}


def test_the_file_is_a_gatepost_log_to_whoever_looks(path: Path) -> None:
    written(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert path.read_bytes()[68:72] == b"GPST"


def test_two_processes_on_one_file_continue_one_chain(path: Path) -> None:
    with opened(path) as first:
        second = SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock())
        for number in range(3):
            first.append(note(number), visit="v")
            second.append(note(number), visit="v")
        assert first.head() == second.head()
        second.close()
    (chain,) = held(path).values()
    assert verified(chain).next_seq == 8
