"""A board for everything, and one for each compound of which somebody may see nothing else: made when it is first wanted."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync.central.board import LISTENERS, Board
from sync.central.calls import Latest


class Boards:
    """The boards of one server. `poke` is for any thread; all else belongs to the server's event loop.

    `load` reads what one compound's board shows, or for None everything's. So many `listeners` are heard in all.
    """

    def __init__(self, load: Callable[[str | None], Latest], *, listeners: int = LISTENERS) -> None:
        self._load = load
        self._places = listeners
        self.everything = Board(lambda: load(None), listeners=listeners)
        self._boards: dict[str | None, Board] = {None: self.everything}
        self._running: set[asyncio.Task[None]] = set()
        self._began = False

    @property
    def closing(self) -> asyncio.Event:
        """Set when the server is on its way down."""
        return self.everything.closing

    def of(self, compound: str | None) -> Board:
        """The board of one compound, or of all; of compounds that accounts are for, so there are not many."""
        if compound not in self._boards:
            board = self._boards[compound] = Board(lambda: self._load(compound), listeners=self._places)
            if self.closing.is_set():
                board.close()
            elif self._began:
                self._run(board)
        return self._boards[compound]

    @contextmanager
    def place(self, board: Board) -> Iterator[bool]:
        """Take a listener's place at a board; False when all are taken or the server is on its way down."""
        if sum(one.listening for one in self._boards.values()) >= self._places:
            yield False
            return
        with board.place() as granted:
            yield granted

    def poke(self) -> None:
        """Something was appended."""
        for board in list(self._boards.values()):
            board.poke()

    async def run(self) -> None:
        """Keep every board up to date until `close`."""
        self._began = True
        for board in self._boards.values():
            self._run(board)
        await self.closing.wait()
        await asyncio.gather(*self._running)

    def close(self) -> None:
        """Let every listener go. Idempotent."""
        for board in self._boards.values():
            board.close()

    def _run(self, board: Board) -> None:
        task = asyncio.create_task(board.run(), name="board")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
