"""What a set-aside database still holds goes on in the new one: unsent events, open admissions, single uses."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable
from kiosk.events import Draft
from kiosk.model import Answer, EventId, GateOutcome
from kiosk.spent import AlreadySpent, Spend
from sync import salvage as salvaging
from sync.log_file import CHECK_WHOLE_UP_TO, SCHEMA_VERSION
from tests.captured_lines import capture_logs
from tests.sync.logs import ADMIT, LogClock, acknowledge_all, current, held, note, opened, verified
from tests.sync.servers import ModelServer, Site, turns
from tests.sync.test_log_durability import no_file_larger_than
from tests.sync.test_log_file import DAMAGES, NEWEST, sql, written

SPEND = Spend("mark", LogClock().wall())
NEWER = f"PRAGMA user_version = {SCHEMA_VERSION + 1}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


SALVAGED = {
    # How many of the 31 events go on.
    "not a database": 0,
    "the header overwritten": 0,
    "cut within the header": 0,
    "another application's": 0,
    "nobody's": 0,
    "a newer layout": 31,
    "a newer SQLite": 0,
    "written to by a newer SQLite": 31,
    "another text encoding": 0,
    "tables of another layout": 0,
    "a table whose description is not UTF-8": 0,
    "the newest event lost": 30,
    "the newest event changed": 30,
    "the newest event's hash changed": 30,
    "the newest event of another kind": 30,
    "the head changed": 31,
}
"""Of a file that is cut or overwritten as many as come before the damage: SQLite decides where an event lies."""


@pytest.mark.parametrize("case", DAMAGES)
def test_the_events_before_the_damage_go_on_as_an_earlier_log(path: Path, case: str) -> None:
    old = written(path)
    chain = held(path)[old]
    DAMAGES[case][0](path)
    with opened(path) as log:
        new = current(log)
        found = held(path)
        assert list(found) in ([old, new], [new])
        taken = found.get(old, [])
        assert taken == chain[: len(taken)]
        assert len(taken) == SALVAGED.get(case, len(taken))
        # The file goes on as if it had always been so.
        acknowledge_all(log)
        assert log.unacknowledged() == 0
    with opened(path) as log:
        assert (log.set_aside, current(log)) == (None, new)


def lived_in(path: Path) -> tuple[str, EventId]:
    """Two logs of which the server has a part; an admission is left open, on a pass. The old log, and the admission."""
    with opened(path) as log:
        for number in range(4):
            log.append(note(number), visit="v")
        old = current(log)
        log.acknowledge(old, 4, held(path)[old][2].hash)
        log.begin_new("fork", after=old)
        ended = log.append(note(5), visit="v1", decision=ADMIT, spends=Spend("other", SPEND.until))
        log.record_outcome(ended, GateOutcome.PASSED, note(6))
        return old, log.append(note(7), visit="v2", decision=ADMIT, spends=SPEND)


class TestWhatIsTakenOver:
    def test_reaches_the_server_from_where_it_had_the_old_log(self, path: Path) -> None:
        old, _ = lived_in(path)
        chains = held(path)
        sql(path, NEWER)
        with opened(path) as log:
            assert log.set_aside is not None
            assert log.unacknowledged() == 2 + 4 + 1
            server = ModelServer()
            server.logs[old] = chains[old][:3]
            site = Site(path, log, server)
            turns(site.sender, 1)
            assert site.arrived_whole()
            assert list(server.logs) == [*chains, current(log)]

    def test_keeps_single_uses_used_and_open_admissions_open(self, path: Path) -> None:
        _, admission = lived_in(path)
        sql(path, NEWER)
        with opened(path) as log:
            assert log.set_aside is not None
            assert sorted(log.spent()) == ["mark", "other"]
            with pytest.raises(AlreadySpent):
                log.append(note(8), visit="v", decision=ADMIT, spends=SPEND)
            assert [(one.event, one.visit) for one in log.unresolved()] == [(admission, "v2")]
            log.record_outcome(admission, GateOutcome.NOT_PASSED, note(9), gives_back=True)
            assert (list(log.unresolved()), list(log.spent())) == ([], ["other"])

    def test_is_verified_link_by_link(self, path: Path) -> None:
        with opened(path) as log:
            for number in range(5):
                log.append(Draft("note", {"number": number}, b"sealed"), visit="v")
            old = current(log)
        for number, damage in enumerate(["sealed = x'00'", "hash = zeroblob(32)", "prev_hash = zeroblob(32)"]):
            sql(path, f"UPDATE event SET {damage} WHERE seq = {5 - number} AND ordinal = 1", NEWER)
            with opened(path) as log:
                assert len(held(path)[old]) == 4 - number

    def test_is_all_that_a_file_of_another_gate_holds_too(self, path: Path) -> None:
        with opened(path, device="gate-9") as log:
            log.append(note(1), visit="v")
            other = current(log)
        sql(path, NEWER)
        with opened(path) as log:
            assert verified(held(path)[other]).device == "gate-9"
            assert current(log) != other

    def test_is_not_what_has_no_place_in_a_log(self, path: Path) -> None:
        lived_in(path)
        sql(
            path,
            "UPDATE event SET recorded_us = 'noon' WHERE seq = 2",
            "UPDATE log SET reason = x'00'",
            "INSERT INTO decision VALUES ('nobody', 7, 7, 'v', 'admit', NULL)",
            NEWER,
        )
        with opened(path) as log:
            assert log.fault is None
            assert len(held(path)) == 3
            log.prune()
            acknowledge_all(log)


def test_a_large_file_gives_only_what_the_server_lacks(path: Path) -> None:
    part = 1_000_000
    with opened(path) as log:
        for _ in range(CHECK_WHOLE_UP_TO // part + 1):
            log.append(Draft("note", {}, b"x" * part), visit="v")
        acknowledge_all(log)
        old = current(log)
        lacking = [log.append(note(1), visit="v"), log.append(note(2), visit="v")]
    sql(path, NEWER)
    with opened(path) as log:
        assert [event.id for event in held(path)[old]] == lacking
        assert log.unacknowledged() == 3


def test_more_than_a_start_can_take_stays_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salvaging, "TAKEN_AT_MOST", 3000)
    old = written(path)
    chain = held(path)[old]
    sql(path, NEWER)
    with opened(path) as log:
        assert log.set_aside is not None
        assert 2 < len(held(path)[old]) < 7
        assert held(log.set_aside.path)[old] == chain


def test_a_disk_without_room_for_the_old_events_begins_a_new_log_all_the_same(path: Path) -> None:
    old = written(path, 400)
    sql(path, NEWER)
    with capture_logs(), no_file_larger_than(120_000), opened(path) as log:
        assert log.fault is None
        assert log.append(note(1), visit="v", decision=ADMIT)
        assert old not in held(path)
        assert log.set_aside is not None
        assert held(path)[current(log)][0].fields["predecessor"] == old


def test_an_admission_can_end_though_its_log_was_set_aside_meanwhile(path: Path) -> None:
    with opened(path) as log:
        admission = log.append(note(1), visit="v", decision=ADMIT, spends=SPEND)
        log.append(note(2), visit="v")
        old = current(log)
        sql(path, f"UPDATE event SET hash = zeroblob(32) WHERE {NEWEST}")
        # After a failed write the file is read anew, and found wanting.
        with capture_logs(), no_file_larger_than(0), pytest.raises(LogUnusable):
            log.append(note(3), visit="v")
        log.record_outcome(admission, GateOutcome.NOT_PASSED, note(4), gives_back=True)
        assert log.set_aside is not None
        assert log.set_aside.log_id == old != current(log)
        assert (list(log.unresolved()), list(log.spent())) == ([], [])


def test_a_view_in_place_of_a_table_is_not_read(path: Path) -> None:
    written(path)
    sql(
        path,
        "ALTER TABLE event RENAME TO hidden",
        "CREATE VIEW event AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM hidden, n",
    )
    with opened(path) as log:
        assert log.set_aside is not None
        assert len(held(path)) == 1


def test_answers_are_kept_as_they_were(path: Path) -> None:
    lived_in(path)
    query = "SELECT event, visit, answer, gate_outcome FROM decision ORDER BY event"
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute(query).fetchall()
    assert {answer for _, _, answer, _ in before} == {Answer.ADMIT.value}
    sql(path, NEWER)
    with opened(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(query).fetchall() == before
