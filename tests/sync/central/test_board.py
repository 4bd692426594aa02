import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from kiosk.model import EventId
from sync.central.board import Board, Snapshot
from sync.central.calls import Call, Latest
from sync.central.passages import Passage
from tests.sync.central.test_pages import CALL, ONE

WAIT_S = 20.0
NEVER_S = 3600.0


class Records:
    """A store that counts how often it was read and can fail."""

    def __init__(self) -> None:
        self.passages: tuple[Passage, ...] = ()
        self.calls: tuple[Call, ...] = ()
        self.reads = 0
        self.failing = False
        self.on_read: Callable[[], None] = lambda: None

    def add(self) -> None:
        self.passages = (replace(ONE, event=EventId(f"gate-1/00c0ffee/{len(self.passages) + 1}")), *self.passages)

    def load(self) -> Latest:
        self.reads += 1
        found = Latest(self.passages, self.calls)
        self.on_read()
        if self.failing:
            raise OperationalError("SELECT", {}, Exception("gone"))
        return found


def board_of(records: Records, **options: Any) -> Board:
    return Board(records.load, **{"beat_s": NEVER_S, "rest_s": 0.0, "stale_s": NEVER_S, **options})


@asynccontextmanager
async def kept(board: Board) -> AsyncIterator[Board]:
    running = asyncio.create_task(board.run())
    await asyncio.sleep(0)
    try:
        yield board
    finally:
        board.close()
        await running


def run(story: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(WAIT_S):
            await story

    asyncio.run(bounded())


async def next_of(changes: AsyncIterator[tuple[Snapshot, str] | None]) -> Snapshot:
    news = await anext(changes)
    assert news is not None
    return news[0]


def test_a_listener_hears_of_what_was_appended() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records)) as board:
            with board.place():
                changes = board.changes("")
                assert (await next_of(changes)).passages == ()
                records.add()
                threading.Thread(target=board.poke).start()
                assert len((await next_of(changes)).passages) == 1

    run(story())


def test_a_listener_hears_of_a_call_and_of_its_end() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records)) as board:
            with board.place():
                changes = board.changes("")
                await next_of(changes)
                for calls in ((CALL,), ()):
                    records.calls = calls
                    board.poke()
                    assert (await next_of(changes)).calls == calls

    run(story())


def test_one_reading_serves_every_listener() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records)) as board:

            async def listen(ready: asyncio.Barrier) -> int:
                with board.place():
                    changes = board.changes("")
                    await next_of(changes)
                    await ready.wait()
                    return len((await next_of(changes)).passages)

            ready = asyncio.Barrier(101)
            listeners = [asyncio.create_task(listen(ready)) for _ in range(100)]
            await ready.wait()
            before = records.reads
            records.add()
            board.poke()
            assert await asyncio.gather(*listeners) == [1] * 100
            assert records.reads == before + 1

    run(story())


def test_without_listeners_nothing_is_read() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records)) as board:
            for _ in range(10):
                board.poke()
                await asyncio.sleep(0)
            assert records.reads == 0
            assert (await board.current()).passages == ()
            assert (await board.current()).passages == ()
            assert records.reads == 1

    run(story())


def test_a_page_asked_for_after_an_append_shows_it() -> None:
    async def story() -> None:
        records = Records()
        board = board_of(records)
        await board.current()
        records.add()
        board.poke()
        assert len((await board.current()).passages) == 1

    run(story())


def test_what_is_appended_while_the_store_is_read_is_read_again() -> None:
    async def story() -> None:
        records = Records()
        board = board_of(records)

        def append() -> None:
            records.on_read = lambda: None
            records.add()
            board.poke()

        records.on_read = append
        assert (await board.current()).passages == ()
        assert len((await board.current()).passages) == 1

    run(story())


def test_what_another_server_appended_is_shown_when_the_page_is_stale() -> None:
    async def story() -> None:
        records = Records()
        board = board_of(records, stale_s=0.0)
        await board.current()
        records.add()
        assert len((await board.current()).passages) == 1

    run(story())


def test_listeners_hear_of_what_another_server_appended_with_the_next_beat() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records, beat_s=0.02)) as board:
            with board.place():
                changes = board.changes("")
                await next_of(changes)
                records.add()
                while (news := await anext(changes)) is None:
                    pass
                assert len(news[0].passages) == 1

    run(story())


def test_a_burst_is_read_once_and_slow_listeners_get_the_newest() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records, rest_s=0.2)) as board:
            with board.place():
                changes = board.changes("")
                await next_of(changes)
                before = records.reads
                for _ in range(200):
                    records.add()
                    board.poke()
                found = await next_of(changes)
                while len(found.passages) < 200:
                    found = await next_of(changes)
                assert records.reads - before <= 3

    run(story())


def test_whoever_has_seen_the_newest_state_hears_only_signs_of_life() -> None:
    async def story() -> None:
        records = Records()
        records.add()
        async with kept(board_of(records, beat_s=0.02)) as board:
            with board.place():
                seen = (await board.current()).version
                changes = board.changes(seen)
                assert [await anext(changes) for _ in range(3)] == [None] * 3

    run(story())


def test_listeners_have_a_bound_and_leave_their_place() -> None:
    async def story() -> None:
        board = board_of(Records(), listeners=2)
        with board.place() as one, board.place() as two:
            assert one
            assert two
            with board.place() as three:
                assert not three
            assert board.listening == 2
        assert board.listening == 0
        with board.place() as again:
            assert again

    run(story())


def test_closing_lets_every_listener_go() -> None:
    async def story() -> None:
        board = board_of(Records())
        async with kept(board):

            async def listen() -> str:
                with board.place():
                    async for _ in board.changes(""):
                        pass
                return "gone"

            listeners = [asyncio.create_task(listen()) for _ in range(5)]
            while board.listening < 5:
                await asyncio.sleep(0)
            board.close()
            board.close()
            assert await asyncio.gather(*listeners) == ["gone"] * 5
            with board.place() as late:
                assert not late
        # After the loop has gone an append still tells whom it told before.

    board_after: list[Board] = []

    async def other() -> None:
        async with kept(board_of(Records())) as board:
            board_after.append(board)

    run(story())
    run(other())
    board_after[0].poke()


def test_a_database_that_is_lost_is_told_once_and_listeners_stay() -> None:
    async def story() -> None:
        records = Records()
        async with kept(board_of(records, beat_s=0.02)) as board:
            with board.place():
                changes = board.changes("")
                await next_of(changes)
                records.failing = True
                before = records.reads
                while records.reads < before + 3:
                    assert await anext(changes) is None
                with pytest.raises(OperationalError):
                    await board.current()
                records.failing = False
                records.add()
                while (news := await anext(changes)) is None:
                    pass
                assert len(news[0].passages) == 1

    with capture_logs() as logged:
        run(story())
    assert [entry["event"] for entry in logged] == ["passages cannot be read", "passages can be read again"]
