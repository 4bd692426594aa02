"""Times of events whose kiosk's clock was not set: corrected once the same boot has one that is believed."""

import itertools
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.events import Draft
from kiosk.model import ClockState
from kiosk.records import Stamp, note_draft
from kiosk.units import Monotonic, WallTime
from sync.central.schema import Timing
from sync.central.store import Store
from sync.central.timing import Anchor, corrected
from tests.examples import examples
from tests.sync.central.kiosks import LOG_ID, NOON_US, KioskLog
from tests.sync.central.test_store import rows
from tests.sync.central.vaults import sealer_of, vault_in

MONO = st.integers(0, 10**13)
WALL = st.integers(1, 2 * NOON_US)
NEVER, SET = ClockState.NEVER_SET, ClockState.SYNCHRONISED
STATES = st.tuples(st.sampled_from(["one", "two"]), st.sampled_from([NEVER, SET]))
HOUR_US = 3_600_000_000


@given(MONO, WALL, MONO)
def test_a_corrected_time_is_as_far_from_the_anchor_as_the_monotonic_clock_says(mono: int, wall: int, other: int) -> None:
    at_us = corrected(Anchor(mono, wall), other, 10**17)
    if at_us is None:
        assert wall + other - mono <= 0
    else:
        assert at_us - wall == other - mono
        # From what was corrected the anchor follows again.
        assert corrected(Anchor(other, at_us), mono, 10**17) == wall


@given(MONO, WALL, MONO, WALL)
def test_nothing_happens_before_1970_or_after_it_was_received(mono: int, wall: int, other: int, received: int) -> None:
    at_us = corrected(Anchor(mono, wall), other, received)
    assert at_us is None or 0 < at_us <= received + 300_000_000


def draft(boot: str, hours: float, clock: ClockState) -> Draft:
    """An event so many hours after its boot, which began a day before noon."""
    mono_us = round(hours * HOUR_US)
    wall_us = NOON_US - 24 * HOUR_US + mono_us if clock is not NEVER else mono_us
    stamp = Stamp("gate-1", boot, "0", Monotonic(mono_us / 1e6), WallTime(wall_us), clock, simulated=False)
    return note_draft(stamp, "note", {})


def times(url: str) -> list[tuple[float, Timing]]:
    """Hours after the boot, and how they are known, in the order of the log."""
    found = rows(url, "SELECT at_us, timing FROM event ORDER BY seq")
    return [((row.at_us - NOON_US) / HOUR_US + 24, Timing(row.timing)) for row in found]


def send(store: Store, log: KioskLog, *, at_once: int = 1) -> None:
    for first in range(1, len(log.events) + 1, at_once):
        last = min(first + at_once - 1, len(log.events))
        assert store.append("riverside", "gate-1", log.log_id, log.upload(first, last))[0]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_what_came_before_the_clock_was_set_is_corrected_both_late_and_early(store: Store, url: str, at_once: int) -> None:
    log = KioskLog()
    for hours, clock in ((1, NEVER), (2, NEVER), (3, SET), (4, NEVER), (5, ClockState.DRIFTING)):
        log.append(draft("one", hours, clock))
    send(store, log, at_once=at_once)
    assert times(url) == [
        (1, Timing.CORRECTED),
        (2, Timing.CORRECTED),
        (3, Timing.CLOCK),
        (4, Timing.CORRECTED),
        (5, Timing.CLOCK),
    ]


def test_another_boot_or_another_gate_tells_nothing(store: Store, url: str) -> None:
    log = KioskLog()
    log.append(draft("one", 1, NEVER))
    log.append(draft("two", 2, SET))
    send(store, log)
    other = KioskLog("gate-2")
    other.append(draft("one", 3, SET))
    store.append("riverside", "gate-2", LOG_ID, other.upload())
    assert times(url)[0] == (24, Timing.RECEIVED)


def test_a_clock_that_only_drifts_corrects_nobody(store: Store, url: str) -> None:
    log = KioskLog()
    log.append(draft("one", 1, NEVER))
    log.append(draft("one", 2, ClockState.DRIFTING))
    send(store, log)
    assert times(url) == [(24, Timing.RECEIVED), (2, Timing.CLOCK)]


def test_what_a_copied_card_says_corrects_nobody(store: Store, url: str) -> None:
    log = KioskLog()
    log.append(draft("one", 1, NEVER))
    log.append(draft("one", 2, NEVER))
    send(store, log)
    copy = log.branch(1)
    copy.append(draft("one", 3, SET))
    assert store.append("riverside", "gate-1", LOG_ID, copy.upload(2))[1].fork
    assert [timing for _, timing in times(url)[:2]] == [Timing.RECEIVED] * 2


def test_what_the_kiosk_itself_said_stays_in_the_header(store: Store, url: str) -> None:
    log = KioskLog()
    log.append(draft("one", 1, NEVER))
    log.append(draft("one", 2, SET))
    send(store, log)
    assert msgspec.json.decode(rows(url, "SELECT header FROM event ORDER BY seq")[0].header)["wall_us"] == HOUR_US


def test_a_passage_is_certain_once_its_time_is_corrected(store: Store) -> None:
    log = KioskLog()
    log.passage(at_us=60, clock=NEVER)
    log.passage(at_us=NOON_US - HOUR_US)
    store.append("riverside", "gate-1", LOG_ID, log.upload(1, 1))
    assert [found.certain for found in store.passages()] == [False]
    store.append("riverside", "gate-1", LOG_ID, log.upload(2))
    assert [found.certain for found in store.passages()] == [True, True]


def test_personal_data_are_kept_from_when_it_happened(store: Store, url: str, tmp_path: Path) -> None:
    log = KioskLog()
    log.passage(at_us=60, clock=NEVER, sealer=sealer_of(vault_in(tmp_path)), person={"name": "Zhang Wei"})
    log.passage(at_us=NOON_US - HOUR_US)
    send(store, log)
    assert [row.at_us for row in rows(url, "SELECT at_us FROM personal")] == [NOON_US - HOUR_US]


@settings(max_examples=examples(0.3), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["one", "two"]), st.sampled_from([NEVER, SET])), min_size=1, max_size=12), st.data()
)
def test_however_a_log_comes_its_times_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, ClockState]], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("timing") / "central.sqlite"
    log = KioskLog()
    for hours, (boot, clock) in enumerate(made, 1):
        log.append(draft(boot, hours, clock))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(made) - 1)))) if len(made) > 1 else []
    store = Store(f"sqlite:///{path}", wall_us=lambda: NOON_US)
    for first, last in itertools.pairwise([0, *cuts, len(made)]):
        assert store.append("riverside", "gate-1", LOG_ID, log.upload(first + 1, last))[0]
    known = {boot for boot, clock in made if clock is SET}
    expected = [
        (hours, Timing.CLOCK if clock is SET else Timing.CORRECTED) if boot in known else (24, Timing.RECEIVED)
        for hours, (boot, clock) in enumerate(made, 1)
    ]
    assert times(f"sqlite:///{path}") == expected
    store.close()
