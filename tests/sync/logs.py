"""Durable logs for tests: a clock that is moved, drafts, and what a file holds as SQLite itself reads it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hypothesis import strategies as st

from kiosk import events
from kiosk.events import Draft, Event, Head
from kiosk.model import Answer, ClockState, Decision, ReasonCode
from sync.log import SqliteLog
from tests.kiosk.fakes import FakeClock

COMPOUND, DEVICE = "plum-court", "gate-1"
DAY_S = 24 * 3600.0
ADMIT = Decision(Answer.ADMIT, (ReasonCode("all_well"),), "admit", "house@1")
REFUSE = Decision(Answer.REFUSE, (ReasonCode("temperature_high"),), "fever", "house@1")

keys = st.from_regex(r"x_[a-z0-9_]{0,10}", fullmatch=True)
leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
bodies = st.dictionaries(keys, leaves | st.lists(leaves, max_size=3), max_size=4)
drafts = st.builds(Draft, st.sampled_from(["decision", "note"]), bodies, st.none() | st.binary(min_size=1, max_size=60))


class LogClock(FakeClock):
    """A clock whose trustworthiness the test sets too."""

    def __init__(self) -> None:
        super().__init__()
        self.believed = ClockState.SYNCHRONISED

    def state(self) -> ClockState:
        return self.believed


def note(number: int = 0, **body: object) -> Draft:
    return Draft("note", {"number": number, **body})


@contextmanager
def opened(
    path: Path, clock: LogClock | None = None, *, compound: str = COMPOUND, device: str = DEVICE
) -> Iterator[SqliteLog]:
    log = SqliteLog(path, compound=compound, device=device, clock=clock or LogClock())
    try:
        yield log
    finally:
        log.close()


def held(path: Path) -> dict[str, list[Event]]:
    """Every event in a file, log by log in the order in which the logs were begun."""
    query = (
        "SELECT log_id, header, prev_hash, sealed_digest, hash, sealed, signature"
        " FROM log JOIN event USING (ordinal) ORDER BY ordinal, seq"
    )
    found: dict[str, list[Event]] = {}
    with closing(sqlite3.connect(path)) as connection:
        for log_id, *members in connection.execute(query):
            found.setdefault(log_id, []).append(Event(*members))
    return found


def verified(chain: list[Event]) -> Head:
    """The head after a whole log, every link checked. Raises ChainBroken."""
    first = chain[0].fields
    head = Head(first["compound"], first["device"], first["log_id"])
    for event in chain:
        head = events.verify(head, event)
    return head


def current(log: SqliteLog) -> str:
    return log.head().log_id


def acknowledge_all(log: SqliteLog) -> None:
    """As if the server had taken everything."""
    while (pending := log.pending(1000)) is not None:
        last = pending.events[-1]
        log.acknowledge(pending.after.log_id, pending.after.next_seq + len(pending.events), last.hash)
