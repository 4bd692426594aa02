"""How long the log's room lasts, and what becomes of a log that is nearly full, and of one that is full."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable
from kiosk.evidence import Credential, CredentialKind, HealthStatus, Reading, Verdict
from kiosk.model import ClockState, Facts, GateOutcome, VisitId
from kiosk.people import VisitorKind
from kiosk.records import Stamp, decision_draft, outcome_draft
from kiosk.units import Celsius, Monotonic
from sync.log import SqliteLog
from sync.pruning import PRUNED_AT_ONCE
from sync.room import CAPACITY, Room
from sync.sealing import MonthSealer
from tests.captured_lines import capture_logs
from tests.sync.logs import ADMIT, COMPOUND, DEVICE, LogClock, acknowledge_all, current, held, note
from tests.sync.resilience import Kiosk
from tests.sync.servers import BROKEN
from tests.sync.test_sealing import KEYS

A_DAY = 2500
DAYS = 180
SMALL = 1024 * 1024
ROOMY = 10**12
LARGE = "x" * 2000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


class Disk:
    """A disk that has so much free."""

    def __init__(self) -> None:
        self.free = ROOMY

    def __call__(self, _: Path) -> int:
        return self.free


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def log(path: Path, disk: Disk) -> Iterator[SqliteLog]:
    with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock(), capacity=SMALL, free=disk)) as opened:
        yield opened


def fill(log: SqliteLog, most: int = 10_000) -> int:
    """Append until the log takes no more; how many it took."""
    for number in range(most):
        try:
            log.append(note(number, text=LARGE), visit="v")
        except LogUnusable:
            return number
    raise AssertionError("the log has no end")


def half_fill(log: SqliteLog) -> int:
    """Append until the log is nearly full; how many it took."""
    number = 0
    while not log.room().nearly_full:
        log.append(note(number, text=LARGE), visit="v")
        number += 1
    return number


def comes(log: SqliteLog, number: int) -> None:
    """A visitor with all that can be known of one: a pass, a health code, a name for the month's key."""
    clock = LogClock()
    stamp = Stamp(DEVICE, "0f" * 16, "0.1.0+g1234567", Monotonic(1e6 + number), clock.wall(), ClockState.SYNCHRONISED, False)
    reading = Reading(
        object_c=Celsius(34.41),
        ambient_c=Celsius(22.17),
        body_c=Celsius(36.53),
        uncertainty_c=Celsius(0.21),
        samples=7,
        calibration="2026-11-01T09:12:44Z",
        began_at=Monotonic(1e6),
        at=Monotonic(1e6 + 0.25),
    )
    shown = Credential(
        CredentialKind.PASS,
        Verdict.VALID,
        issuer="property-office-passes",
        visitor=VisitorKind.GUEST,
        holder="a-pseudonym-of-them",
        unit="12-3-2104",
        serial="0f" * 12,
        key_id="0f" * 8,
    )
    health = Credential(
        CredentialKind.HEALTH_TOKEN, Verdict.VALID, issuer="city-health-codes", health=HealthStatus.GREEN, holder="0f" * 16
    )
    facts = Facts(reading=reading, admission_pass=shown, health_code=health)
    times = {
        name: Monotonic(1e6 + number)
        for name in ("presence", "reading", "code_captured", "code_read", "code_verified", "health_answered", "decided")
    }
    visit = VisitId(f"{number:032x}")
    draft = decision_draft(stamp, visit, ADMIT, facts, times, MonthSealer(KEYS))
    assert draft.sealed is not None
    admission = log.append(draft, visit=visit, decision=ADMIT)
    ends = {name: Monotonic(1e6 + number) for name in ("recorded", "opened", "passed", "closed")}
    log.record_outcome(admission, GateOutcome.PASSED, outcome_draft(stamp, visit, admission, GateOutcome.PASSED, ends, 0.412))


def test_the_room_lasts_180_days_of_2500_people_of_whom_the_server_hears_nothing(path: Path) -> None:
    count = 200
    with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock())) as log:
        before = log.room().used
        for number in range(count):
            comes(log, number)
        a_visitor = (log.room().used - before) / count
    assert a_visitor > 1000, "this is no visitor with all that is recorded of one"
    assert a_visitor * A_DAY * DAYS < CAPACITY
    # The alarm comes with more than a month in hand.
    assert 0.2 * CAPACITY / (a_visitor * A_DAY) > 30


@pytest.mark.parametrize(
    ("room", "left", "nearly_full"),
    [
        (Room(capacity=1000, used=0, reusable=0, on_disk=5000), 1000, False),
        (Room(capacity=1000, used=800, reusable=0, on_disk=5000), 200, False),
        (Room(capacity=1000, used=801, reusable=0, on_disk=5000), 199, True),
        (Room(capacity=1000, used=1200, reusable=0, on_disk=5000), 0, True),
        (Room(capacity=1000, used=100, reusable=0, on_disk=150), 150, True),
        (Room(capacity=1000, used=100, reusable=100, on_disk=150), 250, False),
    ],
    ids=["new", "on the edge", "beyond", "beyond its capacity", "a full disk", "room in the file"],
)
def test_what_is_left_is_bounded_by_capacity_and_disk(room: Room, left: int, nearly_full: bool) -> None:
    assert (room.left, room.nearly_full) == (left, nearly_full)


def test_a_log_that_is_nearly_full_lets_go_of_what_the_server_has_oldest_first_whatever_its_age(
    log: SqliteLog, path: Path
) -> None:
    count = half_fill(log)
    first = current(log)
    log.begin_new("fork", after=first)
    log.append(note(0, text=LARGE), visit="v")
    acknowledge_all(log)
    assert log.prune() == min(PRUNED_AT_ONCE, count)
    chains = held(path)
    assert chains[first][0].fields["seq"] == min(PRUNED_AT_ONCE, count) + 1
    assert len(chains[current(log)]) == 2
    assert not log.room().nearly_full
    # There is room again: what is left stays its 14 days.
    assert log.prune() == 0


def test_what_the_server_lacks_is_never_let_go_of(log: SqliteLog, path: Path) -> None:
    half_fill(log)
    before = held(path)
    assert log.prune() == 0
    assert held(path) == before


def test_a_clock_that_is_not_believed_keeps_nobody_from_making_room(path: Path) -> None:
    clock = LogClock()
    clock.believed = ClockState.NEVER_SET
    with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=clock, capacity=SMALL)) as log:
        half_fill(log)
        acknowledge_all(log)
        assert log.prune() > 0


def test_nearly_full_is_said_once_and_so_is_that_there_is_room_again(log: SqliteLog) -> None:
    with capture_logs() as said:
        assert log.prune() == 0
        half_fill(log)
        for _ in range(3):
            log.prune()
        acknowledge_all(log)
        while log.prune():
            pass
    assert [line["event"] for line in said] == ["log nearly full", "log has room again"]


def test_a_disk_that_others_fill_counts_as_well(log: SqliteLog, disk: Disk) -> None:
    log.append(note(1), visit="v")
    assert log.left() > 0.9 * SMALL
    disk.free = 1000
    assert log.room().nearly_full
    assert log.left() < 0.1 * SMALL


def test_a_full_log_takes_nothing_and_keeps_everything(log: SqliteLog, path: Path) -> None:
    taken = fill(log)
    assert taken > PRUNED_AT_ONCE
    assert log.fault is not None
    assert "full" in log.fault
    with pytest.raises(LogUnusable):
        log.append(note(taken, text=LARGE), visit="v", decision=ADMIT)
    (chain,) = held(path).values()
    assert [event.fields.get("number") for event in chain[1:]] == list(range(taken))


def test_a_full_log_goes_on_once_the_server_has_its_events(log: SqliteLog) -> None:
    taken = fill(log)
    assert log.unacknowledged() == taken + 1
    acknowledge_all(log)
    assert log.prune() > 0
    log.append(note(taken, text=LARGE), visit="v")


def test_a_full_log_is_no_damage_and_is_not_set_aside(log: SqliteLog, path: Path) -> None:
    fill(log)
    with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock(), capacity=SMALL)) as again:
        assert again.set_aside is None
        assert current(again) == current(log)


def test_while_the_log_is_full_the_server_vouches_and_then_the_disk_takes_it_all_over(tmp_path: Path) -> None:
    def small(path: Path, **settings: object) -> SqliteLog:
        return SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock(), capacity=SMALL)

    kiosk = Kiosk(tmp_path / "log.sqlite", small)
    disk_log = current(kiosk.disk)
    kiosk.interfere = lambda request: BROKEN if request.log_id == disk_log else None
    with capture_logs():
        recorded = 0
        while not kiosk.health:
            recorded += 1
            kiosk.log.append(note(recorded, text=LARGE), visit="v")
        vouched = kiosk.log.append(note(recorded + 1), visit="v", decision=ADMIT)
        assert kiosk.arrived()[-1] == vouched
        assert not kiosk.mend()
        # The server is back for the disk's log too.
        kiosk.server_away(False)
        kiosk.send()
        kiosk.send()
        assert kiosk.mend()
        kiosk.send()
    assert kiosk.health == [False, True]
    numbers = [event.fields.get("number") for chain in kiosk.server.logs.values() for event in chain]
    assert sorted(number for number in numbers if number is not None) == list(range(1, recorded + 2))
    kiosk.close()


def test_a_capacity_that_was_made_smaller_loses_nothing(path: Path) -> None:
    with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock())) as log:
        for number in range(900):
            log.append(note(number, text=LARGE), visit="v")
    with closing(SqliteLog(path, compound=COMPOUND, device=DEVICE, clock=LogClock(), capacity=SMALL)) as log:
        assert log.left() == 0
        taken = fill(log)
        (chain,) = held(path).values()
        assert len(chain) == 1 + 900 + taken
        acknowledge_all(log)
        while log.prune():
            pass
        log.append(note(0), visit="v")
