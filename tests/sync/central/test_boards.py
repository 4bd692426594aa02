"""Boards by compound: what each shows, that all hear of news, and that listeners are bounded over all of them."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace

from kiosk.model import EventId
from sync.central.boards import Boards
from sync.central.calls import Latest
from sync.central.passages import Passage
from tests.sync.central.test_board import run
from tests.sync.central.test_pages import ONE

OTHER = replace(ONE, compound="lakeside", event=EventId("gate-1/00c0ffee/2"))


def load(compound: str | None) -> Latest:
    return Latest(tuple(one for one in (ONE, OTHER) if compound in (None, one.compound)), ())


def test_a_board_of_one_compound_has_nothing_of_another() -> None:
    async def story() -> None:
        boards = Boards(load)
        seen = {name: (await boards.of(name).current()).passages for name in (None, "riverside", "lakeside")}
        assert seen == {None: (ONE, OTHER), "riverside": (ONE,), "lakeside": (OTHER,)}
        assert boards.of("riverside") is boards.of("riverside")
        assert boards.of(None) is boards.everything

    run(story())


def test_news_reach_every_board_also_one_that_is_made_later() -> None:
    async def story() -> None:
        found: dict[str, tuple[Passage, ...]] = {"riverside": (ONE,)}
        boards = Boards(lambda compound: Latest(found.get(compound or "", ()), ()))
        running = asyncio.create_task(boards.run())
        await asyncio.sleep(0)
        board = boards.of("riverside")
        with boards.place(board) as granted:
            assert granted
            changes = board.changes("")
            first = await anext(changes)
            assert first is not None
            assert first[0].passages == (ONE,)
            found["riverside"] = (OTHER, ONE)
            boards.poke()
            second = await anext(changes)
            assert second is not None
            assert second[0].passages == (OTHER, ONE)
        boards.close()
        await running
        assert boards.closing.is_set()

    run(story())


def test_listeners_are_bounded_over_all_boards() -> None:
    async def story() -> None:
        boards = Boards(load, listeners=2)
        with ExitStack() as stack:
            places = [stack.enter_context(boards.place(boards.of(name))) for name in ("riverside", "lakeside", None)]
        assert places == [True, True, False]
        with boards.place(boards.of(None)) as granted:
            assert granted

    run(story())


def test_a_board_that_is_made_on_the_way_down_is_closed() -> None:
    async def story() -> None:
        boards = Boards(load)
        boards.close()
        assert boards.of("riverside").closing.is_set()
        with boards.place(boards.of("riverside")) as granted:
            assert not granted

    run(story())
