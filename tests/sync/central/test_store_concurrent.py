"""Several senders at once, in one server and in two: every event is there once, in order, and readers miss none."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from sync.central.store import Store
from tests.sync.central.kiosks import KioskLog

WAIT_S = 60.0
EVENTS = 40
SENDERS = 6


@pytest.fixture
def stores(url: str) -> Iterator[list[Store]]:
    """Two servers on one database."""
    opened = [Store(url), Store(url)]
    yield opened
    for store in opened:
        store.close()


def together(work: Callable[[int], object], count: int = SENDERS) -> list[object]:
    """Run `work` on so many threads that all begin at the same moment."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> object:
        barrier.wait(WAIT_S)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count), timeout=WAIT_S))


def numbers(store: Store) -> list[int]:
    return [msgspec.json.decode(found["header"])["number"] for found in store.since("riverside", 0, 10_000)]


@pytest.mark.parametrize("round_", range(5))
def test_the_same_upload_from_several_senders_is_there_once(stores: list[Store], round_: int) -> None:
    log = KioskLog(log_id=f"{round_:08x}")
    for number in range(EVENTS):
        log.add(number=number)
    upload = log.upload()
    answers = together(lambda n: stores[n % 2].append("riverside", "gate-1", log.log_id, upload))
    assert all(answer == answers[0] for answer in answers)
    assert numbers(stores[0]) == list(range(EVENTS))
    assert stores[1].standing("riverside", "gate-1", log.log_id).next_seq == EVENTS + 1


def test_the_same_fork_from_several_senders_is_kept_aside_once(stores: list[Store]) -> None:
    log = KioskLog()
    log.add(number=1)
    stores[0].append("riverside", "gate-1", log.log_id, log.upload())
    other = KioskLog()
    for number in range(100, 100 + EVENTS):
        other.add(number=number)
    together(lambda n: stores[n % 2].append("riverside", "gate-1", log.log_id, other.upload()))
    (found,) = stores[0].logs()
    assert (found["next_seq"], found["aside"]) == (2, EVENTS)


def test_of_two_logs_under_one_name_one_wins_whole(stores: list[Store]) -> None:
    logs = [KioskLog(), KioskLog()]
    for which, log in enumerate(logs):
        for number in range(EVENTS):
            log.add(number=which * 1000 + number)
    answers = together(lambda n: stores[n].append("riverside", "gate-1", logs[n].log_id, logs[n].upload())[0], 2)
    assert sorted(map(bool, answers)) == [False, True]
    winner = answers.index(True)
    assert numbers(stores[0]) == [winner * 1000 + number for number in range(EVENTS)]
    assert stores[0].logs()[0]["aside"] == EVENTS


def test_a_reader_who_goes_on_from_the_last_number_misses_nothing(stores: list[Store]) -> None:
    logs = [KioskLog(log_id=f"{which:08x}") for which in range(SENDERS)]
    for which, log in enumerate(logs):
        for number in range(EVENTS):
            log.add(number=which * 1000 + number)
    done, told = threading.Event(), threading.Event()
    for store in stores:
        store.watch(told.set)
    seen: list[int] = []

    def read() -> None:
        after, last = 0, False
        while not last:
            assert told.wait(WAIT_S)
            told.clear()
            # What was appended before this look is seen by it, so one look after the end is enough.
            last = done.is_set()
            while found := stores[0].since("riverside", after, 7):
                seen.extend(msgspec.json.decode(one["header"])["number"] for one in found)
                after = found[-1]["arrival"]

    def send(which: int) -> None:
        for first in range(1, EVENTS + 1, 2):
            upload = logs[which].upload(first, first + 1)
            stores[which % 2].append("riverside", "gate-1", logs[which].log_id, upload)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        together(send)
    finally:
        done.set()
        told.set()
        reader.join(WAIT_S)
    assert not reader.is_alive()
    assert sorted(seen) == sorted(which * 1000 + number for which in range(SENDERS) for number in range(EVENTS))
